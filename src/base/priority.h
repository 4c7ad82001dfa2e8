/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short work of a thread that otherwise runs when nobody else wants to, in which it must not be kept off its CPU: above all who is
 * scheduled by sched(7)'s normal policies.
 */
#ifndef CRUMB_BASE_PRIORITY_H
#define CRUMB_BASE_PRIORITY_H

#include <sched.h>
#include <stdbool.h>

struct priority { /* zeroed: not raised */
	bool raised;
	int policy;
	struct sched_param param;
};

/* The calling thread's. Without CAP_SYS_NICE nothing happens; nor does it when it is raised already. */
void priority_raise(struct priority *p);

/* As it was. The same thread. */
void priority_restore(struct priority *p);

#endif
