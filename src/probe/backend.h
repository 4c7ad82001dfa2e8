/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rungs of the ladder: ways in which the kernel lets a program be called. One vtable each; the plan tries them in the
 * order in which a point's row names them, and asks what the kernel can do, never which version it is.
 */
#ifndef CRUMB_PROBE_BACKEND_H
#define CRUMB_PROBE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "abilities.h"
#include "point.h"

struct bpf_program;
struct bpf_link;

struct hook_place {	    /* where one program goes */
	const char *target; /* tracepoint or function */
	bool ret;	    /* at the function's return */
	int event; /* a kprobe that has() has placed and attach() will take; -1 none. The plan closes it. */
};

struct backend {
	enum hook_kind kind;

	/*
	 * Of several programs at one place the kernel calls the one first that was attached last: at functions (hlist_add_head() in
	 * bpf/trampoline.c, add_ftrace_ops(), add_new_kprobe()), not at tracepoints (func_add() in tracepoint.c).
	 */
	bool newest_first;

	/* Is this rung there at all? Tried with a small program of its own. 0, or a negative errno and @why. */
	int (*able)(const struct abilities *a, char *why, size_t size);

	/* Has this kernel the target? 0, or a negative errno and @why. */
	int (*has)(const struct abilities *a, struct hook_place *h, char *why, size_t size);

	/* Before the object is loaded. */
	int (*prepare)(struct bpf_program *prog, const struct hook_place *h);

	/* NULL with errno set. No such function: it is attached elsewhere (netfilter_links.h). */
	struct bpf_link *(*attach)(struct bpf_program *prog, struct hook_place *h);
};

/* NULL: no rung of its own (derived points, libc). */
const struct backend *backend_get(enum hook_kind kind);

extern const struct backend backend_tp_btf, backend_raw_tp, backend_tracepoint, backend_fentry,
	backend_kprobe, backend_kprobe_multi, backend_netfilter;

/* "<what>: <words of errno>", with the remedy where one is known. */
int backend_refuse(char *why, size_t size, int err, const char *what);

#endif
