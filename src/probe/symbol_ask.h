/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One symbol of the running kernel at a time, looked up by the kernel itself for a BPF program: microseconds for each, where
 * /proc/kallsyms takes 25 ms to be written. Needs CAP_BPF and CAP_PERFMON, and Linux 5.16 (bpf_kallsyms_lookup_name(); bpf_snprintf() is
 * of 5.13). A question changes the asker: one thread at a time.
 */
#ifndef CRUMB_PROBE_SYMBOL_ASK_H
#define CRUMB_PROBE_SYMBOL_ASK_H

#include <stdint.h>

#define SYMBOL_NAME_BYTES \
	128 /* with the zero; longer ones are cut, those that are asked for are not found */

struct symbol_ask;

struct symbol_ask *symbol_ask_new(void); /* NULL: this kernel cannot, or crumb may not */
void symbol_ask_free(struct symbol_ask *a);

/* The function around @addr, without its module; @ret_offset: of @addr in it, bytes. -ENOENT: none. */
int symbol_ask_name(struct symbol_ask *a, uint64_t addr, char name[SYMBOL_NAME_BYTES],
		    uint32_t *ret_offset);

/* Where the function @name lies. -ENOENT: none of that name; -EPERM: the kernel hides where its functions are (kernel.kptr_restrict). */
int symbol_ask_place(struct symbol_ask *a, const char *name, uint64_t *ret_from, uint64_t *ret_bytes);

#endif
