// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss repaired: every transmission of a message's bytes, what became of each copy, what sent the next one, and what that cost.
 *
 *	#1 ──────────── x dropped                          the path's byte: each transmission up to the one that arrived costs
 *	      #2 ─────────── x dropped                     the time since the one before it
 *	                          #3 ──────────── arrived
 *	├─────┼─────────────────────┤
 *	 cost 2        cost 3
 *
 * Where the path's byte had arrived out of order, the other repaired bytes cost the time by which each came later than what
 * was there before it, until the message was in order. So all costs lie within tx.retransmit and rx.hol of the path; where
 * functions are hooked, the copy's way from tcp.xmit to the device is part of them.
 */
#include "repair.h"

#include <errno.h>
#include <stdlib.h>

#include "repair_index.h"

#define COPIES_MAX  512	 /* sent again more often than that: the rest is counted */
#define TAKEN_SLOTS 2048 /* of a table that they fill by a quarter */

static const struct sight_log *retransmit_log(const struct message *m)
{
	return byte_stream_find(&message_half(m)->bytes,
				&(struct sight_place){ .point = CRUMB_PT_TCP_RETRANSMIT,
						       .netns = m->begin.netns });
}

bool repair_resent(const struct message *m, uint64_t byte, uint64_t sent_ns, uint8_t *ret_how)
{
	const struct sight_log *l = retransmit_log(m);
	const struct sighting *s = l ? sight_log_oldest(l, byte, sent_ns, UINT64_MAX) : NULL;

	if (!s)
		return false;
	*ret_how = s->sock.resent;
	return true;
}

/* ------------------------------------------------------------------------------------- the copies */

static struct copy *copy_add(struct repair *r, uint64_t start, uint64_t end, uint64_t ns)
{
	struct copy *c;

	if (r->count == r->room) {
		r->more++;
		return NULL;
	}
	c = &r->copies[r->count++];
	*c = (struct copy){
		.start = start > r->m->first ? start : r->m->first,
		.end = end < r->m->last ? end : r->m->last,
		.ns = ns,
		.begun_ns = ns,
	};
	return c;
}

static void add_resent(void *ctx, const struct sighting *s)
{
	struct copy *c = copy_add(ctx, s->start, s->end, s->time_ns);

	if (!c)
		return;
	c->event_ns = s->time_ns;
	c->how = s->sock.resent;
}

static int by_time(const void *x, const void *y)
{
	const struct copy *a = x, *b = y;

	if (a->begun_ns != b->begun_ns)
		return a->begun_ns < b->begun_ns ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* The sightings at the origin that are a copy's already. */
struct taken {
	const struct sighting *slot[TAKEN_SLOTS];
};

static const struct sighting **taken_slot(struct taken *t, const struct sighting *s)
{
	size_t i = (uintptr_t)s / sizeof(*s) * 0x9e3779b97f4a7c15ull >> 32;

	while (t->slot[i % TAKEN_SLOTS] && t->slot[i % TAKEN_SLOTS] != s)
		i++;
	return &t->slot[i % TAKEN_SLOTS];
}

/* Is it the first transmission's, or that of a copy that was sent again? */
static bool is_taken(struct taken *t, const struct spot *spot, const struct sighting *s)
{
	return s == spot->out[0].s || *taken_slot(t, s);
}

static void copy_at(struct taken *t, struct copy *c, const struct sighting *s)
{
	*taken_slot(t, s) = s;
	c->at = s;
	c->ns = c->begun_ns = s->time_ns;
	c->skb = s->skb;
}

/* tcp_retransmit_skb comes after the transmission, which may wait for its neighbour's address: then it is the other way. */
static void find_origin(struct repair *r, struct copy *c, struct taken *t)
{
	const struct spot *spot = &r->spots[c->spot];
	const struct sighting *s = spot_out_until(spot, c->event_ns);

	if (!s || is_taken(t, spot, s))
		s = spot_out_from(spot, c->event_ns);
	if (s && !is_taken(t, spot, s))
		copy_at(t, c, s);
}

/* The path's byte was seen to leave once more, and no tcp.retransmit tells why: TCP had not counted the first as sent. */
static void add_unnamed(struct repair *r, struct taken *t)
{
	const struct spot *spot = &r->spots[r->byte_spot];

	for (uint32_t i = 1; i < spot->outs; i++) {
		const struct sighting *s = spot->out[i].s;
		struct copy *c = *taken_slot(t, s) ? NULL : copy_add(r, s->start, s->end, s->time_ns);

		if (!c)
			continue;
		c->at = s;
		c->skb = s->skb;
	}
}

static int by_skb(const void *x, const void *y)
{
	const struct sighting *a = ((const struct spot_seen *)x)->s;
	const struct sighting *b = ((const struct spot_seen *)y)->s;

	if (a->skb != b->skb)
		return a->skb < b->skb ? -1 : 1;
	return sighting_after(a, b) ? 1 : -1;
}

struct local {
	struct repair *r;
	const struct spot_seen *out; /* of the path's byte at the origin, by skb */
	uint32_t outs;
};

/* On the sender's own host before it came to the device: netfilter, a route, memory. */
static void add_local(void *ctx, const struct sighting *s)
{
	struct local *l = ctx;
	uint32_t lo = 0, hi = l->outs;
	struct copy *c;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->out[mid].s->skb >= s->skb)
			hi = mid;
		else
			lo = mid + 1;
	}
	if (lo < l->outs && l->out[lo].s->skb == s->skb && l->out[lo].s->time_ns <= s->time_ns)
		return;
	c = copy_add(l->r, s->start, s->end, s->time_ns);
	if (c)
		c->skb = s->skb;
}

static bool is_local_drop_log(const struct message *m, const struct sight_log *l)
{
	return l->place.kind == SIGHT_BYTES && point_is_drop(l->place.point) &&
	       l->place.netns == m->begin.netns;
}

static int find_local(struct repair *r)
{
	const struct range_set byte = { .few = { { r->byte, r->byte + 1 } }, .count = 1 };
	const struct byte_stream *b = &message_half(r->m)->bytes;
	const struct spot *spot = &r->spots[r->byte_spot];
	size_t size = spot->outs * sizeof(*spot->out);
	struct spot_seen *out = scratch_take(&r->a->scratch, size);
	struct local local = { r, out, spot->outs };

	if (!out)
		return -ENOMEM;
	for (uint32_t i = 0; i < spot->outs; i++)
		out[i] = spot->out[i];
	if (spot->outs > 1)
		qsort(out, spot->outs, sizeof(*out), by_skb);
	for (uint32_t i = 0; i < b->log_count; i++)
		if (is_local_drop_log(r->m, &b->logs[i]))
			sight_log_visit(&b->logs[i], &byte, r->m->begin.h.time_ns, UINT64_MAX,
					add_local, &local);
	return 0;
}

/* All but the first, and where each left. */
static int collect_resent(struct repair *r)
{
	const struct sight_log *again = retransmit_log(r->m);
	struct taken *t = scratch_take(&r->a->scratch, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	if (again)
		sight_log_visit(again, &r->m->extents, r->m->begin.h.time_ns, UINT64_MAX,
				add_resent, r);
	qsort(r->copies, r->count, sizeof(*r->copies), by_time);
	err = repair_index(r);
	for (uint32_t i = 0; i < r->count && !err; i++)
		if (r->spots[r->copies[i].spot].outs)
			find_origin(r, &r->copies[i], t);
	if (err)
		return err;
	add_unnamed(r, t);
	return find_local(r);
}

static int collect(struct repair *r)
{
	int err = collect_resent(r);
	const struct spot *spot;

	if (err)
		return err;
	spot = &r->spots[r->byte_spot];
	r->room = COPIES_MAX + 1;
	if (spot->outs) {
		const struct sighting *first = spot->out[0].s;
		struct copy *c = copy_add(r, r->m->first, r->m->last, first->time_ns);

		c->whole = true;
		c->begun_ns = sight_log_count(r->p->origin, &r->m->extents, r->m->begin.h.time_ns,
					      UINT64_MAX)
				      .first_ns;
		c->at = first;
		c->skb = first->skb;
	}
	qsort(r->copies, r->count, sizeof(*r->copies), by_time);
	return repair_index(r); /* once more: now they are all there, and have their places */
}

/* --------------------------------------------------------------------------- what became of a copy */

/* When copy @i of the spot's byte left: of the first, that byte's own skb. */
static uint64_t left_ns(const struct repair *r, uint32_t i, const struct spot *spot, uint64_t *ret_skb)
{
	const struct copy *c = &r->copies[i];
	const struct sighting *s = c->whole && spot->outs ? spot->out[0].s : NULL;

	*ret_skb = s ? s->skb : c->skb;
	return s ? s->time_ns : c->ns;
}

static const struct spot_seen *copy_drop(const struct repair *r, uint32_t i, const struct spot *spot)
{
	uint32_t next = spot_next(spot, i);
	uint64_t skb, from_ns = left_ns(r, i, spot, &skb);

	return spot_drop(spot, skb, from_ns, next == NO_COPY ? UINT64_MAX : r->copies[next].ns);
}

/* The @n-th of the copies of the spot's byte that left; NO_COPY if one of them was not seen to leave, or there are not @total. */
static uint32_t nth_copy(const struct repair *r, const struct spot *spot, uint32_t n, uint32_t total)
{
	uint32_t found = NO_COPY, left = 0;

	for (uint32_t k = 0; k < spot->n_copies; k++) {
		const struct copy *c = &r->copies[spot->copies[k]];

		if (!c->at && !c->event_ns)
			continue;
		if (!c->at)
			return NO_COPY;
		if (left++ == n)
			found = spot->copies[k];
	}
	return left == total ? found : NO_COPY;
}

/*
 * On another machine skbs have other addresses. If as many copies came there as had left none was lost, and they came
 * in their order.
 */
static uint32_t copy_by_order(const struct repair *r, const struct spot *spot,
			      const struct sighting *kept)
{
	const struct byte_stream *b = &message_half(r->m)->bytes;
	const struct range_set one = { .few = { { spot->byte, spot->byte + 1 } }, .count = 1 };
	const struct range until = { r->m->begin.h.time_ns, kept->time_ns };

	for (uint32_t i = 0; i < b->log_count; i++) {
		const struct sight_log *l = &b->logs[i];
		const struct sighting *came;
		uint32_t nth, all, found;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_DEV_RECEIVE ||
		    l->place.netns != message_half(r->m)->receiver_netns)
			continue;
		came = sight_log_of_skb(l, spot->byte, &until, kept->skb);
		if (!came)
			continue;
		nth = sight_log_count(l, &one, until.start, came->time_ns).count - 1;
		all = sight_log_count(l, &one, until.start, UINT64_MAX).count;
		found = nth_copy(r, spot, nth, all);
		if (found != NO_COPY)
			return found;
	}
	return NO_COPY;
}

/* Which of the copies that have the spot's byte TCP kept, of those that had left by then. */
static uint32_t find_kept(const struct repair *r, const struct spot *spot, const struct sighting *kept)
{
	const struct range time = { r->m->begin.h.time_ns, kept->time_ns };
	uint64_t between = path_between_ns(message_half(r->m), spot->byte, &time, r->m->begin.netns);
	uint32_t newest = NO_COPY, passed = NO_COPY, ordered;

	for (uint32_t k = spot->n_copies; k-- > 0;) {
		uint32_t i = spot->copies[k];
		const struct spot_seen *drop;
		uint64_t skb, ns = left_ns(r, i, spot, &skb);

		if (ns > kept->time_ns)
			continue;
		if (skb && skb == kept->skb)
			return i;
		if (passed != NO_COPY)
			continue;
		drop = copy_drop(r, i, spot);
		if (drop && drop->s->time_ns < kept->time_ns)
			continue;
		if (newest == NO_COPY)
			newest = i;
		if (ns <= between)
			passed = i;
	}
	ordered = copy_by_order(r, spot, kept);
	if (ordered != NO_COPY)
		return ordered;
	return passed != NO_COPY ? passed : newest;
}

/* The copy of the spot's byte that TCP kept, and when it came. */
static uint32_t copy_kept(const struct repair *r, struct spot *spot, uint64_t *ret_ns)
{
	const struct sight_log *log;
	const struct sighting *kept;

	if (!spot->settled) {
		kept = path_receive(r->m, spot->byte, r->whole_ns, &log, NULL);
		spot->settled = true;
		spot->kept = kept ? find_kept(r, spot, kept) : NO_COPY;
		spot->came_ns = kept ? kept->time_ns : 0;
	}
	if (spot->came_ns)
		*ret_ns = spot->came_ns;
	return spot->kept;
}

/* Of copy @i of the spot's byte, which another copy may have brought. */
static enum sent_fate copy_fate(const struct repair *r, uint32_t i, const struct spot *spot,
				const struct journey_loss **ret_lost)
{
	uint32_t kept = spot->kept;
	const struct spot_seen *drop;
	struct journey_loss *lost;

	*ret_lost = NULL;
	if (i == kept)
		return SENT_ARRIVED;
	drop = copy_drop(r, i, spot);
	/* A second copy is freed by TCP as old: it had come. */
	if (drop && kept != NO_COPY && r->p->call &&
	    drop->place->netns == message_half(r->m)->receiver_netns &&
	    drop->s->time_ns >= spot->came_ns)
		return i < kept ? SENT_LATE : SENT_NOT_NEEDED;
	if (!drop)
		return kept != NO_COPY && i > kept ? SENT_NOT_NEEDED : SENT_UNSEEN;
	lost = scratch_take(&r->a->scratch, sizeof(*lost));
	if (lost)
		*lost = (struct journey_loss){
			.host = facts_host(r->a->facts, drop->place->netns),
			.dev = facts_dev_name(r->a->facts, drop->place->netns, drop->place->ifindex),
			.reason = facts_reason(r->a->facts, drop->s->drop.reason),
			.func = facts_symbol(r->a->facts, drop->s->drop.location),
			.t_ns = drop->s->time_ns - r->p->steps[0].ns,
		};
	*ret_lost = lost;
	return SENT_DROPPED;
}

/* --------------------------------------------------------------------------------------- the costs */

/* Of the path's byte: until the one that arrived, each since the one before it. */
static void cost_path(struct repair *r)
{
	struct spot *spot = &r->spots[r->byte_spot];
	uint64_t ns = 0, skb;
	uint32_t kept = copy_kept(r, spot, &ns);

	for (uint32_t k = 1; k < spot->n_copies && spot->copies[k] <= kept; k++)
		r->copies[spot->copies[k]].cost_ns =
			r->copies[spot->copies[k]].ns - left_ns(r, spot->copies[k - 1], spot, &skb);
}

static int by_arrival(const void *x, const void *y)
{
	const struct copy *a = *(const struct copy *const *)x, *b = *(const struct copy *const *)y;

	return a->came_ns < b->came_ns ? -1 : a->came_ns > b->came_ns;
}

/* Of other bytes, while the path's waited for them. */
static int cost_behind(struct repair *r)
{
	struct copy **late = scratch_take(&r->a->scratch, r->count * sizeof(struct copy *) + 1);
	uint64_t until = r->came_ns;
	uint32_t n = 0;

	if (!late)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->count; i++) {
		struct copy *c = &r->copies[i];

		if (i && c->made == i && !copy_covers(c, r->byte) && c->came_ns > r->came_ns &&
		    c->came_ns <= r->whole_ns)
			late[n++] = c;
	}
	qsort(late, n, sizeof(struct copy *), by_arrival);
	for (uint32_t i = 0; i < n; i++) {
		late[i]->cost_ns = late[i]->came_ns - until;
		until = late[i]->came_ns;
	}
	return 0;
}

static int find_costs(struct repair *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct copy *c = &r->copies[i];
		uint64_t ns = 0;

		c->made = copy_kept(r, &r->spots[c->spot], &ns);
		c->came_ns = c->made == i ? ns : 0;
	}
	cost_path(r);
	return r->came_ns ? cost_behind(r) : 0;
}

/* ---------------------------------------------------------------------------------------- the list */

/* The first transmission of several skbs fared as the worst of those that were sent again. */
static void first_fate(struct journey_transmission *out, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		if (out[i].after != 1)
			continue;
		if (out[i].before == SENT_DROPPED && out->fate != SENT_DROPPED) {
			out->fate = SENT_DROPPED;
			out->lost = out[i].before_lost;
		} else if (out[i].before == SENT_UNSEEN && out->fate == SENT_ARRIVED) {
			out->fate = SENT_UNSEEN;
		}
	}
}

static void put_copy(struct repair *r, uint32_t i, struct journey_transmission *t)
{
	const struct copy *c = &r->copies[i];
	const struct spot *spot = &r->spots[c->spot];
	const struct byte_stream *b = &message_half(r->m)->bytes;
	uint64_t start_ns = r->p->steps[0].ns;
	uint32_t before = spot_before(spot, i);

	t->number = i + 1;
	t->how = c->how;
	t->t_ns = c->ns > start_ns ? c->ns - start_ns : 0;
	t->start = byte_stream_offset(b, c->start);
	t->end = byte_stream_offset(b, c->end - 1) + 1;
	t->skbs = 1;
	t->cost_ns = c->cost_ns;
	t->fate = copy_fate(r, i, spot, &t->lost);
	if (before == NO_COPY)
		return;
	t->after = before + 1;
	t->before = copy_fate(r, before, spot, &t->before_lost);
}

static int put_list(struct repair *r, struct journey *j)
{
	struct journey_transmission *list = scratch_take(&r->a->scratch, r->count * sizeof(*list));
	struct sight_hits hits = { 0 };
	uint32_t again = 0;

	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->count; i++) {
		put_copy(r, i, &list[i]);
		j->repair_ns += list[i].cost_ns;
		again += !r->copies[i].whole && r->copies[i].at;
	}
	if (r->p->origin)
		hits = sight_log_count(r->p->origin, &r->m->extents, r->m->begin.h.time_ns,
				       UINT64_MAX);
	for (uint32_t i = 0; i < r->count; i++) {
		if (!r->copies[i].whole || hits.count <= again + r->more + 1)
			continue;
		list[i].skbs = hits.count - again - r->more;
		if (!i && hits.first_ns > r->p->steps[0].ns)
			list[i].t_ns = hits.first_ns - r->p->steps[0].ns;
	}
	first_fate(list, r->count);
	j->transmissions = list;
	j->transmission_count = r->count;
	j->transmissions_more = r->more;
	return 0;
}

/* Was anything of it sent again, or dropped before it came to a device? The usual answer is no, and quick. */
static bool concerns(const struct message *m, const struct path *p)
{
	const struct byte_stream *b = &message_half(m)->bytes;
	const struct sight_log *again = retransmit_log(m);

	for (uint32_t i = 0; i < p->count; i++)
		if (p->steps[i].superseded)
			return true;
	if (again && sight_log_count(again, &m->extents, m->begin.h.time_ns, UINT64_MAX).count)
		return true;
	for (uint32_t i = 0; i < b->log_count; i++)
		if (is_local_drop_log(m, &b->logs[i]) &&
		    sight_log_count(&b->logs[i], &m->extents, m->begin.h.time_ns, UINT64_MAX).count)
			return true;
	return false;
}

int repair_build(struct assembler *a, const struct message *m, const struct fate *f,
		 const struct path *p, struct journey *j)
{
	struct repair r = {
		.a = a,
		.m = m,
		.p = p,
		.byte = f->byte,
		.room = COPIES_MAX,
		.whole_ns = UINT64_MAX,
	};
	int err;

	if (m->inferred || conn_is_udp(m->conn) || !concerns(m, p))
		return 0;
	r.copies = scratch_take(&a->scratch, (COPIES_MAX + 1) * sizeof(*r.copies));
	if (!r.copies)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct path_step *s = &p->steps[i];

		if (s->point == CRUMB_PT_TCP_RECEIVE && s->seen->sock.gap)
			r.came_ns = s->ns;
		if (i && p->steps[i - 1].point == CRUMB_PT_TCP_RECEIVE)
			r.whole_ns = s->ns;
	}
	err = collect(&r);
	if (err == -E2BIG) { /* the list is left out */
		j->transmissions_more = r.more + r.count;
		return 0;
	}
	if (err || r.count < 2)
		return err;
	err = find_costs(&r);
	return err ? err : put_list(&r, j);
}
