// SPDX-License-Identifier: GPL-2.0-only
/* A message's way from call to call: see path.h and docs/JOURNEYS.md. */
#include <errno.h>
#include <linux/neighbour.h>

#include "path.h"

#define STEPS_BESIDE_NET (30 + PATH_HELD_STEPS + PATH_READER_STEPS + PATH_DEEP_STEPS)

struct path_step *path_add(struct path *p, uint16_t point, uint64_t ns, uint64_t order)
{
	struct path_step *s;

	if (p->count == p->room)
		return NULL;
	s = &p->steps[p->count++];
	*s = (struct path_step){
		.ns = ns,
		.first_ns = ns,
		.order = order,
		.point = point,
		.count = 1,
		.exact = true,
	};
	return s;
}

void path_add_lock(struct path *p, const struct path_lock *l)
{
	struct path_step *s;

	path_add(p, CRUMB_PT_SOCK_LOCK, l->since_ns, l->order);
	if (l->until_ns < l->since_ns || l->until_ns > l->had_ns)
		return;
	s = path_add(p, CRUMB_PT_SCHED_WAKE, l->until_ns, l->order);
	if (s)
		s->unlocked = l->who;
}

/* The call came before the answer to its socket's SYN, and slept until that was here. */
static void add_connected(const struct message *m, struct path *p)
{
	const struct crumb_ev_send_begin *b = &m->begin;
	const struct half *h = message_half(m);
	struct path_step *s;

	if (!b->enter_ns || h->connected_ns <= b->enter_ns || h->connected_ns > b->h.time_ns)
		return;
	s = path_add(p, CRUMB_PT_SOCK_CONNECTED, h->connected_ns, PATH_ORDER_SENDER + 3);
	if (!s)
		return;
	s->netns = b->netns;
	s->cpu = h->connected_cpu;
}

static void find_sender(const struct message *m, struct path *p)
{
	const struct crumb_ev_send_begin *b = &m->begin;
	uint32_t from = p->count;

	if (m->inferred)
		return;
	if (b->libc_ns)
		path_add(p, CRUMB_PT_LIBC_SEND, b->libc_ns, PATH_ORDER_SENDER);
	if (b->enter_ns)
		path_add(p, CRUMB_PT_SYS_SEND, b->enter_ns, PATH_ORDER_SENDER + 1);
	if (b->sock_ns)
		path_add(p, CRUMB_PT_SOCK_SEND, b->sock_ns, PATH_ORDER_SENDER + 2);
	if (b->lock_ns)
		path_add_lock(p, &(struct path_lock){ b->lock_ns, b->lock_until_ns, b->h.time_ns,
						      PATH_ORDER_SENDER + 3, UNLOCKED_SENDER });
	if (!conn_is_udp(m->conn))
		path_add(p, CRUMB_PT_TCP_APPEND, b->h.time_ns, PATH_ORDER_SENDER + 4);
	for (uint32_t i = from; i < p->count; i++) {
		p->steps[i].netns = b->netns;
		p->steps[i].cpu = b->h.cpu;
		p->steps[i].exact = !(b->flags & CRUMB_CALL_INFERRED) ||
				    p->steps[i].point != CRUMB_PT_TCP_APPEND;
	}
	add_connected(m, p);
}

/* The call after which all bytes had been read, and the last byte of the message that it took. */
static void find_call(struct assembler *a, const struct message *m, struct path *p, uint64_t *ret_byte)
{
	const struct half *h = message_half(m);
	const struct recv_call *last = NULL;

	for (uint32_t i = half_piece_index(h, m->first); i < h->pieces.count; i++) {
		const struct piece *k = half_piece(h, i);
		uint64_t end = k->end < m->last ? k->end : m->last;

		if (k->start >= m->last)
			break;
		if (!range_set_overlap(&m->extents, k->start, k->end))
			continue;
		if (k->call->mark != a->mark)
			p->reads++;
		k->call->mark = a->mark;
		if (last && k->call->ev.h.time_ns < last->ev.h.time_ns)
			continue;
		last = k->call;
		*ret_byte = end - 1;
	}
	if (m->taken >= m->bytes)
		p->call = last;
}

static const struct sighting *find_copy(const struct half *h, const struct recv_call *call,
					uint64_t byte)
{
	const struct sight_log *l =
		byte_stream_find(&h->bytes, &(struct sight_place){ .point = CRUMB_PT_SOCK_COPY });
	const struct sighting *s;

	if (!l)
		return NULL;
	s = sight_log_newest(l, byte, call->ev.enter_ns, call->ev.h.time_ns, NULL);
	return s && s->pid == call->ev.pid ? s : NULL;
}

struct path_step *path_add_seen(struct path *p, const struct message *m, const struct sight_log *log,
				const struct sighting *seen, uint64_t end_ns)
{
	struct path_step *s =
		path_add(p, log->place.point, seen->time_ns, PATH_ORDER_SEEN + seen->serial);
	struct sight_hits hits;

	if (!s)
		return NULL;
	hits = sight_log_count(log, &m->extents, m->begin.h.time_ns, end_ns);
	s->count = hits.count ? hits.count : 1;
	s->first_ns = hits.count ? hits.first_ns : s->ns;
	s->netns = log->place.netns;
	s->ifindex = log->place.ifindex;
	s->cpu = seen->cpu;
	s->seen = seen;
	return s;
}

void path_at_reader(const struct half *h, struct path_step *s, uint32_t cpu)
{
	if (!s)
		return;
	s->netns = h->receiver_netns;
	s->cpu = cpu;
}

static void count_copies(const struct message *m, struct path_step *s)
{
	const struct sight_log *l = byte_stream_find(&message_half(m)->bytes,
						     &(struct sight_place){ .point = s->point });
	struct sight_hits hits = sight_log_count(l, &m->extents, m->begin.h.time_ns, s->ns);

	if (!hits.count)
		return;
	s->count = hits.count;
	s->first_ns = hits.first_ns;
}

/* From the copy on. Returns the time before which the bytes had arrived. */
static uint64_t find_reading(const struct message *m, struct path *p, uint64_t byte)
{
	const struct half *h = message_half(m);
	const struct crumb_ev_recv *ev = &p->call->ev;
	const struct sighting *copy = find_copy(h, p->call, byte), *later;
	uint64_t end = ev->h.time_ns, at = copy ? copy->time_ns : 0;
	bool syscall = ev->nr != CRUMB_CALL_NO_NR && !p->call->multi;

	if (at > end || (ev->flags & CRUMB_CALL_NO_COPY))
		at = 0;
	if (at) {
		struct path_step *s = path_add(p, CRUMB_PT_SOCK_COPY, at, PATH_ORDER_READER + 8);

		path_at_reader(h, s, copy ? copy->cpu : ev->h.cpu);
		if (s)
			s->exact = copy && !(ev->flags & CRUMB_CALL_INFERRED);
		if (s && copy)
			count_copies(m, s);
		later = p->call->last > byte + 1 ? find_copy(h, p->call, p->call->last - 1) : NULL;
		p->call_went_on = later && later->time_ns > at;
	}
	if (!syscall)
		path_at_reader(h, path_add(p, CRUMB_PT_SOCK_RECV_RETURN, end, PATH_ORDER_READER + 9),
			       ev->h.cpu);
	else if (ev->sock_ns >= at && ev->sock_ns <= end && ev->sock_ns)
		path_at_reader(h,
			       path_add(p, CRUMB_PT_SOCK_RECV_RETURN, ev->sock_ns,
					PATH_ORDER_READER + 9),
			       ev->h.cpu);
	if (syscall)
		path_at_reader(h, path_add(p, CRUMB_PT_SYS_RECV_RETURN, end, PATH_ORDER_READER + 10),
			       ev->h.cpu);
	if (p->call->libc.return_ns >= end)
		path_at_reader(h,
			       path_add(p, CRUMB_PT_LIBC_RECV_RETURN, p->call->libc.return_ns,
					PATH_ORDER_READER + 11),
			       ev->h.cpu);
	return at ? at : ev->sock_ns && ev->sock_ns <= end ? ev->sock_ns : end;
}

static const struct sighting *find_drop(const struct half *h, uint32_t netns, uint64_t byte,
					const struct range *time)
{
	const struct sighting *newest = NULL;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (l->place.kind != SIGHT_BYTES || !point_is_drop(l->place.point) ||
		    l->place.netns != netns)
			continue;
		s = sight_log_newest(l, byte, time->start, time->end, NULL);
		if (s && (!newest || sighting_after(s, newest)))
			newest = s;
	}
	return newest;
}

/*
 * The copy of the byte that TCP kept: the first one, unless that was dropped on the spot (receive
 * buffer full) and a later one came.
 */
const struct sighting *path_receive(const struct message *m, uint64_t byte, uint64_t to_ns,
				    const struct sight_log **ret_log, uint32_t *ret_others)
{
	const struct half *h = message_half(m);
	const struct sighting *found = NULL;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s, *drop;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_TCP_RECEIVE)
			continue;
		sight_log_newest(l, byte, m->begin.h.time_ns, to_ns, ret_others);
		s = sight_log_oldest(l, byte, m->begin.h.time_ns, to_ns);
		if (!s)
			continue;
		drop = find_drop(h, l->place.netns, byte, &(struct range){ s->time_ns, to_ns });
		if (drop) {
			const struct sighting *after =
				sight_log_oldest(l, byte, drop->time_ns, to_ns);

			s = after ? after : s;
		}
		found = s;
		*ret_log = l;
	}
	return found;
}

static uint64_t find_tcp(const struct message *m, const struct fate *f, uint64_t to_ns,
			 struct path *p)
{
	const struct sight_log *log = NULL;
	uint32_t others = 0;
	const struct sighting *s = path_receive(m, f->byte, to_ns, &log, &others);
	struct path_step *step;

	if (!s)
		return 0;
	step = path_add_seen(p, m, log, s, to_ns);
	if (!step)
		return 0;
	step->exact = !others;
	p->skb = s->skb;
	return s->time_ns;
}

static uint64_t find_ready(const struct message *m, uint64_t from_ns, uint64_t to_ns, struct path *p)
{
	const struct ready *r = half_ready(message_half(m), m->last, from_ns);
	struct path_step *s;

	if (!r || r->time_ns > to_ns)
		return 0;
	s = path_add(p, CRUMB_PT_SOCK_READY, r->time_ns, PATH_ORDER_READER);
	if (!s)
		return 0;
	s->netns = r->netns;
	s->cpu = r->cpu;
	s->ready = r;
	return r->time_ns;
}

/* A datagram's own readiness: it joins the queue whole. */
static uint64_t find_queued(const struct message *m, const struct fate *f, uint64_t to_ns,
			    struct path *p)
{
	const struct half *h = message_half(m);

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;
		struct path_step *step;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_SOCK_READY ||
		    (p->call && l->place.netns != h->receiver_netns))
			continue;
		s = sight_log_newest(l, f->byte, m->begin.h.time_ns, to_ns, NULL);
		step = s ? path_add_seen(p, m, l, s, to_ns) : NULL;
		if (!step)
			continue;
		step->exact = !s->inferred;
		p->skb = s->skb;
		return s->time_ns;
	}
	return 0;
}

static void add_neigh(struct path *p, const struct crumb_ev_neigh *e, uint64_t order)
{
	struct path_step *s = path_add(p, e->point, e->h.time_ns, order);

	if (!s)
		return;
	s->netns = e->netns;
	s->ifindex = e->ifindex;
	s->cpu = e->h.cpu;
	s->exact = false; /* the record names the neighbour, not the skb */
}

const struct path_step *path_first_queue(const struct message *m, const struct path *p)
{
	const struct path_step *queue = NULL;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct path_step *s = &p->steps[i];

		if (s->point == CRUMB_PT_DEV_QUEUE && s->netns == m->begin.netns &&
		    (!queue || s->ns < queue->ns))
			queue = s;
	}
	return queue;
}

/* Did the skb wait for its next hop's address on the way from the stream to the device? */
static void find_neigh(const struct assembler *a, const struct message *m, struct path *p)
{
	const struct path_step *queue = path_first_queue(m, p);
	const struct crumb_ev_neigh *asked, *told;

	if (m->inferred || !queue)
		return;
	/* On a short link the answer comes while the question is being asked: then only the answer lies in between. */
	asked = neighs_find(&a->neighs, CRUMB_PT_NEIGH_RESOLVE, queue->netns, queue->ifindex,
			    p->appended_ns, queue->ns);
	told = neighs_find(&a->neighs, CRUMB_PT_NEIGH_UPDATE, queue->netns, queue->ifindex,
			   asked ? asked->h.time_ns : p->appended_ns, queue->ns);
	if (asked)
		add_neigh(p, asked, PATH_ORDER_SEEN);
	if (told && (asked || told->nud_state == NUD_INCOMPLETE))
		add_neigh(p, told, PATH_ORDER_SEEN);
}

static void path_sort(struct path *p)
{
	for (uint32_t i = 1; i < p->count; i++) {
		struct path_step k = p->steps[i];
		uint32_t at = i;

		for (; at > 0; at--) {
			const struct path_step *b = &p->steps[at - 1];

			if (b->ns < k.ns || (b->ns == k.ns && b->order <= k.order))
				break;
			p->steps[at] = *b;
		}
		p->steps[at] = k;
	}
}

static uint64_t last_ns(const struct path *p, uint32_t from)
{
	uint64_t last = 0;

	for (uint32_t i = from; i < p->count; i++)
		if (p->steps[i].ns > last)
			last = p->steps[i].ns;
	return last;
}

int path_find(struct assembler *a, const struct message *m, const struct fate *f, struct path *p)
{
	uint64_t byte = m->last - 1, to_ns = UINT64_MAX, received_ns, ready_ns = 0, net_ns;
	uint32_t from;

	/* each place at which it was seen, and two more where its poll was late */
	*p = (struct path){ .room = 3 * message_half(m)->bytes.log_count + STEPS_BESIDE_NET };
	p->steps = scratch_take(&a->scratch, p->room * sizeof(*p->steps));
	if (!p->steps)
		return -ENOMEM;
	find_sender(m, p);
	find_call(a, m, p, &byte);
	if (p->call)
		to_ns = find_reading(m, p, byte);
	else if (f->drop)
		to_ns = f->drop->time_ns;
	if (f->drop)
		p->skb = f->drop->skb;
	received_ns = find_tcp(m, f, to_ns, p);
	p->came_ns = received_ns;
	if (conn_is_udp(m->conn))
		ready_ns = find_queued(m, f, to_ns, p);
	else if (!f->drop)
		ready_ns = find_ready(m, received_ns ? received_ns : m->begin.h.time_ns, to_ns, p);
	from = p->count;
	path_find_net(a, m, f, received_ns ? received_ns : ready_ns ? ready_ns : to_ns, p);
	net_ns = last_ns(p, from);
	if (p->call) {
		if (!ready_ns)
			ready_ns = received_ns ? received_ns : net_ns ? net_ns : m->begin.h.time_ns;
		path_find_reader(m, ready_ns, to_ns, p);
	} else if (f->drop) {
		struct path_step *s =
			path_add(p, f->drop_place->point, f->drop->time_ns, PATH_ORDER_READER);

		if (s) {
			s->netns = f->drop_place->netns;
			s->ifindex = f->drop_place->ifindex;
			s->cpu = f->drop->cpu;
			s->seen = f->drop;
		}
	}
	p->appended_ns = m->begin.h.time_ns;
	path_find_slept(m, p);
	if (!conn_is_udp(m->conn))
		path_find_held(m, p);
	find_neigh(a, m, p);
	path_find_deep(m, f, p);
	path_sort(p);
	return a->scratch.failed ? -ENOMEM : 0;
}
