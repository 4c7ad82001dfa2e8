/* SPDX-License-Identifier: GPL-2.0-only */
/* A program that crumb starts: it stands still, with its pid, until it is followed. */
#ifndef CRUMB_CMD_CHILD_H
#define CRUMB_CMD_CHILD_H

#include <sys/types.h>

#include "error.h"

struct child {
	pid_t pid;
	int gate;     /* closing it without a byte ends the child */
	int out, err; /* set before child_fork(): its standard output and error; -1: ours */
};

#define CHILD_NONE                               \
	{                                        \
		.gate = -1, .out = -1, .err = -1 \
	}

/* A process that waits, in place, for child_release() before it becomes @argv. In the lab's @host if not NULL. */
int child_fork(struct child *c, char *const *argv, const char *lab, const char *host,
	       struct error *e);
int child_release(struct child *c, struct error *e);

#endif
