/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that the kernel skipped because they were running on that CPU already (recursion_misses of bpf_prog_info).
 * What a second program did in the place of the first (enum crumb_twin) is no loss.
 */
#ifndef CRUMB_PROBE_MISSES_H
#define CRUMB_PROBE_MISSES_H

#include <stdint.h>

#include "settings.h"
#include "stream.h"

struct bpf_object;
struct misses;
struct plan;

/* @c is read in place; both outlive the watch. The programs are those loaded now. */
int misses_new(struct bpf_object *obj, const struct plan *plan, const struct crumb_counters *c,
	       struct misses **ret);
void misses_free(struct misses *m);

/*
 * Ask each program, a system call apiece. What two checks in a row found is told as CRUMB_EV_LOSS that reaches
 * back to the check before them: the counters of kernel and program do not move at the same instant.
 */
int misses_check(struct misses *m, uint64_t now_ns, event_fn fn, void *ctx);

#endif
