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
#include <string.h>

#define COPIES_MAX 512 /* sent again more often than that: the rest is counted */
#define NO_COPY	   UINT32_MAX

struct copy {
	uint64_t start, end;	   /* positions; of the first the whole message */
	uint64_t ns, skb;	   /* at the origin */
	uint64_t event_ns;	   /* of tcp.retransmit; 0 none */
	const struct sighting *at; /* at the origin; NULL not seen there */
	uint64_t came_ns;	   /* its last byte at tcp.receive, if this one was kept; 0 */
	uint64_t cost_ns;
	uint32_t made; /* of its last byte: the copy that was kept */
	uint8_t how;
	bool whole; /* the first transmission, of all bytes of the message: maybe many skbs */
};

struct repair {
	struct assembler *a;
	const struct message *m;
	const struct path *p;
	struct copy *copies;
	uint32_t count, room, more;
	uint64_t byte;	   /* the path's */
	uint64_t came_ns;  /* ... came out of order then; 0 it did not */
	uint64_t whole_ns; /* the message was in order then; UINT64_MAX never */
};

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

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

static bool covers(const struct copy *c, uint64_t byte)
{
	return c->start <= byte && byte < c->end;
}

/* Is it the first transmission's, or that of one of the first @n that were sent again? */
static bool is_taken(const struct repair *r, const struct sighting *s, uint64_t byte, uint32_t n)
{
	if (s == sight_log_oldest(r->p->origin, byte, r->m->begin.h.time_ns, UINT64_MAX))
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (r->copies[i].at == s)
			return true;
	return false;
}

/* tcp_retransmit_skb comes after the transmission, which may wait for its neighbour's address: then it is the other way. */
static void find_origin(struct repair *r, uint32_t i)
{
	struct copy *c = &r->copies[i];
	const struct sight_log *l = r->p->origin;
	uint64_t byte = c->end - 1;
	const struct sighting *s;

	if (!l)
		return;
	s = sight_log_newest(l, byte, r->m->begin.h.time_ns, c->event_ns, NULL);
	if (!s || is_taken(r, s, byte, i))
		s = sight_log_oldest(l, byte, c->event_ns, UINT64_MAX);
	if (!s || is_taken(r, s, byte, i))
		return;
	c->at = s;
	c->ns = s->time_ns;
	c->skb = s->skb;
}

/* The path's byte was seen to leave once more, and no tcp.retransmit tells why: TCP had not counted the first as sent. */
static void add_unnamed(void *ctx, const struct sighting *s)
{
	struct repair *r = ctx;
	struct copy *c;

	if (is_taken(r, s, r->byte, r->count))
		return;
	c = copy_add(r, s->start, s->end, s->time_ns);
	if (!c)
		return;
	c->at = s;
	c->skb = s->skb;
}

/* On the sender's own host before it came to the device: netfilter, a route, memory. */
static void add_local(void *ctx, const struct sighting *s)
{
	struct repair *r = ctx;
	const struct sighting *out =
		r->p->origin ? sight_log_of_skb(r->p->origin, r->byte,
						&(struct range){ r->m->begin.h.time_ns, s->time_ns },
						s->skb) :
			       NULL;
	struct copy *c = out ? NULL : copy_add(r, s->start, s->end, s->time_ns);

	if (c)
		c->skb = s->skb;
}

static void visit_byte(const struct sight_log *l, const struct repair *r,
		       void (*fn)(void *ctx, const struct sighting *s), void *ctx)
{
	const struct range_set one = { .few = { { r->byte, r->byte + 1 } }, .count = 1 };

	sight_log_visit(l, &one, r->m->begin.h.time_ns, UINT64_MAX, fn, ctx);
}

static bool is_drop_log(const struct sight_log *l)
{
	return l->place.kind == SIGHT_BYTES && l->place.point == CRUMB_PT_SKB_DROP;
}

static void collect(struct repair *r)
{
	const struct byte_stream *b = &message_half(r->m)->bytes;
	const struct sight_log *again = retransmit_log(r->m);
	const struct sighting *first;
	struct copy *c;

	if (again)
		sight_log_visit(again, &r->m->extents, r->m->begin.h.time_ns, UINT64_MAX,
				add_resent, r);
	qsort(r->copies, r->count, sizeof(*r->copies), by_time);
	for (uint32_t i = 0; i < r->count; i++)
		find_origin(r, i);
	if (r->p->origin)
		visit_byte(r->p->origin, r, add_unnamed, r);
	for (uint32_t i = 0; i < b->log_count; i++)
		if (is_drop_log(&b->logs[i]) && b->logs[i].place.netns == r->m->begin.netns)
			visit_byte(&b->logs[i], r, add_local, r);
	first = r->p->origin ?
			sight_log_oldest(r->p->origin, r->byte, r->m->begin.h.time_ns, UINT64_MAX) :
			NULL;
	r->room = COPIES_MAX + 1;
	c = first ? copy_add(r, r->m->first, r->m->last, first->time_ns) : NULL;
	if (c) {
		c->whole = true;
		c->at = first;
		c->skb = first->skb;
	}
	qsort(r->copies, r->count, sizeof(*r->copies), by_time);
}

/* --------------------------------------------------------------------------- what became of a copy */

struct drop_search {
	struct assembler *a;
	uint64_t skb;
	const struct sighting *same, *oldest; /* of that skb; of any */
};

static void drop_look(void *ctx, const struct sighting *s)
{
	struct drop_search *f = ctx;

	if (!strcmp(facts_reason(f->a->facts, s->drop.reason), FATE_OTHER_HOST))
		return;
	if (f->skb && s->skb == f->skb && (!f->same || sighting_after(f->same, s)))
		f->same = s;
	if (!f->oldest || sighting_after(f->oldest, s))
		f->oldest = s;
}

/* When copy @i of @byte left: of the first, that byte's own skb. */
static uint64_t left_ns(const struct repair *r, uint32_t i, uint64_t byte, uint64_t *ret_skb)
{
	const struct copy *c = &r->copies[i];
	const struct sighting *s = NULL;

	if (c->whole)
		s = sight_log_oldest(r->p->origin, byte, r->m->begin.h.time_ns, UINT64_MAX);
	*ret_skb = s ? s->skb : c->skb;
	return s ? s->time_ns : c->ns;
}

static uint32_t next_copy(const struct repair *r, uint32_t i, uint64_t byte)
{
	for (i++; i < r->count; i++)
		if (covers(&r->copies[i], byte))
			return i;
	return NO_COPY;
}

/* The drop of copy @i of @byte: that of its skb, else what was dropped before the next one left. */
static const struct sighting *copy_drop(const struct repair *r, uint32_t i, uint64_t byte,
					const struct sight_place **ret_place)
{
	const struct byte_stream *b = &message_half(r->m)->bytes;
	const struct range_set one = { .few = { { byte, byte + 1 } }, .count = 1 };
	uint32_t next = next_copy(r, i, byte);
	uint64_t skb, from = left_ns(r, i, byte, &skb);
	uint64_t to = next == NO_COPY ? UINT64_MAX : r->copies[next].ns;
	const struct sighting *same = NULL, *other = NULL;
	const struct sight_place *same_place = NULL;

	for (uint32_t k = 0; k < b->log_count; k++) {
		struct drop_search f = { .a = r->a, .skb = skb };

		if (!is_drop_log(&b->logs[k]))
			continue;
		sight_log_visit(&b->logs[k], &one, from, UINT64_MAX, drop_look, &f);
		if (f.same && (!same || sighting_after(same, f.same))) {
			same = f.same;
			same_place = &b->logs[k].place;
		}
		if (f.oldest && f.oldest->time_ns < to &&
		    (!other || sighting_after(other, f.oldest))) {
			other = f.oldest;
			*ret_place = &b->logs[k].place;
		}
	}
	if (same && (!other || same->time_ns < to)) {
		*ret_place = same_place;
		return same;
	}
	return other;
}

/* The copy of @byte that TCP kept, and when it came. */
static uint32_t copy_kept(const struct repair *r, uint64_t byte, uint64_t *ret_ns)
{
	const struct sight_log *log;
	const struct sighting *kept = path_receive(r->m, byte, r->whole_ns, &log, NULL);
	uint32_t newest = NO_COPY;
	uint64_t skb;

	if (!kept)
		return NO_COPY;
	*ret_ns = kept->time_ns;
	for (uint32_t i = r->count; i-- > 0;) {
		const struct sight_place *place;
		const struct sighting *drop;

		if (!covers(&r->copies[i], byte) || left_ns(r, i, byte, &skb) > kept->time_ns)
			continue;
		if (skb && skb == kept->skb)
			return i;
		drop = copy_drop(r, i, byte, &place);
		if (newest == NO_COPY && !(drop && drop->time_ns < kept->time_ns))
			newest = i;
	}
	return newest;
}

static enum sent_fate copy_fate(const struct repair *r, uint32_t i, uint64_t byte, uint32_t kept,
				const struct journey_loss **ret_lost)
{
	const struct sight_place *place;
	const struct sighting *drop;
	struct journey_loss *lost;

	*ret_lost = NULL;
	if (i == kept)
		return SENT_ARRIVED;
	drop = copy_drop(r, i, byte, &place);
	/* A second copy is freed by TCP as old: it had come. */
	if (drop && kept != NO_COPY && r->p->call &&
	    place->netns == message_half(r->m)->receiver_netns &&
	    drop->time_ns >= r->copies[kept].came_ns && r->copies[kept].came_ns)
		return i < kept ? SENT_LATE : SENT_NOT_NEEDED;
	if (!drop)
		return kept != NO_COPY && i > kept ? SENT_NOT_NEEDED : SENT_UNSEEN;
	lost = scratch_take(&r->a->scratch, sizeof(*lost));
	if (lost)
		*lost = (struct journey_loss){
			.host = facts_host(r->a->facts, place->netns),
			.dev = facts_dev_name(r->a->facts, place->netns, place->ifindex),
			.reason = facts_reason(r->a->facts, drop->drop.reason),
			.func = facts_symbol(r->a->facts, drop->drop.location),
			.t_ns = drop->time_ns - r->p->steps[0].ns,
		};
	*ret_lost = lost;
	return SENT_DROPPED;
}

/* --------------------------------------------------------------------------------------- the costs */

static uint32_t copy_before(const struct repair *r, uint32_t i, uint64_t byte)
{
	while (i-- > 0)
		if (covers(&r->copies[i], byte))
			return i;
	return NO_COPY;
}

/* Of the path's byte: until the one that arrived, each since the one before it. */
static void cost_path(struct repair *r)
{
	uint64_t ns = 0, skb;
	uint32_t kept = copy_kept(r, r->byte, &ns), before = NO_COPY;

	for (uint32_t i = 0; i < r->count && (kept == NO_COPY || i <= kept); i++) {
		if (!covers(&r->copies[i], r->byte))
			continue;
		if (before != NO_COPY)
			r->copies[i].cost_ns = r->copies[i].ns - left_ns(r, before, r->byte, &skb);
		before = i;
	}
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

		if (i && c->made == i && !covers(c, r->byte) && c->came_ns > r->came_ns &&
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

/* The byte that tells what became of copy @i. */
static uint64_t copy_byte(const struct repair *r, uint32_t i)
{
	return r->copies[i].whole ? r->byte : r->copies[i].end - 1;
}

static int find_costs(struct repair *r)
{
	for (uint32_t i = 0; i < r->count; i++) {
		struct copy *c = &r->copies[i];
		uint64_t ns = 0;

		c->made = copy_kept(r, copy_byte(r, i), &ns);
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
	const struct byte_stream *b = &message_half(r->m)->bytes;
	uint64_t start_ns = r->p->steps[0].ns, byte = copy_byte(r, i);
	uint32_t before = copy_before(r, i, byte);

	t->number = i + 1;
	t->how = c->how;
	t->t_ns = c->ns > start_ns ? c->ns - start_ns : 0;
	t->start = byte_stream_offset(b, c->start);
	t->end = byte_stream_offset(b, c->end - 1) + 1;
	t->skbs = 1;
	t->cost_ns = c->cost_ns;
	t->fate = copy_fate(r, i, byte, c->made, &t->lost);
	if (before == NO_COPY)
		return;
	t->after = before + 1;
	t->before = copy_fate(r, before, byte, c->made, &t->before_lost);
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
		if (is_drop_log(&b->logs[i]) && b->logs[i].place.netns == m->begin.netns &&
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
	collect(&r);
	if (r.count < 2)
		return 0;
	err = find_costs(&r);
	return err ? err : put_list(&r, j);
}
