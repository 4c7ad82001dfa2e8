/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing queue of equal-sized items, indexed from its front. Borrowed item pointers die with the
 * next push.
 */
#ifndef CRUMB_FLOW_RING_H
#define CRUMB_FLOW_RING_H

#include <stdint.h>

struct ring {
	char *items;
	uint32_t item_bytes;
	uint32_t head, count, cap; /* cap: a power of two, or 0 */
};

void ring_init(struct ring *r, uint32_t item_bytes);
void ring_done(struct ring *r);
void *ring_push(struct ring *r); /* room for one at the end, not cleared; NULL: no memory */
void *ring_insert(struct ring *r, uint32_t at); /* room for one before item @at; NULL: no memory */
void ring_pop(struct ring *r, uint32_t n);	/* the first @n go */

static inline void *ring_at(const struct ring *r, uint32_t i)
{
	return r->items + (uint64_t)((r->head + i) & (r->cap - 1)) * r->item_bytes;
}

#endif
