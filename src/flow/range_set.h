/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of bytes of a stream, as ascending disjoint ranges [start, end). Zero-initialise; a set of
 * one or two ranges (nearly all) needs no allocation.
 */
#ifndef CRUMB_FLOW_RANGE_SET_H
#define CRUMB_FLOW_RANGE_SET_H

#include <stdbool.h>
#include <stdint.h>

#define RANGE_SET_INLINE 2

struct range {
	uint64_t start, end;
};

struct range_set {
	uint32_t count, cap; /* cap 0: in `few` */
	struct range *many;
	struct range few[RANGE_SET_INLINE];
};

void range_set_done(struct range_set *s);

/* Add [@start, @end), joining what it touches. 0 or -ENOMEM. An empty range adds nothing. */
int range_set_add(struct range_set *s, uint64_t start, uint64_t end);

/* Forget every byte below @start. */
void range_set_trim(struct range_set *s, uint64_t start);

/* Bytes of [@start, @end) that are in the set. */
uint64_t range_set_overlap(const struct range_set *s, uint64_t start, uint64_t end);

/* Bytes that are in both. */
uint64_t range_set_common(const struct range_set *a, const struct range_set *b);

uint64_t range_set_bytes(const struct range_set *s);

/*
 * First range with a byte at or above @pos; NULL if there is none. Its successors up to count
 * follow it.
 */
const struct range *range_set_from(const struct range_set *s, uint64_t pos);

static inline const struct range *range_set_ranges(const struct range_set *s)
{
	return s->cap ? s->many : s->few;
}

static inline bool range_set_has(const struct range_set *s, uint64_t pos)
{
	const struct range *r = range_set_from(s, pos);

	return r && r->start <= pos;
}

#endif
