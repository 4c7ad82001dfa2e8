// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps below the sockets. For each place the newest sighting of the byte that is not later
 * than its arrival, of the transmission that arrived; then, from the end backward, the branches
 * that led elsewhere (a bridge floods, a capture clones) are taken out: the way in must lead to a
 * way out, and a veth's way out to its peer.
 */
#include "path.h"

struct pick {
	const struct sight_log *log;
	const struct sighting *seen;
	bool exact, kept;
};

struct picks {
	struct pick *pick;
	uint32_t count;
};

static bool is_net(const struct sight_place *p)
{
	return p->kind == SIGHT_BYTES && (point_is_out(p->point) || point_is_in(p->point));
}

/* Was the byte dropped within this time? Then what came after it is another transmission. */
static bool dropped_within(const struct half *h, uint64_t byte, uint64_t from_ns, uint64_t to_ns)
{
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];

		if (l->place.kind == SIGHT_BYTES && l->place.point == CRUMB_PT_SKB_DROP &&
		    sight_log_newest(l, byte, from_ns, to_ns, NULL))
			return true;
	}
	return false;
}

/*
 * Where the byte was first seen is where each transmission begins. The newest sighting there is the
 * start of the transmission that arrived; @ret_sure: no earlier one can be meant.
 */
static uint64_t transmission_ns(const struct half *h, uint64_t byte, const struct range *time,
				bool *ret_again, bool *ret_sure)
{
	const struct sighting *first = NULL, *start;
	const struct sight_log *origin = NULL;

	*ret_again = false;
	*ret_sure = true;
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (!is_net(&l->place))
			continue;
		s = sight_log_oldest(l, byte, time->start, time->end);
		if (s && (!first || sighting_after(first, s))) {
			first = s;
			origin = l;
		}
	}
	if (!first)
		return time->start;
	start = sight_log_newest(origin, byte, time->start, time->end, NULL);
	*ret_again = start != first;
	*ret_sure = start == first || dropped_within(h, byte, first->time_ns, start->time_ns);
	return start->time_ns;
}

static void picks_sort(struct picks *p) /* the newest first */
{
	for (uint32_t i = 1; i < p->count; i++) {
		struct pick k = p->pick[i];
		uint32_t at = i;

		for (; at > 0 && sighting_after(k.seen, p->pick[at - 1].seen); at--)
			p->pick[at] = p->pick[at - 1];
		p->pick[at] = k;
	}
}

/* Is there a pick at that device among the first @n (all later ones), for which @kept holds? */
static bool picked_at(const struct picks *p, uint32_t n, uint32_t netns, uint32_t ifindex, bool kept)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct sight_place *at = &p->pick[i].log->place;

		if (at->netns == netns && at->ifindex == ifindex && point_is_in(at->point) &&
		    (p->pick[i].kept || !kept))
			return true;
	}
	return false;
}

static bool leads_out(const struct picks *p, uint32_t n, uint32_t netns)
{
	for (uint32_t i = 0; i < n; i++)
		if (p->pick[i].kept && p->pick[i].log->place.netns == netns &&
		    point_is_out(p->pick[i].log->place.point))
			return true;
	return false;
}

/* A bridge's frame goes on through one port as far as the byte's way is concerned. */
static bool other_port_taken(const struct picks *p, uint32_t n, const struct pick *k)
{
	if (!(k->seen->dev.flags & CRUMB_SKB_PORT))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct sight_place *at = &p->pick[i].log->place;

		if (p->pick[i].kept && point_is_out(at->point) &&
		    at->netns == k->log->place.netns && at->ifindex != k->log->place.ifindex &&
		    (p->pick[i].seen->dev.flags & CRUMB_SKB_PORT))
			return true;
	}
	return false;
}

static void picks_connect(struct assembler *a, struct picks *p, uint32_t end_netns)
{
	for (uint32_t i = 0; i < p->count; i++) {
		struct pick *k = &p->pick[i];
		const struct sight_place *at = &k->log->place;
		const struct fact_dev *d;

		if (point_is_in(at->point)) {
			k->kept = at->netns == end_netns || leads_out(p, i, at->netns);
			continue;
		}
		d = facts_dev(a->facts, at->netns, at->ifindex);
		if (d && d->veth && d->peer && d->peer_netns &&
		    picked_at(p, p->count, d->peer_netns, d->peer, false))
			k->kept = picked_at(p, i, d->peer_netns, d->peer, true);
		else
			k->kept = !other_port_taken(p, i, k);
	}
}

/* Where the way ends: at the reader, at the drop, else where the byte was seen last. */
static uint32_t end_netns(const struct message *m, const struct fate *f, const struct path *path,
			  const struct picks *p)
{
	if (path->call)
		return message_half(m)->receiver_netns;
	if (f->drop)
		return f->drop_place->netns;
	if (message_half(m)->receiver_seen &&
	    (f->verdict != VERDICT_WAITING || message_half(m)->rcv_nxt > f->byte))
		return message_half(m)->receiver_netns;
	return p->count ? p->pick[0].log->place.netns : 0;
}

static void picks_take(const struct message *m, const struct picks *p, struct path *path)
{
	uint64_t end_ns = m->done_ns ? m->done_ns : UINT64_MAX;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct pick *k = &p->pick[i];
		struct sight_hits hits;
		struct path_step *s;

		if (!k->kept)
			continue;
		s = path_add(path, k->log->place.point, k->seen->time_ns,
			     PATH_ORDER_SEEN + k->seen->serial);
		if (!s)
			return;
		hits = sight_log_count(k->log, &m->extents, m->begin.h.time_ns, end_ns);
		s->count = hits.count ? hits.count : 1;
		s->first_ns = hits.count ? hits.first_ns : s->ns;
		s->netns = k->log->place.netns;
		s->ifindex = k->log->place.ifindex;
		s->cpu = k->seen->cpu;
		s->exact = k->exact;
		s->seen = k->seen;
	}
}

void path_find_net(struct assembler *a, const struct message *m, const struct fate *f,
		   uint64_t to_ns, struct path *path)
{
	const struct half *h = message_half(m);
	struct range time = { m->begin.h.time_ns, to_ns };
	struct picks p = { 0 };
	bool sure;

	p.pick = scratch_take(&a->scratch, h->bytes.log_count * sizeof(*p.pick) + 1);
	if (!p.pick)
		return;
	time.start = transmission_ns(h, f->byte, &time, &path->retransmitted, &sure);
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;
		uint32_t others;

		if (!is_net(&l->place))
			continue;
		s = sight_log_newest(l, f->byte, time.start, time.end, &others);
		if (!s)
			continue;
		p.pick[p.count++] = (struct pick){
			.log = l,
			.seen = s,
			.exact = sure && !others && !m->inferred,
		};
	}
	picks_sort(&p);
	picks_connect(a, &p, end_netns(m, f, path, &p));
	picks_take(m, &p, path);
}
