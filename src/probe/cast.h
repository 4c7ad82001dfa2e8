/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pointers that the verifier is not to trust, since it searches the kernel's types for what it may trust behind them
 * (not_trusted() in bpf/kernel_types.h): the places in the programs become calls of bpf_rdonly_cast() (kernel/bpf/helpers.c).
 */
#ifndef CRUMB_PROBE_CAST_H
#define CRUMB_PROBE_CAST_H

#include <stdint.h>

struct bpf_object;
struct btf;

/* The function's number in the kernel's types; 0: there is none, or programs of this kernel may not call it (before 6.2). */
uint32_t cast_function(const struct btf *btf);

/* In all programs of @obj that will be loaded; to be called before that. 0, or a negative error. */
int cast_in(struct bpf_object *obj, uint32_t function);

#endif
