// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps below the sockets. For each place the newest sighting of the byte that is not later
 * than its arrival, of the transmission that arrived; then, from the end backward, the branches
 * that led elsewhere (a bridge floods, a capture clones) are taken out: the way in must lead to a
 * way out, and a veth's way out to its peer.
 */
#include "path.h"

#include "hardware.h"

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

		if (l->place.kind == SIGHT_BYTES && point_is_drop(l->place.point) &&
		    sight_log_newest(l, byte, from_ns, to_ns, NULL))
			return true;
	}
	return false;
}

/* One passage of the byte from where it was first seen to where it arrived. */
struct transmission {
	uint64_t skb;			/* given: address of the one that arrived; 0 unknown */
	uint64_t reused_ns;		/* given: before that it was another one's */
	const struct sight_log *origin; /* where each one begins */
	const struct sighting *start, *first; /* of this one; of the first one */
	uint64_t end_ns; /* at the origin, what came later was of one that did not arrive */
	bool sure;	 /* no other can be meant */
};

/* An address may have been that of an skb which was dropped: what was seen before that is not meant. */
static uint64_t skb_reused_ns(const struct half *h, uint64_t byte, const struct range *time,
			      uint64_t skb)
{
	uint64_t reused = time->start;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (l->place.kind != SIGHT_BYTES || !point_is_drop(l->place.point))
			continue;
		s = sight_log_of_skb(l, byte, time, skb);
		if (s && s->time_ns < time->end && s->time_ns > reused)
			reused = s->time_ns;
	}
	return reused;
}

uint64_t path_between_ns(const struct half *h, uint64_t byte, const struct range *time,
			 uint32_t origin_netns)
{
	const struct sighting *first = NULL, *last;
	const struct sight_log *entry = NULL;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (!is_net(&l->place) || !point_is_in(l->place.point) ||
		    l->place.netns == origin_netns ||
		    (h->receiver_seen && l->place.netns == h->receiver_netns))
			continue;
		s = sight_log_oldest(l, byte, time->start, time->end);
		if (s && (!first || sighting_after(first, s))) {
			first = s;
			entry = l;
		}
	}
	last = entry ? sight_log_newest(entry, byte, time->start, time->end, NULL) : NULL;
	return last ? last->time_ns : 0;
}

/* The last that began before the arrival; but not one that nobody on the way has seen, if an earlier one was seen there. */
static const struct sighting *transmission_last(const struct half *h, uint64_t byte,
						const struct range *time,
						const struct sight_log *origin)
{
	const struct sighting *s = sight_log_newest(origin, byte, time->start, time->end, NULL);
	uint64_t between = path_between_ns(h, byte, time, origin->place.netns);
	const struct sighting *seen =
		between && between < s->time_ns ?
			sight_log_newest(origin, byte, time->start, between, NULL) :
			NULL;

	return seen ? seen : s;
}

/*
 * The transmission that arrived is that of the skb which arrived, if its address was seen at the
 * origin (an address is not used anew while its skb waits); else the last that can have.
 */
static bool transmission_find(const struct half *h, uint64_t byte, const struct range *time,
			      struct transmission *t)
{
	struct range alive = { t->reused_ns, time->end };
	const struct sighting *same, *next;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (!is_net(&l->place))
			continue;
		s = sight_log_oldest(l, byte, time->start, time->end);
		if (s && (!t->first || sighting_after(t->first, s))) {
			t->first = s;
			t->origin = l;
		}
	}
	if (!t->first)
		return false;
	same = t->skb ? sight_log_of_skb(t->origin, byte, &alive, t->skb) : NULL;
	t->start = same ? same : transmission_last(h, byte, time, t->origin);
	next = same ? NULL : sight_log_oldest(t->origin, byte, t->start->time_ns + 1, time->end);
	t->end_ns = next ? next->time_ns - 1 : UINT64_MAX;
	/* Not to be seen on the way is no proof that it was lost: others may stand beside that way. */
	t->sure = same || ((t->start == t->first ||
			    dropped_within(h, byte, t->first->time_ns, t->start->time_ns)) &&
			   (!next || dropped_within(h, byte, next->time_ns, time->end)));
	return true;
}

/* When the skb that arrived was first seen: everything upstream was before that. */
static uint64_t skb_since_ns(const struct half *h, uint64_t byte, const struct range *time,
			     uint64_t skb)
{
	uint64_t since = time->end;

	for (uint32_t i = 0; skb && i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s =
			is_net(&l->place) ? sight_log_of_skb(l, byte, time, skb) : NULL;

		if (s && s->time_ns < since)
			since = s->time_ns;
	}
	return since;
}

/* The sighting of the byte at @l that belongs to the transmission. */
static struct pick pick_at(const struct sight_log *l, uint64_t byte, const struct range *time,
			   uint64_t since_ns, uint64_t skb)
{
	struct pick k = { .log = l, .exact = true };
	uint32_t others = 0;

	k.seen = skb ? sight_log_of_skb(l, byte, time, skb) : NULL;
	if (k.seen)
		return k;
	k.seen = sight_log_newest(l, byte, time->start, since_ns, &others);
	if (!k.seen)
		k.seen = sight_log_newest(l, byte, since_ns, time->end, &others);
	k.exact = !others && !(k.seen && k.seen->inferred);
	return k;
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

/* Was it seen to come in by a device of that namespace? */
static bool came_in(const struct picks *p, uint32_t netns)
{
	for (uint32_t i = 0; i < p->count; i++) {
		const struct sight_place *at = &p->pick[i].log->place;

		if (at->netns == netns && point_is_in(at->point) && at->point != CRUMB_PT_IP_RECEIVE)
			return true;
	}
	return false;
}

/*
 * @skb: of the one that arrived, 0 unknown. A device on a device (macvlan) takes it into its own namespace without a way out of the
 * lower one's, nor a device-level point of its own.
 */
static void picks_connect(struct assembler *a, struct picks *p, uint32_t end_netns, uint64_t skb)
{
	if (came_in(p, end_netns))
		skb = 0;
	for (uint32_t i = 0; i < p->count; i++) {
		struct pick *k = &p->pick[i];
		const struct sight_place *at = &k->log->place;
		const struct fact_dev *d;

		if (point_is_in(at->point)) {
			k->kept = at->netns == end_netns || leads_out(p, i, at->netns) ||
				  (skb && k->seen->skb == skb);
			continue;
		}
		if ((k->seen->dev.flags & CRUMB_SKB_FORWARDED) &&
		    hardware_sends_copy(a->hardware, at->netns, at->ifindex, k->seen->dev.mac,
					a->now_ns))
			continue;
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
		struct path_step *s;

		if (!k->kept)
			continue;
		s = path_add_seen(path, m, k->log, k->seen, end_ns);
		if (!s)
			return;
		s->exact = k->exact;
	}
}

/* The transmission that did not make it, so that the time until the next one has its cause. */
static void first_transmission(const struct message *m, const struct transmission *t,
			       struct path *path)
{
	struct path_step *s = path_add_seen(path, m, t->origin, t->first, t->first->time_ns);

	if (s)
		s->superseded = true;
}

/* tcp.write, before @xmit: one call looks at the queue, and may send several skbs. */
static void transmission_write(const struct message *m, const struct path_step *xmit,
			       struct path *path)
{
	const struct sighting *seen = xmit->seen;
	struct path_step write = *xmit, *s;

	if (!seen->sock.write_ns || seen->time_ns - m->begin.h.time_ns < seen->sock.write_ns)
		return;
	write.point = CRUMB_PT_TCP_WRITE;
	write.ns -= seen->sock.write_ns;
	write.later_skb = xmit->first_ns < write.ns;
	write.first_ns = write.ns;
	write.count = 1;
	s = path_add(path, write.point, write.ns, write.order);
	if (s)
		*s = write;
}

/* TCP's own skb is another than those below: the last that it handed to IP before this transmission was seen. */
static void transmission_xmit(const struct message *m, uint64_t byte, const struct transmission *t,
			      struct path *path)
{
	const struct half *h = message_half(m);

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *seen;
		struct path_step *s;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_TCP_XMIT)
			continue;
		seen = sight_log_newest(l, byte, m->begin.h.time_ns, t->start->time_ns, NULL);
		s = seen ? path_add_seen(path, m, l, seen, t->start->time_ns) : NULL;
		if (!s)
			continue;
		s->exact = t->sure && !m->inferred;
		transmission_write(m, s, path);
	}
}

void path_find_net(struct assembler *a, const struct message *m, const struct fate *f,
		   uint64_t to_ns, struct path *path)
{
	const struct half *h = message_half(m);
	struct range time = { m->begin.h.time_ns, to_ns }, before = time;
	struct transmission t = { .skb = path->skb };
	struct picks p = { 0 };
	uint64_t since_ns;
	uint32_t from;

	p.pick = scratch_take(&a->scratch, h->bytes.log_count * sizeof(*p.pick) + 1);
	t.reused_ns = skb_reused_ns(h, f->byte, &time, t.skb);
	since_ns = skb_since_ns(h, f->byte, &(struct range){ t.reused_ns, to_ns }, t.skb);
	before.end = since_ns;
	if (!p.pick || !transmission_find(h, f->byte, &before, &t))
		return;
	path->origin = t.origin;
	if (t.start != t.first)
		first_transmission(m, &t, path);
	transmission_xmit(m, f->byte, &t, path);
	time.start = t.start->time_ns;
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		bool leaves = l->place.netns == t.origin->place.netns && point_is_out(l->place.point);
		struct range within = time;
		struct pick k;

		if (!is_net(&l->place))
			continue;
		if (leaves && t.end_ns < within.end)
			within.end = t.end_ns;
		k = pick_at(l, f->byte, &within, since_ns < within.end ? since_ns : within.end,
			    t.skb);
		k.exact = k.exact && t.sure && !m->inferred;
		if (k.seen)
			p.pick[p.count++] = k;
	}
	picks_sort(&p);
	picks_connect(a, &p, end_netns(m, f, path, &p), t.skb);
	from = path->count;
	picks_take(m, &p, path);
	path_find_poll(a, m, from, path);
}
