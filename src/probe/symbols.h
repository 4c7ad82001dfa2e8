/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for numbers of the running kernel: functions as it looks them up itself (symbol_ask.h), where it cannot be asked from
 * /proc/kallsyms, lazily; drop reasons from its BTF.
 */
#ifndef CRUMB_PROBE_SYMBOLS_H
#define CRUMB_PROBE_SYMBOLS_H

#include <stdint.h>

struct btf;
struct symbols;

/*
 * @types: the kernel's, to copy the names of reasons from; not kept. NULL: they are read when a reason is asked for, which
 * takes megabytes for that moment.
 */
int symbols_new(const struct btf *types, struct symbols **ret);
void symbols_free(struct symbols *s);

void symbols_load(struct symbols *s); /* now instead of at the first question */

/* The function around @addr and @addr's offset in it; NULL if it cannot be known. Borrowed. */
const char *symbols_function(struct symbols *s, uint64_t addr, uint32_t *ret_offset);

/*
 * Where the kernel's function @name lies. -ENOENT: there is none, -EPERM: the kernel hides where its functions are.
 */
int symbols_place(const char *name, uint64_t *ret_from, uint64_t *ret_bytes);

/* "NETFILTER_DROP" of enum skb_drop_reason, NULL if this kernel has no such value. Borrowed. */
const char *symbols_drop_reason(struct symbols *s, uint32_t value);

/* "TCP_ABORT_ON_CLOSE" of enum sk_rst_reason, likewise. */
const char *symbols_reset_reason(struct symbols *s, uint32_t value);

/* The i-th drop reason of this kernel's enum, and its number; NULL past the last. Borrowed. */
const char *symbols_drop_reason_at(struct symbols *s, unsigned int i, uint32_t *ret_value);

#endif
