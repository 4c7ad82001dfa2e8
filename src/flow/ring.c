// SPDX-License-Identifier: GPL-2.0-only
/* A growing queue: see ring.h. */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

#define RING_FIRST_ITEMS 8
#define RING_KEEP_BYTES	 (64u << 10) /* an emptied ring larger than this gives its memory back */

void ring_init(struct ring *r, uint32_t item_bytes)
{
	*r = (struct ring){ .item_bytes = item_bytes };
}

void ring_done(struct ring *r)
{
	free(r->items);
	ring_init(r, r->item_bytes);
}

void *ring_push(struct ring *r)
{
	if (r->count == r->cap) {
		uint32_t cap = r->cap ? 2 * r->cap : RING_FIRST_ITEMS, tail = r->cap - r->head;
		char *items;

		if (!cap)
			return NULL;
		items = malloc((uint64_t)cap * r->item_bytes);
		if (!items)
			return NULL;
		if (r->count) {
			memcpy(items, r->items + (uint64_t)r->head * r->item_bytes,
			       (uint64_t)tail * r->item_bytes);
			memcpy(items + (uint64_t)tail * r->item_bytes, r->items,
			       (uint64_t)r->head * r->item_bytes);
		}
		free(r->items);
		r->items = items;
		r->head = 0;
		r->cap = cap;
	}
	return ring_at(r, r->count++);
}

void *ring_insert(struct ring *r, uint32_t at)
{
	void *to = ring_push(r);

	if (!to)
		return NULL;
	for (uint32_t i = r->count - 1; i > at; i--) {
		void *from = ring_at(r, i - 1);

		memcpy(to, from, r->item_bytes);
		to = from;
	}
	return to;
}

void ring_pop(struct ring *r, uint32_t n)
{
	if (!n)
		return;
	r->count -= n;
	r->head = (r->head + n) & (r->cap - 1);
	if (!r->count && (uint64_t)r->cap * r->item_bytes > RING_KEEP_BYTES)
		ring_done(r);
}
