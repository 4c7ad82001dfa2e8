// SPDX-License-Identifier: GPL-2.0-only
/* Connections, messages, recv calls and how they are kept: see conn.h. */
#include "funcs.h"
#include "nat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "point.h"

void recv_call_put(struct recv_call *call)
{
	if (--call->refs)
		return;
	libc_wait_cancel(&call->libc);
	free(call->aways);
	free(call);
}

static void half_done(struct half *h)
{
	for (uint32_t i = 0; i < h->messages.count; i++)
		message_free(half_message(h, i));
	while (h->sending) {
		struct message *m = h->sending;

		h->sending = m->next;
		message_free(m);
	}
	while (h->parts) {
		struct part *p = h->parts;

		h->parts = p->next;
		free(p);
	}
	for (uint32_t i = 0; i < h->pieces.count; i++)
		recv_call_put(half_piece(h, i)->call);
	ring_done(&h->messages);
	ring_done(&h->pieces);
	ring_done(&h->ready);
	ring_done(&h->wakes);
	ring_done(&h->runs);
	ring_done(&h->held);
	ring_done(&h->drops);
	ring_done(&h->decisions);
	ring_done(&h->samples);
	ring_done(&h->polls);
	range_set_done(&h->taken);
	dgrams_free(h->dgrams);
	byte_stream_done(&h->bytes);
}

static struct journey_address address_of(const struct flow *f, uint8_t end)
{
	struct journey_address a = { .port = f->port[end] };

	memcpy(a.addr, f->addr[end], sizeof(a.addr));
	return a;
}

void conn_addresses(const struct conn *c, uint8_t dir, struct journey_address *ret_src,
		    struct journey_address *ret_dst)
{
	*ret_src = address_of(&c->flow, dir);
	*ret_dst = address_of(&c->flow, !dir);
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	half_done(&c->half[0]);
	half_done(&c->half[1]);
	ring_done(&c->funcs);
	ring_done(&c->resets);
	ring_done(&c->nats);
	ring_done(&c->tunnels);
	ring_done(&c->routes);
	ring_done(&c->qdiscs);
	free(c);
}

struct conn *conn_new(const struct crumb_ev_flow *ev)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	flow_init(&c->flow, ev);
	c->last_ns = ev->h.time_ns;
	ring_init(&c->funcs, sizeof(struct func_call));
	ring_init(&c->resets, sizeof(struct crumb_ev_reset));
	ring_init(&c->nats, sizeof(struct conn_nat));
	ring_init(&c->tunnels, sizeof(struct crumb_ev_tunnel));
	ring_init(&c->routes, sizeof(struct crumb_ev_route));
	ring_init(&c->qdiscs, sizeof(struct crumb_ev_qdisc));
	for (int dir = 0; dir < 2; dir++) {
		struct half *h = &c->half[dir];

		ring_init(&h->messages, sizeof(struct message *));
		ring_init(&h->pieces, sizeof(struct piece));
		ring_init(&h->ready, sizeof(struct ready));
		ring_init(&h->wakes, sizeof(struct wake));
		ring_init(&h->runs, sizeof(struct wake));
		ring_init(&h->held, sizeof(struct held));
		ring_init(&h->drops, sizeof(struct crumb_ev_drop));
		ring_init(&h->decisions, sizeof(struct crumb_ev_decision));
		ring_init(&h->samples, sizeof(struct crumb_ev_sample));
		ring_init(&h->polls, sizeof(struct crumb_ev_poll));
		h->dgrams = conn_is_udp(c) ? dgrams_new() : NULL;
		if (conn_is_udp(c) && !h->dgrams) {
			conn_free(c);
			return NULL;
		}
	}
	return c;
}

const struct ready *half_ready(const struct half *h, uint64_t pos, uint64_t from_ns)
{
	uint32_t lo = 0, hi = h->ready.count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (((const struct ready *)ring_at(&h->ready, mid))->rcv_nxt >= pos)
			hi = mid;
		else
			lo = mid + 1;
	}
	for (; lo < h->ready.count; lo++) {
		const struct ready *r = ring_at(&h->ready, lo);

		if (r->time_ns >= from_ns)
			return r;
	}
	return NULL;
}

bool conn_busy(const struct conn *c)
{
	return c->half[0].messages.count || c->half[1].messages.count || c->half[0].sending ||
	       c->half[1].sending;
}

struct message *message_new(struct conn *c, uint8_t dir)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->conn = c;
	m->dir = dir;
	return m;
}

void message_free(struct message *m)
{
	if (!m)
		return;
	libc_wait_cancel(&m->libc);
	range_set_done(&m->extents);
	free(m->calls);
	free(m);
}

uint32_t half_index(const struct half *h, uint64_t pos)
{
	uint32_t lo = 0, hi = h->messages.count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (half_message(h, mid)->first >= pos)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int half_insert(struct half *h, struct message *m)
{
	const struct range *r = range_set_ranges(&m->extents);
	struct message **slot;
	uint64_t before;
	uint32_t at;

	m->first = r[0].start;
	m->last = r[m->extents.count - 1].end;
	m->bytes = range_set_bytes(&m->extents);
	at = half_index(h, m->first);
	slot = ring_insert(&h->messages, at);
	if (!slot)
		return -ENOMEM;
	*slot = m;
	before = at ? half_message(h, at - 1)->last_before : 0;
	for (uint32_t i = at; i < h->messages.count; i++) {
		struct message *k = half_message(h, i);

		before = k->last > before ? k->last : before;
		k->last_before = before;
	}
	m->taken = range_set_common(&m->extents, &h->taken);
	/* The reader may return before the sender does: then it is known here who it was. */
	for (uint32_t i = half_piece_index(h, m->first); m->taken && i < h->pieces.count; i++) {
		const struct piece *p = half_piece(h, i);

		if (p->start >= m->last)
			break;
		if (range_set_overlap(&m->extents, p->start, p->end))
			m->selected |= p->call->ev.flags & CRUMB_CALL_SELECTED;
	}
	return 0;
}

/* Position below which no message and no reader can need anything. */
static uint64_t half_low(const struct half *h)
{
	uint64_t low = h->messages.count ? half_message(h, 0)->first : UINT64_MAX;

	for (const struct message *m = h->sending; m; m = m->next)
		if (m->first < low)
			low = m->first;
	return low == UINT64_MAX ? h->taken_to : low;
}

static uint64_t half_oldest_ns(const struct half *h, uint64_t now_ns)
{
	uint64_t oldest = h->messages.count ? half_message(h, 0)->begin.h.time_ns : now_ns;

	for (const struct message *m = h->sending; m; m = m->next)
		if (m->begin.h.time_ns < oldest)
			oldest = m->begin.h.time_ns;
	return oldest;
}

static void wakes_trim(struct ring *r, uint64_t before_ns)
{
	uint32_t n = 0;

	while (n < r->count && ((struct wake *)ring_at(r, n))->time_ns < before_ns)
		n++;
	ring_pop(r, n);
}

/* But for the last one, which still holds. */
static void held_trim(struct ring *r, uint64_t before_ns)
{
	uint32_t n = 0;

	while (n + 1 < r->count && ((struct held *)ring_at(r, n + 1))->from_ns < before_ns)
		n++;
	ring_pop(r, n);
}

static void drops_trim(struct ring *r, uint64_t before_ns)
{
	uint32_t n = 0;

	while (n < r->count && ((const struct crumb_ev_drop *)ring_at(r, n))->s.h.time_ns < before_ns)
		n++;
	ring_pop(r, n);
}

static void decisions_trim(struct ring *r, uint64_t before_ns)
{
	uint32_t n = 0;

	while (n < r->count &&
	       ((const struct crumb_ev_decision *)ring_at(r, n))->s.h.time_ns < before_ns)
		n++;
	ring_pop(r, n);
}

static void samples_trim(struct ring *r, uint64_t before_ns)
{
	uint32_t n = 0;

	while (n < r->count && ((const struct crumb_ev_sample *)ring_at(r, n))->seen_ns < before_ns)
		n++;
	ring_pop(r, n);
}

static void polls_trim(struct ring *r, uint64_t before_ns)
{
	uint32_t n = 0;

	while (n < r->count && ((const struct crumb_ev_poll *)ring_at(r, n))->h.time_ns < before_ns)
		n++;
	ring_pop(r, n);
}

void half_trim(struct half *h, uint64_t now_ns)
{
	bool open = h->messages.count || h->sending, may_infer = h->receiver_seen && !h->sender_seen;
	uint64_t keep_ns = may_infer ? UNREAD_KEEP_NS : SIGHT_KEEP_NS;
	uint64_t before_ns = !open && now_ns > keep_ns ? now_ns - keep_ns : 0;
	uint64_t low = half_low(h), oldest_ns = half_oldest_ns(h, before_ns);
	uint32_t n;

	byte_stream_trim(&h->bytes, low, before_ns);
	if (h->dgrams)
		dgrams_trim(h->dgrams, low, before_ns);
	range_set_trim(&h->taken, low);
	for (n = 0; n < h->pieces.count && half_piece(h, n)->end <= low; n++)
		recv_call_put(half_piece(h, n)->call);
	ring_pop(&h->pieces, n);
	for (n = 0; n < h->ready.count; n++) {
		const struct ready *r = ring_at(&h->ready, n);

		if (r->rcv_nxt > low && r->time_ns >= before_ns)
			break;
	}
	ring_pop(&h->ready, n);
	wakes_trim(&h->wakes, oldest_ns);
	wakes_trim(&h->runs, oldest_ns);
	held_trim(&h->held, oldest_ns);
	drops_trim(&h->drops, oldest_ns);
	decisions_trim(&h->decisions, oldest_ns);
	samples_trim(&h->samples, oldest_ns);
	polls_trim(&h->polls, oldest_ns);
	h->trims = 0;
}

void half_drop(struct half *h, struct message *m)
{
	uint32_t n = 0;

	m->out = true;
	while (n < h->messages.count && half_message(h, n)->out)
		message_free(half_message(h, n++));
	ring_pop(&h->messages, n);
}

uint32_t half_piece_index(const struct half *h, uint64_t pos)
{
	uint32_t lo = 0, hi = h->pieces.count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (half_piece(h, mid)->end > pos)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int half_take(struct half *h, struct recv_call *call, uint64_t start, uint64_t end)
{
	struct piece *p;

	p = ring_insert(&h->pieces, half_piece_index(h, start));
	if (!p)
		return -ENOMEM;
	*p = (struct piece){ start, end, call };
	call->refs++;
	if (end > h->taken_to && !(call->ev.flags & CRUMB_CALL_URGENT))
		h->taken_to = end;
	return range_set_add(&h->taken, start, end);
}

bool message_flag(const struct message *m, uint32_t flag)
{
	const struct crumb_ev_send_begin *b = &m->begin;
	const char *name = b->nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(b->nr);

	if (!name)
		return false;
	if (!strcmp(name, "sendto") || !strcmp(name, "sendmmsg"))
		return b->args[3] & flag;
	return !strcmp(name, "sendmsg") && (b->args[2] & flag);
}
