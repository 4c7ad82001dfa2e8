// SPDX-License-Identifier: GPL-2.0-only
/* What was seen of the copies' bytes: see repair_index.h. */
#include "repair_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 131072u /* of all spots together, 16 bytes each */

static bool is_drop_log(const struct sight_log *l)
{
	return l->place.kind == SIGHT_BYTES && point_is_drop(l->place.point);
}

/* --------------------------------------------------------------------------------------- the spots */

static int by_value(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* The first spot with a byte of at least @byte. */
static uint32_t spot_from(const struct repair *r, uint64_t byte)
{
	uint32_t lo = 0, hi = r->n_spots;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (r->spots[mid].byte >= byte)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* The byte that tells what became of it. */
static uint64_t copy_byte(const struct repair *r, const struct copy *c)
{
	return c->whole ? r->byte : c->end - 1;
}

static int spots_make(struct repair *r)
{
	struct scratch *scratch = &r->a->scratch;
	uint64_t *bytes = scratch_take(scratch, (r->count + 1) * sizeof(*bytes));

	r->n_spots = 0;
	r->spots = scratch_take(scratch, (r->count + 1) * sizeof(*r->spots));
	if (!bytes || !r->spots)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->count; i++)
		bytes[i] = copy_byte(r, &r->copies[i]);
	bytes[r->count] = r->byte;
	qsort(bytes, r->count + 1, sizeof(*bytes), by_value);
	for (uint32_t i = 0; i <= r->count; i++)
		if (!i || bytes[i] != bytes[i - 1])
			r->spots[r->n_spots++].byte = bytes[i];
	for (uint32_t i = 0; i < r->count; i++)
		r->copies[i].spot = spot_from(r, copy_byte(r, &r->copies[i]));
	r->byte_spot = spot_from(r, r->byte);
	return 0;
}

/* Which copies have which spot's byte: counted first, then noted. */
static int spots_cover(struct repair *r)
{
	for (int note = 0; note < 2; note++) {
		for (uint32_t k = 0; k < r->n_spots && note; k++) {
			struct spot *s = &r->spots[k];

			s->copies = scratch_take(&r->a->scratch, s->n_copies * sizeof(*s->copies));
			if (!s->copies)
				return -ENOMEM;
			s->n_copies = 0;
		}
		for (uint32_t i = 0; i < r->count; i++) {
			const struct copy *c = &r->copies[i];

			for (uint32_t k = spot_from(r, c->start);
			     k < r->n_spots && r->spots[k].byte < c->end; k++) {
				struct spot *s = &r->spots[k];

				if (note)
					s->copies[s->n_copies] = i;
				s->n_copies++;
			}
		}
	}
	return 0;
}

/* -------------------------------------------------------------------------------------- what was seen */

struct gather {
	struct repair *r;
	const struct sight_place *place;
	bool drops, note;
	uint64_t n;
};

static void gather_one(void *ctx, const struct sighting *s)
{
	struct gather *g = ctx;

	if (g->drops && !strcmp(facts_reason(g->r->a->facts, s->drop.reason), FATE_OTHER_HOST))
		return;
	for (uint32_t k = spot_from(g->r, s->start);
	     k < g->r->n_spots && g->r->spots[k].byte < s->end; k++) {
		struct spot *spot = &g->r->spots[k];
		struct spot_seen *list = g->drops ? spot->drop : spot->out;
		uint32_t *n = g->drops ? &spot->drops : &spot->outs;

		if (g->note)
			list[*n] = (struct spot_seen){ s, g->place };
		(*n)++;
		g->n++;
	}
}

/* All of the message's bytes, between others' as well: a copy may end in those. */
static void gather_log(struct gather *g, const struct sight_log *l)
{
	const struct message *m = g->r->m;
	const struct range_set span = { .few = { { m->first, m->last } }, .count = 1 };

	g->place = &l->place;
	sight_log_visit(l, &span, m->begin.h.time_ns, UINT64_MAX, gather_one, g);
}

static uint64_t gather(struct repair *r, bool note)
{
	const struct byte_stream *b = &message_half(r->m)->bytes;
	struct gather g = { .r = r, .note = note };

	if (r->p->origin)
		gather_log(&g, r->p->origin);
	g.drops = true;
	for (uint32_t i = 0; i < b->log_count; i++)
		if (is_drop_log(&b->logs[i]))
			gather_log(&g, &b->logs[i]);
	return g.n;
}

static int by_time(const void *x, const void *y)
{
	const struct sighting *a = ((const struct spot_seen *)x)->s;
	const struct sighting *b = ((const struct spot_seen *)y)->s;

	return sighting_after(a, b) ? 1 : sighting_after(b, a) ? -1 : 0;
}

static int by_skb_time(const void *x, const void *y)
{
	const struct sighting *a = ((const struct spot_seen *)x)->s;
	const struct sighting *b = ((const struct spot_seen *)y)->s;

	if (a->skb != b->skb)
		return a->skb < b->skb ? -1 : 1;
	return by_time(x, y);
}

static int spots_fill(struct repair *r)
{
	struct scratch *scratch = &r->a->scratch;

	for (uint32_t k = 0; k < r->n_spots; k++) {
		struct spot *s = &r->spots[k];

		s->out = scratch_take(scratch, s->outs * sizeof(*s->out));
		s->drop = scratch_take(scratch, s->drops * sizeof(*s->drop));
		s->by_skb = scratch_take(scratch, s->drops * sizeof(*s->by_skb));
		if (!s->out || !s->drop || !s->by_skb)
			return -ENOMEM;
		s->outs = s->drops = 0;
	}
	gather(r, true);
	for (uint32_t k = 0; k < r->n_spots; k++) {
		struct spot *s = &r->spots[k];

		if (s->outs > 1)
			qsort(s->out, s->outs, sizeof(*s->out), by_time);
		if (!s->drops)
			continue;
		qsort(s->drop, s->drops, sizeof(*s->drop), by_time);
		memcpy(s->by_skb, s->drop, s->drops * sizeof(*s->drop));
		qsort(s->by_skb, s->drops, sizeof(*s->by_skb), by_skb_time);
	}
	return 0;
}

int repair_index(struct repair *r)
{
	int err = spots_make(r);

	while (!err && gather(r, false) > SEEN_MAX) {
		if (!r->count)
			return -E2BIG;
		r->more += r->count - r->count / 2;
		r->count /= 2;
		err = spots_make(r);
	}
	if (!err)
		err = spots_cover(r);
	return err ? err : spots_fill(r);
}

/* ---------------------------------------------------------------------------------------- questions */

/* The first of the spot's copies that is not before @copy. */
static uint32_t copies_from(const struct spot *s, uint32_t copy)
{
	uint32_t lo = 0, hi = s->n_copies;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->copies[mid] >= copy)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

uint32_t spot_next(const struct spot *s, uint32_t copy)
{
	uint32_t i = copies_from(s, copy + 1);

	return i < s->n_copies ? s->copies[i] : NO_COPY;
}

uint32_t spot_before(const struct spot *s, uint32_t copy)
{
	uint32_t i = copies_from(s, copy);

	return i ? s->copies[i - 1] : NO_COPY;
}

/* The first that is not before @ns. */
static uint32_t seen_from(const struct spot_seen *list, uint32_t n, uint64_t ns)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (list[mid].s->time_ns >= ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

const struct sighting *spot_out_until(const struct spot *s, uint64_t ns)
{
	uint32_t i = ns == UINT64_MAX ? s->outs : seen_from(s->out, s->outs, ns + 1);

	return i ? s->out[i - 1].s : NULL;
}

const struct sighting *spot_out_from(const struct spot *s, uint64_t ns)
{
	uint32_t i = seen_from(s->out, s->outs, ns);

	return i < s->outs ? s->out[i].s : NULL;
}

/* The oldest drop of @skb from @ns on. */
static const struct spot_seen *drop_of_skb(const struct spot *s, uint64_t skb, uint64_t ns)
{
	uint32_t lo = 0, hi = s->drops;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct sighting *d = s->by_skb[mid].s;

		if (d->skb > skb || (d->skb == skb && d->time_ns >= ns))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < s->drops && s->by_skb[lo].s->skb == skb ? &s->by_skb[lo] : NULL;
}

const struct spot_seen *spot_drop(const struct spot *s, uint64_t skb, uint64_t from_ns, uint64_t to_ns)
{
	const struct spot_seen *same = skb ? drop_of_skb(s, skb, from_ns) : NULL;
	uint32_t i = seen_from(s->drop, s->drops, from_ns);
	const struct spot_seen *any = i < s->drops ? &s->drop[i] : NULL;

	if (any && any->s->time_ns >= to_ns)
		any = NULL;
	return same && (!any || same->s->time_ns < to_ns) ? same : any;
}
