/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --functions: the programs of bpf/func.bpf.c on every function that takes an skb or a socket, by the best way that this
 * kernel has: kprobe.session and kprobe.multi take all of them in one attachment; kprobes are placed one by one, which
 * takes so long that only the best known functions get them.
 */
#ifndef CRUMB_PROBE_FUNC_HOOKS_H
#define CRUMB_PROBE_FUNC_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abilities.h"
#include "error.h"
#include "stream.h"

#define FUNC_KPROBES_MAX 64

struct bpf_object;
struct crumb_counters;
struct func_hooks;

enum func_rung {
	FUNC_NONE,
	FUNC_SESSION, /* entry and return in one link, Linux 6.10 */
	FUNC_MULTI,   /* a link for each, 5.18 */
	FUNC_KPROBE,
};

const char *func_rung_name(enum func_rung rung); /* "kprobe.session" ... */

/* The best way here, with the rung that is forced if it is one for functions. FUNC_NONE: @e says why, and what would help. */
enum func_rung func_hooks_rung(struct abilities *a, enum hook_kind force, struct error *e);

/* Before the object is loaded: switch on the programs, fit them to the kernel. */
int func_hooks_prepare(struct bpf_object *obj, const struct abilities *a, enum func_rung rung,
		       struct error *e);

/* After: find the functions and hook them. @c is read in place. */
int func_hooks_new(struct bpf_object *obj, const struct abilities *a, enum func_rung rung,
		   const struct crumb_counters *c, struct func_hooks **ret, struct error *e);
void func_hooks_free(struct func_hooks *h); /* detaches */

struct func_counts {
	size_t hooked, typed, ambiguous, no_symbol, refused;
	uint64_t find_ns, attach_ns;
};

void func_hooks_counts(const struct func_hooks *h, struct func_counts *ret);

/* Calls that were missed since the last time, as CRUMB_EV_LOSS of CRUMB_LOSS_FUNCS. */
int func_hooks_misses(struct func_hooks *h, uint64_t now_ns, event_fn fn, void *ctx);

/* Is it one of the programs of --functions? */
bool func_hooks_program(const char *name);

#endif
