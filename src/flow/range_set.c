// SPDX-License-Identifier: GPL-2.0-only
/* Sets of stream bytes: see range_set.h. */
#include "range_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct range *ranges(struct range_set *s)
{
	return s->cap ? s->many : s->few;
}

/* Index of the first range whose end is above @pos (with @touching: at or above). */
static uint32_t index_from(const struct range_set *s, uint64_t pos, bool touching)
{
	const struct range *r = range_set_ranges(s);
	uint32_t lo = 0, hi = s->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (r[mid].end > pos || (touching && r[mid].end == pos))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int grow(struct range_set *s)
{
	uint32_t cap = s->cap ? 2 * s->cap : 4 * RANGE_SET_INLINE;
	struct range *many = realloc(s->cap ? s->many : NULL, cap * sizeof(*many));

	if (!many)
		return -ENOMEM;
	if (!s->cap)
		memcpy(many, s->few, s->count * sizeof(*many));
	s->many = many;
	s->cap = cap;
	return 0;
}

void range_set_done(struct range_set *s)
{
	if (s->cap)
		free(s->many);
	*s = (struct range_set){ 0 };
}

int range_set_add(struct range_set *s, uint64_t start, uint64_t end)
{
	uint32_t first, last;
	struct range *r;

	if (start >= end)
		return 0;
	first = index_from(s, start, true);
	r = ranges(s);
	for (last = first; last < s->count && r[last].start <= end; last++)
		;
	if (first == last) { /* touches none */
		if (s->count == (s->cap ? s->cap : RANGE_SET_INLINE) && grow(s))
			return -ENOMEM;
		r = ranges(s);
		memmove(r + first + 1, r + first, (s->count - first) * sizeof(*r));
		r[first] = (struct range){ start, end };
		s->count++;
		return 0;
	}
	if (start < r[first].start)
		r[first].start = start;
	r[first].end = end > r[last - 1].end ? end : r[last - 1].end;
	memmove(r + first + 1, r + last, (s->count - last) * sizeof(*r));
	s->count -= last - first - 1;
	return 0;
}

void range_set_trim(struct range_set *s, uint64_t start)
{
	uint32_t first = index_from(s, start, false);
	struct range *r = ranges(s);

	if (first) {
		memmove(r, r + first, (s->count - first) * sizeof(*r));
		s->count -= first;
	}
	if (s->count && r[0].start < start)
		r[0].start = start;
}

uint64_t range_set_overlap(const struct range_set *s, uint64_t start, uint64_t end)
{
	const struct range *r = range_set_ranges(s);
	uint64_t sum = 0;

	for (uint32_t i = index_from(s, start, false); i < s->count && r[i].start < end; i++) {
		uint64_t from = r[i].start > start ? r[i].start : start;
		uint64_t to = r[i].end < end ? r[i].end : end;

		sum += to - from;
	}
	return sum;
}

uint64_t range_set_common(const struct range_set *a, const struct range_set *b)
{
	const struct range *r = range_set_ranges(a);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < a->count; i++)
		sum += range_set_overlap(b, r[i].start, r[i].end);
	return sum;
}

uint64_t range_set_bytes(const struct range_set *s)
{
	const struct range *r = range_set_ranges(s);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->count; i++)
		sum += r[i].end - r[i].start;
	return sum;
}

const struct range *range_set_from(const struct range_set *s, uint64_t pos)
{
	uint32_t i = index_from(s, pos, false);

	return i < s->count ? range_set_ranges(s) + i : NULL;
}
