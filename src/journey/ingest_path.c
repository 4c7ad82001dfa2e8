// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is seen of bytes on their way, and of those who wait for them: into the logs of their
 * stream.
 */
#include <errno.h>
#include <string.h>

#include "assembly.h"
#include "cause.h"
#include "outside.h"
#include "reset.h"
#include "unmade.h"

/* Numbers of include/net/tcp_states.h and of the flags in a TCP header. */
enum {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT = 2,
	STATE_CLOSE = 7,
	STATE_CLOSE_WAIT = 8,
	STATE_LISTEN = 10
};
enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04 };

int ingest_flow(struct assembler *a, const struct crumb_ev_flow *ev)
{
	struct conn *c;
	int err;

	c = assembler_conn(a, ev->flow);
	if (c) { /* another host's announcement */
		c->hosts |= 1ull << a->host;
		c->sampled &= ev->why == CRUMB_WHY_SAMPLE;
		return 0;
	}
	c = conn_new(ev);
	if (!c)
		return -ENOMEM;
	c->hosts = 1ull << a->host;
	c->sampled = ev->why == CRUMB_WHY_SAMPLE;
	err = flow_table_add(&a->flows, &c->flow);
	if (err) {
		conn_free(c);
		return err;
	}
	a->sum.flows++;
	return 0;
}

int ingest_give_up(struct assembler *a, struct half *h)
{
	for (uint32_t i = 0; i < h->messages.count; i++) {
		struct message *m = half_message(h, i);
		int err = m->done_ns ? 0 : assembler_done(a, m);

		if (err)
			return err;
	}
	return 0;
}

int ingest_state(struct assembler *a, const struct crumb_ev_state *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct half *sent, *received;

	if (!c)
		return 0;
	c->last_ns = ev->h.time_ns;
	sent = &c->half[ev->end];
	received = &c->half[!ev->end];
	sent->sender_seen = true;
	received->receiver_seen = true;
	received->receiver_netns = ev->netns;
	c->established |= ev->new_state == STATE_ESTABLISHED;
	if (ev->old_state == STATE_SYN_SENT && ev->new_state == STATE_ESTABLISHED) {
		sent->connected_ns = ev->h.time_ns;
		sent->connected_cpu = ev->h.cpu;
	}
	if (ev->new_state != STATE_CLOSE)
		return 0;
	c->closed[ev->end] = true;
	received->receiver_closed_ns = ev->h.time_ns;
	/*
	 * After an RST or in TIME_WAIT the program may still read what is queued. tcp_close() with
	 * unread bytes goes straight to CLOSE: then nobody can.
	 */
	if ((ev->old_state == STATE_ESTABLISHED || ev->old_state == STATE_CLOSE_WAIT) &&
	    !received->reset) {
		int err;

		received->closed_on_unread = true;
		err = ingest_give_up(a, received);
		if (err)
			return err;
	}
	return sent->receiver_seen ? 0 : ingest_give_up(a, sent);
}

int ingest_unfollowed(struct assembler *a, const struct crumb_ev_unfollowed *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct half *h;
	uint64_t at;

	if (!c || conn_is_udp(c))
		return 0;
	h = &c->half[ev->dir];
	at = byte_stream_place(&h->bytes, ev->seq, 0);
	h->left_at = h->left && h->left_at < at ? h->left_at : at;
	h->left = true;
	return 0;
}

static struct sighting *sight(struct assembler *a, struct half *h, const struct sight_place *place,
			      uint64_t at, uint32_t bytes)
{
	struct sight_log *l = byte_stream_log(&h->bytes, place);
	struct sighting *s = l ? sight_log_add(l, at, at + bytes) : NULL;

	if (s)
		s->serial = a->serial;
	return s;
}

static uint8_t kind_of(uint16_t point)
{
	if (point == CRUMB_PT_NONE)
		return SIGHT_SAMPLE;
	return point_get(point)->deep ? SIGHT_DEEP : SIGHT_BYTES;
}

/*
 * Whose bytes a packet has only its numbers say, and anybody can make them up. No window is wider than this (RFC 7323, 2.3): what a socket
 * knows of moves the reference by which all others are placed, what is further away does not.
 */
#define WINDOW_MAX (1ull << 30)

static uint64_t packet_place(struct half *h, uint32_t seq, uint32_t bytes)
{
	uint64_t at = h->sure ? seq_peek(&h->bytes.space, seq) : 0;

	if (h->sure && (at > h->sure + WINDOW_MAX || at + bytes > h->sure + WINDOW_MAX))
		return at;
	return byte_stream_place(&h->bytes, seq, bytes);
}

static int sight_skb(struct assembler *a, struct conn *c, const struct crumb_ev_skb *ev,
		     struct sighting **ret)
{
	struct sight_place place = {
		.kind = kind_of(ev->point),
		.point = ev->point,
		.netns = ev->netns,
		.ifindex = ev->ifindex,
	};
	struct half *h = &c->half[ev->dir];
	uint32_t seq = ev->seq;
	struct sighting *s;
	uint64_t at;

	*ret = NULL;
	c->last_ns = ev->h.time_ns;
	if (conn_is_udp(c))
		return ingest_dgram_skb(a, c, ev, ret);
	if (ev->tcp_flags & TCP_SYN) {
		byte_stream_syn(&h->bytes, ev->seq);
		unmade_syn(h, ev, 0);
		seq++; /* fast open: the payload of a SYN comes after it */
	}
	if (ev->tcp_flags & (TCP_FIN | TCP_RST))
		c->fin = true;
	h->fin |= !!(ev->tcp_flags & TCP_FIN);
	if (ev->tcp_flags & TCP_RST)
		reset_packet(a, h, ev);
	if (!ev->payload || ev->point >= CRUMB_PT_MAX)
		return 0;
	at = packet_place(h, seq, ev->payload);
	s = sight(a, h, &place, at, ev->payload);
	if (!s)
		return -ENOMEM;
	s->time_ns = ev->h.time_ns;
	s->cpu = ev->h.cpu;
	s->skb = ev->skb;
	*ret = s;
	return 0;
}

int ingest_skb_seen(struct assembler *a, const struct crumb_ev_skb *ev, struct sighting **ret)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct sighting *s;
	int err;

	*ret = NULL;
	if (!c)
		return 0;
	c->sampled &= ev->h.type != CRUMB_EV_SKB;
	err = sight_skb(a, c, ev, &s);
	if (err || !s)
		return err;
	*ret = s;
	s->dev.skb_len = ev->skb_len;
	s->dev.qdisc_handle = ev->qdisc_handle;
	s->dev.qlen = ev->qlen;
	s->dev.gso_segs = ev->gso_segs;
	s->dev.vlan = ev->vlan;
	s->dev.flags = ev->flags;
	s->dev.tunnel = ev->flags & CRUMB_SKB_TUNNEL ? ev->ip_id : 0;
	memcpy(s->dev.mac, ev->dst_mac, sizeof(s->dev.mac));
	memcpy(s->dev.src_mac, ev->src_mac, sizeof(s->dev.src_mac));
	s->dev.trap = 0;
	return 0;
}

int ingest_skb(struct assembler *a, const struct crumb_ev_skb *ev)
{
	struct sighting *s;

	return ingest_skb_seen(a, ev, &s);
}

int ingest_drop(struct assembler *a, const struct crumb_ev_drop *ev)
{
	struct conn *c = assembler_conn(a, ev->s.flow);
	struct crumb_ev_skb skb = ev->s;
	struct crumb_ev_drop *note;
	struct sighting *s;
	int err;

	if (!c)
		return 0;
	if (!point_is_drop(skb.point))
		skb.point = CRUMB_PT_SKB_DROP;
	err = sight_skb(a, c, &skb, &s);
	if (!err && !s && !conn_is_udp(c) && (ev->s.tcp_flags & TCP_SYN))
		unmade_syn(&c->half[ev->s.dir], &skb, ev->reason);
	if (err || !s)
		return err;
	s->drop.reason = ev->reason;
	s->drop.location = ev->location;
	if (!conn_is_udp(c))
		outside_note(a, c, ev, s->start);
	note = ring_push(&c->half[ev->s.dir].drops);
	if (!note)
		return -ENOMEM;
	*note = *ev;
	return 0;
}

/* Was the copy of these bytes that came last not their first? When did it leave? 0: it was the first, or not seen. */
static uint64_t sent_again_ns(const struct half *h, uint64_t byte, uint64_t skb, uint64_t to_ns)
{
	const struct range time = { 0, to_ns };

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s, *first;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_DEV_QUEUE)
			continue;
		s = sight_log_of_skb(l, byte, &time, skb);
		s = s ? s : sight_log_newest(l, byte, 0, to_ns, NULL);
		first = sight_log_oldest(l, byte, 0, to_ns);
		if (s && s != first)
			return s->time_ns;
	}
	return 0;
}

/* More is in order now than the newest bytes: what lay behind them had waited for them. */
static void ready_filled(const struct half *h, struct ready *r)
{
	if (h->came_to <= h->came || r->rcv_nxt <= h->came_to)
		return;
	r->filled = h->came;
	r->filled_to = h->came_to;
	r->again_ns = sent_again_ns(h, h->came_to - 1, h->came_skb, r->time_ns);
	if (!r->again_ns)
		return;
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_TCP_RETRANSMIT)
			continue;
		s = sight_log_oldest(l, h->came_to - 1, r->again_ns, r->time_ns);
		r->resent = s ? s->sock.resent : CRUMB_RESENT_UNKNOWN;
	}
}

#define FILLED_BACK 8 /* a short link: so many were ready before the retransmission's record came */

/* tcp_retransmit_skb comes after the transmission: the bytes may have arrived before it. */
static void ready_named(const struct half *h, const struct sighting *s)
{
	for (uint32_t n = 0; n < FILLED_BACK && n < h->ready.count; n++) {
		struct ready *r = ring_at(&h->ready, h->ready.count - 1 - n);

		if (r->again_ns && !r->resent && r->filled_to > s->start &&
		    r->filled_to <= s->end && s->time_ns >= r->again_ns)
			r->resent = s->sock.resent;
	}
}

int ingest_decision(struct assembler *a, const struct crumb_ev_decision *ev)
{
	struct conn *c = assembler_conn(a, ev->s.flow);
	struct crumb_ev_decision *note;
	struct sighting *s;
	int err;

	if (!c || conn_is_udp(c) || !point_get(ev->s.point)->deep)
		return 0;
	err = sight_skb(a, c, &ev->s, &s);
	if (err || !s)
		return err;
	note = ring_push(&c->half[ev->s.dir].decisions);
	if (!note)
		return -ENOMEM;
	*note = *ev;
	return 0;
}

static int sock_ready(struct half *h, const struct crumb_ev_sock *ev)
{
	struct ready *r;
	uint64_t at;

	if (!h->bytes.space.set || ev->state == STATE_LISTEN)
		return 0;
	at = seq_place(&h->bytes.space, ev->rcv_nxt, 0);
	if (at < h->rcv_nxt)
		return 0;
	h->rcv_nxt = at;
	half_sure(h, at);
	r = ring_push(&h->ready);
	if (!r)
		return -ENOMEM;
	*r = (struct ready){
		.time_ns = ev->h.time_ns,
		.rcv_nxt = at,
		.cpu = ev->h.cpu,
		.netns = ev->netns,
		.rmem_alloc = ev->rmem_alloc,
		.rcvbuf = ev->rcvbuf,
	};
	ready_filled(h, r);
	h->came_to = h->came = 0;
	return 0;
}

/*
 * The queue is looked at before an ACK is processed: the ACK that makes TCP repair a loss finds it as it was before. From the
 * first retransmission on, what the congestion window holds waits for the repair.
 */
static int repair_begins(struct half *h, const struct crumb_ev_sock *ev)
{
	struct held *before = h->held.count ? ring_at(&h->held, h->held.count - 1) : NULL, now;
	struct held *next;

	if (!before || before->reason != GAP_CWND || ev->flags == CRUMB_RESENT_TLP ||
	    ev->h.time_ns <= before->from_ns)
		return 0;
	now = *before;
	now.ev.h.time_ns = ev->h.time_ns;
	now.ev.h.cpu = ev->h.cpu;
	now.ev.why |= CRUMB_HELD_RECOVERY;
	now.from_ns = ev->h.time_ns;
	now.reason = held_reason(&now.ev);
	next = ring_push(&h->held);
	if (!next)
		return -ENOMEM;
	*next = now;
	return 0;
}

int ingest_sock(struct assembler *a, const struct crumb_ev_sock *ev)
{
	struct sight_place place = {
		.kind = kind_of(ev->point),
		.point = ev->point,
		.netns = ev->netns,
	};
	struct conn *c = assembler_conn(a, ev->flow);
	struct sighting *s;
	struct half *h;
	uint64_t at;

	if (!c)
		return 0;
	h = &c->half[ev->dir];
	c->last_ns = ev->h.time_ns;
	if (point_is_senders(ev->point)) {
		h->sender_seen = true;
	} else {
		h->receiver_seen = true;
		h->receiver_netns = ev->netns;
	}
	if (ev->point == CRUMB_PT_SOCK_READY)
		return conn_is_udp(c) ? ingest_dgram_ready(a, c, ev) : sock_ready(h, ev);
	if (!ev->bytes || ev->point >= CRUMB_PT_MAX)
		return 0;
	/* tcp_probe comes before TCP has looked whether it wants them */
	at = ev->point == CRUMB_PT_TCP_RECEIVE ? packet_place(h, ev->seq, ev->bytes) :
						 byte_stream_place(&h->bytes, ev->seq, ev->bytes);
	if (point_is_senders(ev->point))
		half_sure(h, at + ev->bytes);
	s = sight(a, h, &place, at, ev->bytes);
	if (!s)
		return -ENOMEM;
	s->time_ns = ev->h.time_ns;
	s->cpu = ev->h.cpu;
	s->pid = ev->tgid;
	s->skb = ev->skb;
	s->sock.rmem_alloc = ev->rmem_alloc;
	s->sock.rcvbuf = ev->rcvbuf;
	s->sock.write_ns = ev->write_ns;
	if (ev->point == CRUMB_PT_TCP_RETRANSMIT) {
		s->sock.resent = ev->flags;
		s->sock.segs = ev->segs;
		s->sock.mss = ev->mss;
		ready_named(h, s);
		if (repair_begins(h, ev))
			return -ENOMEM;
	}
	if (ev->point == CRUMB_PT_TCP_RECEIVE) {
		s->sock.backlog = ev->flags & CRUMB_SOCK_BACKLOG;
		s->sock.rcv_nxt = seq_peek(&h->bytes.space, ev->rcv_nxt);
		s->sock.gap = at > s->sock.rcv_nxt;
		if (!s->sock.gap) {
			h->came = at;
			h->came_to = at + ev->bytes;
			h->came_skb = ev->skb;
		}
	}
	return 0;
}

int ingest_poll(struct assembler *a, const struct crumb_ev_poll *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct crumb_ev_poll *note;

	if (!c)
		return 0;
	note = ring_push(&c->half[ev->dir].polls);
	if (!note)
		return -ENOMEM;
	*note = *ev;
	return 0;
}

int ingest_wake(struct assembler *a, const struct crumb_ev_wake *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct wake *w;

	if (!c)
		return 0;
	w = ring_push(&c->half[ev->dir].wakes);
	if (!w)
		return -ENOMEM;
	*w = (struct wake){
		.time_ns = ev->h.time_ns,
		.cpu = ev->h.cpu,
		.tgid = ev->tgid,
		.pid = ev->pid,
		.by_pid = ev->by_pid,
	};
	return 0;
}

int ingest_run(struct assembler *a, const struct crumb_ev_run *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct wake *w;

	if (!c)
		return 0;
	w = ring_push(&c->half[ev->dir].runs);
	if (!w)
		return -ENOMEM;
	*w = (struct wake){
		.time_ns = ev->h.time_ns,
		.woken_ns = ev->woken_ns,
		.cpu = ev->h.cpu,
		.tgid = ev->tgid,
		.pid = ev->pid,
		.by_pid = ev->prev_pid,
	};
	memcpy(w->by_comm, ev->prev_comm, sizeof(w->by_comm));
	w->behind_pid = ev->by_pid;
	memcpy(w->behind_comm, ev->by_comm, sizeof(w->behind_comm));
	return 0;
}

int ingest_stack(struct assembler *a, const struct crumb_ev_stack *ev)
{
	struct sight_place place = {
		.kind = SIGHT_STACK,
		.point = ev->point,
		.netns = ev->netns,
		.ifindex = ev->ifindex,
	};
	struct conn *c = assembler_conn(a, ev->flow);
	const struct stack *stack;
	struct sighting *s;
	struct half *h;
	uint64_t at;
	int err;

	if (ev->point >= CRUMB_PT_MAX)
		return 0;
	err = stacks_event(a->stacks, ev, &stack);
	if (err || !c || !ev->payload || (ev->flags & CRUMB_STACK_CONTROL))
		return err;
	h = &c->half[ev->dir];
	if (!conn_is_udp(c))
		at = byte_stream_place(&h->bytes, ev->seq, 0);
	else if (!ingest_dgram_place(h, ev, &at))
		return 0;
	s = sight(a, h, &place, at, ev->payload);
	if (!s)
		return -ENOMEM;
	s->time_ns = ev->h.time_ns;
	s->stack.stack = stack;
	s->stack.cost_ns = ev->cost_ns;
	return 0;
}
