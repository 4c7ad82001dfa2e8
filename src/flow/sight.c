// SPDX-License-Identifier: GPL-2.0-only
/* Sightings of a stream's bytes at one place: see sight.h. */
#include "sight.h"

#include <stddef.h>

static bool lane_ordered(const struct sight_log *l, uint32_t lane)
{
	return !(l->jumbled && lane == SIGHT_LANES - 1);
}

/* Index of the first sighting in the lane that may hold a byte at or above @pos. */
static uint32_t lane_from(const struct sight_log *l, uint32_t lane, uint64_t pos)
{
	const struct ring *r = &l->lane[lane];
	uint32_t lo = 0, hi = r->count;

	if (!lane_ordered(l, lane))
		return 0;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (((const struct sighting *)ring_at(r, mid))->end > pos)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void sight_log_done(struct sight_log *l)
{
	for (uint32_t i = 0; i < l->lanes; i++)
		ring_done(&l->lane[i]);
	l->lanes = 0;
	l->jumbled = false;
}

struct sighting *sight_log_add(struct sight_log *l, uint64_t start, uint64_t end)
{
	struct sighting *s;
	uint32_t i;

	for (i = 0; i < l->lanes; i++) {
		const struct ring *r = &l->lane[i];

		if (!r->count || !lane_ordered(l, i))
			break;
		s = ring_at(r, r->count - 1);
		if (s->end <= start)
			break;
	}
	if (i == SIGHT_LANES) {
		l->jumbled = true;
		i--;
	} else if (i == l->lanes) {
		ring_init(&l->lane[i], sizeof(struct sighting));
		l->lanes++;
	}
	s = ring_push(&l->lane[i]);
	if (!s)
		return NULL;
	*s = (struct sighting){ .start = start, .end = end };
	return s;
}

void sight_log_trim(struct sight_log *l, uint64_t pos, uint64_t before_ns)
{
	for (uint32_t i = 0; i < l->lanes; i++) {
		struct ring *r = &l->lane[i];
		uint32_t n;

		for (n = 0; n < r->count; n++) {
			const struct sighting *s = ring_at(r, n);

			if (s->end > pos && s->time_ns >= before_ns)
				break;
		}
		ring_pop(r, n);
	}
	if (l->jumbled && !l->lane[SIGHT_LANES - 1].count)
		l->jumbled = false;
}

typedef void (*sight_fn)(void *ctx, const struct sighting *s);

static void visit(const struct sight_log *l, const struct range *span, const struct range *time,
		  sight_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < l->lanes; i++) {
		const struct ring *r = &l->lane[i];

		for (uint32_t k = lane_from(l, i, span->start); k < r->count; k++) {
			const struct sighting *s = ring_at(r, k);

			if (s->start >= span->end && lane_ordered(l, i))
				break;
			if (s->start < span->end && s->end > span->start &&
			    s->time_ns >= time->start && s->time_ns <= time->end)
				fn(ctx, s);
		}
	}
}

struct search {
	const struct sighting *newest, *oldest;
	uint64_t skb;
	uint32_t count;
};

static void search_one(void *ctx, const struct sighting *s)
{
	struct search *f = ctx;

	f->count++;
	if (!f->newest || sighting_after(s, f->newest))
		f->newest = s;
	if (!f->oldest || sighting_after(f->oldest, s))
		f->oldest = s;
}

const struct sighting *sight_log_newest(const struct sight_log *l, uint64_t pos, uint64_t from_ns,
					uint64_t to_ns, uint32_t *ret_others)
{
	struct search f = { 0 };

	visit(l, &(struct range){ pos, pos + 1 }, &(struct range){ from_ns, to_ns }, search_one, &f);
	if (ret_others)
		*ret_others = f.count ? f.count - 1 : 0;
	return f.newest;
}

static void search_skb(void *ctx, const struct sighting *s)
{
	struct search *f = ctx;

	if (s->skb == f->skb)
		search_one(ctx, s);
}

const struct sighting *sight_log_of_skb(const struct sight_log *l, uint64_t pos,
					const struct range *time, uint64_t skb)
{
	struct search f = { .skb = skb };

	visit(l, &(struct range){ pos, pos + 1 }, time, search_skb, &f);
	return f.newest;
}

const struct sighting *sight_log_oldest(const struct sight_log *l, uint64_t pos, uint64_t from_ns,
					uint64_t to_ns)
{
	struct search f = { 0 };

	visit(l, &(struct range){ pos, pos + 1 }, &(struct range){ from_ns, to_ns }, search_one, &f);
	return f.oldest;
}

struct within {
	const struct range_set *set;
	sight_fn fn;
	void *ctx;
};

static void visit_within(void *ctx, const struct sighting *s)
{
	const struct within *w = ctx;

	if (range_set_overlap(w->set, s->start, s->end))
		w->fn(w->ctx, s);
}

void sight_log_visit(const struct sight_log *l, const struct range_set *set, uint64_t from_ns,
		     uint64_t to_ns, sight_fn fn, void *ctx)
{
	const struct range *r = range_set_ranges(set);
	struct within w = { set, fn, ctx };

	if (set->count == 1)
		visit(l, r, &(struct range){ from_ns, to_ns }, fn, ctx);
	else if (set->count)
		visit(l, &(struct range){ r[0].start, r[set->count - 1].end },
		      &(struct range){ from_ns, to_ns }, visit_within, &w);
}

static void count_one(void *ctx, const struct sighting *s)
{
	struct sight_hits *h = ctx;

	if (!h->count++ || s->time_ns < h->first_ns)
		h->first_ns = s->time_ns;
	if (s->time_ns > h->last_ns)
		h->last_ns = s->time_ns;
}

struct sight_hits sight_log_count(const struct sight_log *l, const struct range_set *set,
				  uint64_t from_ns, uint64_t to_ns)
{
	struct sight_hits h = { 0 };

	sight_log_visit(l, set, from_ns, to_ns, count_one, &h);
	return h;
}
