/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which program goes where. For each point its row's candidates in order, the first that this kernel takes; why the others
 * were refused is kept. A program that the kernel refuses to load is refused by name, and the plan is made anew.
 */
#ifndef CRUMB_PROBE_PLAN_H
#define CRUMB_PROBE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "abilities.h"
#include "backend.h"

#define PLAN_PROGRAMS 96
#define PLAN_REFUSED  48

struct bpf_object;

struct plan_program {
	struct bpf_program *prog;
	const struct backend *backend;
	struct hook_place place;
	uint16_t point;
	struct bpf_link *link; /* NULL: not attached */
};

struct plan_refusal { /* a rung of a point */
	const struct point_hook *hook;
	char why[WHY_BYTES];
};

struct plan_point {
	const struct point_hook *hook; /* NULL: cannot be seen */
	bool asked;		       /* false: could be, nobody asked */
	char why[2 * WHY_BYTES];       /* if it cannot be seen */
	struct plan_refusal refused[POINT_HOOKS_MAX];
	unsigned int n_refused;
};

struct plan_request {
	enum hook_kind force; /* HOOK_NONE: none; where a point's row names this rung, no other is taken */
	bool libc, children; /* libc calls, forks of selected processes are asked for */
	bool wireguard;	     /* a namespace has such a device, and what is in tunnels is followed */
	bool deep;	     /* points that are shown only where that is asked for, too */
	const char *lock_why; /* NULL: it is known where the function is that waits for a socket's lock */
	const char *traps_why; /* NULL: a switch's hardware has traps; else why nothing is told by it */
};

struct plan {
	struct plan_point points[CRUMB_PT_MAX];
	struct plan_program programs[PLAN_PROGRAMS];
	unsigned int n_programs;
	bool untyped;		      /* some programs hold no typed pointers */
	enum crumb_again sends_again; /* how TCP's and IP's second programs, which are among them, are hooked */
	bool may_be_preempted; /* some programs are called with preemption on, whatever kernel this is */
	bool preempted; /* some that tasks call are called with preemption on, and skipped where one is in the middle of another */
	struct {
		char prog[64]; /* "skb_copy_datagram_iovec_event_again_raw" */
		char why[WHY_BYTES];
	} bad[PLAN_REFUSED]; /* programs that the kernel did not load */
	unsigned int n_bad;
};

/* Fill @p, and set the object's programs to be loaded accordingly. What plan_refuse() said stays. */
int plan_make(struct plan *p, struct bpf_object *obj, struct abilities *a,
	      const struct plan_request *r);

/* The kernel would not load it. False: that is no news, or there is no room: give up. */
bool plan_refuse(struct plan *p, const char *prog, const char *why);

/* Attach all; a failure becomes its point's reason. Returns how many were attached. */
unsigned int plan_attach(struct plan *p);
void plan_detach(struct plan *p);

/* The point that @prog serves first; CRUMB_PT_NONE: none. */
uint16_t plan_point_of(const struct plan *p, const char *prog);

#endif
