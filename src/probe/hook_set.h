/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Points that one function cannot show: the programs that together do. A row of the points' table names a set where the
 * rung is a function; a tracepoint's program is named like the tracepoint. What a kernel renamed, split or inlined is
 * another row here, not code.
 */
#ifndef CRUMB_PROBE_HOOK_SET_H
#define CRUMB_PROBE_HOOK_SET_H

#include <stdbool.h>

#define HOOK_SET_PROGRAMS 10

enum hook_family {
	HOOKS_ANY,
	HOOKS_TYPED,	 /* fentry and fexit only */
	HOOKS_UNTYPED,	 /* kprobes only */
	HOOKS_PREEMPTED, /* where programs at tracepoints are preempted */
	HOOKS_SKIPPED,	 /* a second program, for what an interrupt calls within the first one */
	HOOKS_FRAMED,	 /* a return that finds what its entry noted by the place of the frame */
};

struct hook_program {
	const char *prog;   /* BPF program; NAME_raw on raw tracepoints and kprobes */
	const char *target; /* function or tracepoint */
	bool ret;	    /* at its return */
	bool optional;	    /* shows a part that not every kernel has */
	enum hook_family family;
};

struct hook_set {
	const char *name;
	const char *types_of; /* the module whose types it needs; NULL: only the kernel's */
	struct hook_program programs[HOOK_SET_PROGRAMS]; /* ends with a NULL name */
};

/* NULL: there is no such set. */
const struct hook_set *hook_set_find(const char *name);

#endif
