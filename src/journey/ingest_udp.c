// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datagrams: each sighting finds its datagram (dgram.h), each call too, and from there on a datagram is a range of bytes
 * like any other. What tells the datagram apart is, in this order: the address of its skb, which on one machine is the
 * same from the sender's socket to the reader's unless it is cloned or cut; its length and the digest of its first bytes,
 * the oldest that was not there yet. Which datagram a recv call took: the first in the socket's queue that has the bytes
 * which the call put into the reader's memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "assembly.h"
#include "path.h"
#include "usock.h"

static struct sighting *sight(struct assembler *a, struct sight_log *l, uint64_t at, uint64_t end,
			      uint64_t now_ns)
{
	struct sighting *s = l ? sight_log_add(l, at, end) : NULL;

	if (s) {
		s->serial = a->serial;
		s->time_ns = now_ns;
	}
	return s;
}

static uint64_t place_bit(const struct half *h, const struct sight_log *l)
{
	size_t i = l - h->bytes.logs;

	return i < 64 ? 1ull << i : 0;
}

/* ------------------------------------------------------------------------------------- the sender */

static void begin_fill(struct message *m, const struct crumb_ev_dgram *ev, const struct dgram *d)
{
	uint64_t start = ev->enter_ns ? ev->enter_ns : ev->sock_ns;

	if (d->first_ns < start)
		start = d->first_ns;
	m->begin.h = ev->h;
	m->begin.h.type = CRUMB_EV_SEND_BEGIN;
	m->begin.h.time_ns = start;
	m->begin.flow = m->conn->flow.number;
	m->begin.dir = m->dir;
	m->begin.flags = ev->flags;
	m->begin.nr = ev->nr;
	m->begin.tgid = ev->tgid;
	m->begin.pid = ev->pid;
	m->begin.enter_ns = ev->enter_ns;
	m->begin.libc_ns = ev->libc_ns;
	memcpy(m->begin.args, ev->args, sizeof(m->begin.args));
	m->begin.left = d->bytes;
	m->begin.netns = ev->netns;
	memcpy(m->begin.comm, ev->comm, sizeof(m->begin.comm));
	m->end.h = ev->h;
	m->end.nr = usock_call_is_multi(ev) ? CRUMB_CALL_NO_NR : ev->nr;
	m->end.ret = ev->ret;
	m->end.sock_ns = ev->sock_ns;
	m->returned = true;
	m->same_call = ev->index > 0;
	m->selected = ev->flags & CRUMB_CALL_SELECTED;
}

static int message_settle(struct assembler *a, struct message *m, struct dgram *d)
{
	int err = range_set_add(&m->extents, d->at, d->at + dgram_span(d));

	if (!err)
		err = half_insert(message_half(m), m);
	if (err) {
		message_free(m);
		return err;
	}
	d->bound = true;
	m->dgram = d;
	return m->taken >= m->bytes ? assembler_done(a, m) : 0;
}

static int bind_one(struct assembler *a, struct conn *c, uint8_t dir, struct dgram *d,
		    const struct crumb_ev_dgram *ev)
{
	struct message *m = message_new(c, dir);

	if (!m)
		return -ENOMEM;
	begin_fill(m, ev, d);
	if (d->at == DGRAM_FIRST)
		m->calls = tasks_take_calls(a->tasks, ev->pid);
	if ((ev->flags & CRUMB_CALL_LIBC) && ev->libc_ns &&
	    tasks_wait(a->tasks, ev->pid, &m->libc, ev->libc_ns)) {
		message_free(m);
		return -ENOMEM;
	}
	return message_settle(a, m, d);
}

/* A trace may claim datagrams of a connection that is none of UDP's. */
static struct conn *udp_conn(struct assembler *a, uint32_t flow)
{
	struct conn *c = assembler_conn(a, flow);

	return c && conn_is_udp(c) ? c : NULL;
}

/* The call @ev sent @d: its message, and those of the copies that other readers have. */
static int bind_call(struct assembler *a, struct conn *c, uint8_t dir, struct dgram *d,
		     const struct crumb_ev_dgram *ev)
{
	struct half *h = &c->half[dir];
	int err;

	h->sender_seen = true;
	d->sender = *ev;
	err = bind_one(a, c, dir, d, ev);
	for (uint64_t at = d->at + dgram_span(d); d->copied && !err && at < h->dgrams->next;) {
		struct dgram *k = dgrams_at(h->dgrams, at);

		if (!k)
			break;
		if (k->copy_of == d->at && !k->bound)
			err = bind_one(a, c, dir, k, ev);
		at = k->at + dgram_span(k);
	}
	return err;
}

int ingest_dgram_send(struct assembler *a, const struct crumb_ev_dgram *ev)
{
	struct conn *c = udp_conn(a, ev->flow);
	struct dgram_look l = { .digest = ev->digest, .bytes = ev->bytes, .skb = ev->skb };
	struct dgram *d = NULL;
	int err;

	tasks_enter(a->tasks, ev->pid, ev->libc_ns);
	err = tasks_name(a->tasks, ev->pid, ev->comm, ev->h.time_ns);
	if (err)
		return err;
	if (c && ev->skb) {
		c->last_ns = ev->h.time_ns;
		d = dgrams_sent(c->half[ev->dir].dgrams, &l);
	}
	if (d)
		return bind_call(a, c, ev->dir, d, ev);
	if (ev->skb || ev->ret < 0) /* its first sighting was not recorded: --payload, or lost */
		return 0;
	return usocks_unjoined_add(a->usocks, ev);
}

/* A packet leaves a socket outside of any call: which call handed it down before? */
static int join_sender(struct assembler *a, struct conn *c, uint8_t dir, uint32_t netns,
		       struct dgram *d)
{
	struct crumb_ev_dgram ev;

	if (!usocks_unjoined_take(a->usocks, netns, c->flow.port[dir], d, &ev))
		return 0;
	return bind_call(a, c, dir, d, &ev);
}

/* ------------------------------------------------------------------------------------- on the way */

/* May a datagram be seen here for the first time, made by a socket of this host? */
static bool is_origin(const struct crumb_ev_skb *ev)
{
	return !(ev->flags & CRUMB_SKB_FORWARDED) &&
	       (ev->point == CRUMB_PT_DEV_QUEUE || ev->point == CRUMB_PT_IP_OUTPUT ||
		ev->point == CRUMB_PT_SKB_DROP);
}

static int find_seen(struct assembler *a, struct conn *c, const struct crumb_ev_skb *ev,
		     const struct dgram_look *l, struct dgram **ret, bool *ret_sure)
{
	struct dgrams *ds = c->half[ev->dir].dgrams;
	struct dgram *d = dgrams_of_skb(ds, l);

	*ret_sure = true;
	if (!d && !is_origin(ev)) {
		d = dgrams_like(ds, l, ret_sure);
		d = d ? d : dgrams_train(ds, l, false);
	}
	if (!d && (is_origin(ev) || point_is_in(ev->point) || ev->point == CRUMB_PT_HW_DROP)) {
		d = dgrams_add(ds, l, ev->h.time_ns);
		if (!d)
			return -ENOMEM;
		d->made_here = is_origin(ev);
		*ret = d;
		return d->made_here ? join_sender(a, c, ev->dir, ev->netns, d) : 0;
	}
	*ret = d;
	return 0;
}

/* The sender is on another machine, and nobody will read it: then this drop is all there is to tell. */
static int infer_dropped(struct assembler *a, struct conn *c, const struct crumb_ev_skb *ev,
			 struct dgram *d)
{
	struct half *h = &c->half[ev->dir];
	struct message *m;

	if (d->bound || d->made_here || h->sender_seen || (facts_flags(a->facts) & CRUMB_TRACE_TASKS))
		return 0;
	m = message_new(c, ev->dir);
	if (!m)
		return -ENOMEM;
	m->inferred = true;
	m->begin.h.time_ns = d->first_ns;
	return message_settle(a, m, d);
}

int ingest_dgram_skb(struct assembler *a, struct conn *c, const struct crumb_ev_skb *ev,
		     struct sighting **ret)
{
	struct sight_place place = { .kind = ev->point ? SIGHT_BYTES : SIGHT_SAMPLE,
				     .point = ev->point,
				     .netns = ev->netns,
				     .ifindex = ev->ifindex };
	struct half *h = &c->half[ev->dir];
	struct sight_log *l = byte_stream_log(&h->bytes, &place);
	struct dgram_look look = { .digest = { ev->seq, ev->ack },
				   .bytes = ev->payload,
				   .segs = ev->gso_segs,
				   .skb = ev->skb };
	bool drop = point_is_drop(ev->point), sure;
	struct dgram *d;
	int err;

	if (!l)
		return -ENOMEM;
	h->bytes.offset_known = true;
	h->bytes.base = DGRAM_FIRST;
	look.place = drop ? 0 : place_bit(h, l);
	err = find_seen(a, c, ev, &look, &d, &sure);
	if (err || !d)
		return err;
	d->places |= look.place;
	d->skb = ev->skb ? ev->skb : d->skb;
	d->last_ns = ev->h.time_ns;
	*ret = sight(a, l, d->at, d->at + (look.bytes > dgram_span(d) ? look.bytes : dgram_span(d)),
		     ev->h.time_ns);
	if (!*ret)
		return -ENOMEM;
	(*ret)->cpu = ev->h.cpu;
	(*ret)->skb = ev->skb;
	(*ret)->inferred = !sure;
	h->last = (struct dgram_last){ d->at, ev->h.time_ns };
	return drop ? infer_dropped(a, c, ev, d) : 0;
}

bool ingest_dgram_place(const struct half *h, const struct crumb_ev_stack *ev, uint64_t *ret_at)
{
	*ret_at = h->last.at;
	return h->last.at && h->last.time_ns == ev->h.time_ns;
}

/* ---------------------------------------------------------------------------------- the receiver */

/* Another reader gets the same datagram: as if it had been sent once more, with all that was seen of it so far. */
static int copy_make(struct assembler *a, struct conn *c, uint8_t dir, struct dgram *d,
		     struct dgram **ret)
{
	struct dgram_look l = { .digest = d->digest, .bytes = d->bytes, .segs = d->segs, .copy_of = d };
	struct half *h = &c->half[dir];
	struct dgram *k = dgrams_add(h->dgrams, &l, d->first_ns);

	if (!k)
		return -ENOMEM;
	dgrams_settle(h->dgrams, k);
	k->copy_of = d->at;
	k->made_here = d->made_here;
	d->copied = true;
	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		struct sight_log *log = &h->bytes.logs[i];
		const struct sighting *s;
		struct sighting *to, from;

		if (log->place.kind != SIGHT_BYTES || log->place.point == CRUMB_PT_SOCK_READY)
			continue;
		s = sight_log_newest(log, d->at, 0, UINT64_MAX, NULL);
		if (!s)
			continue;
		from = *s;
		to = sight_log_add(log, k->at, k->at + dgram_span(k));
		if (!to)
			return -ENOMEM;
		from.start = to->start;
		from.end = to->end;
		*to = from;
	}
	*ret = k;
	return d->bound && d->sender.h.size ? bind_one(a, c, dir, k, &d->sender) : 0;
}

static int find_queued(struct assembler *a, struct conn *c, const struct crumb_ev_sock *ev,
		       struct dgram_look *l, struct dgram **ret, bool *ret_sure)
{
	struct dgrams *ds = c->half[ev->dir].dgrams;
	struct dgram *d = dgrams_of_skb(ds, l);
	struct dgram_look anywhere = *l;

	*ret_sure = true;
	anywhere.place = 0;
	if (!d)
		d = dgrams_like(ds, l, ret_sure);
	if (!d)
		d = dgrams_train(ds, l, false);
	if (!d)
		d = dgrams_like(ds, &anywhere, ret_sure);
	if (!d) {
		d = dgrams_add(ds, l, ev->h.time_ns);
		*ret = d;
		return d ? 0 : -ENOMEM;
	}
	*ret = d;
	if (d->reader_sk && d->reader_sk != ev->sk)
		return copy_make(a, c, ev->dir, d, ret);
	return 0;
}

int ingest_dgram_ready(struct assembler *a, struct conn *c, const struct crumb_ev_sock *ev)
{
	struct sight_place place = { .point = CRUMB_PT_SOCK_READY, .netns = ev->netns };
	struct half *h = &c->half[ev->dir];
	struct sight_log *log = byte_stream_log(&h->bytes, &place);
	struct dgram_look l = { .digest = { ev->seq, ev->rcv_nxt },
				.bytes = ev->bytes,
				.skb = ev->skb };
	struct usock_entry entry = { .flow = ev->flow, .dir = ev->dir, .bytes = ev->bytes };
	struct sighting *s;
	struct dgram *d;
	uint32_t off;
	bool sure;
	int err;

	if (!log)
		return -ENOMEM;
	l.place = place_bit(h, log);
	err = find_queued(a, c, ev, &l, &d, &sure);
	if (err)
		return err;
	off = d->segs > 1 && ev->bytes < d->bytes && d->queued < d->bytes ? d->queued : 0;
	entry.at = d->at + off;
	d->queued = off + ev->bytes;
	d->places |= d->segs > 1 && d->queued < d->bytes ? 0 : l.place;
	d->reader_sk = ev->sk;
	d->last_ns = ev->h.time_ns;
	log = byte_stream_log(&h->bytes, &place); /* it may have moved */
	s = sight(a, log, entry.at, entry.at + (ev->bytes ? ev->bytes : 1), ev->h.time_ns);
	if (!s)
		return -ENOMEM;
	s->cpu = ev->h.cpu;
	s->pid = ev->tgid;
	s->skb = ev->skb;
	s->sock.rmem_alloc = ev->rmem_alloc;
	s->sock.rcvbuf = ev->rcvbuf;
	s->inferred = !sure;
	/*
	 * The reader, on another CPU, had it before the socket told of it: it is not in the queue any more, where it would stand for
	 * the next one of the same bytes.
	 */
	if (d->taken)
		return 0;
	return usocks_queue(a->usocks, ev->sk, &entry, ev->h.time_ns);
}

struct taken {
	struct conn *conn;
	struct dgram *dgram;
	uint64_t at;
	uint32_t bytes; /* of the part, or of the whole */
	uint8_t dir;
	bool sure;
};

static bool entry_known(struct assembler *a, const struct usock_entry *e, struct taken *t)
{
	t->conn = udp_conn(a, e->flow);
	t->dgram = t->conn ? dgrams_at(t->conn->half[e->dir].dgrams, e->at) : NULL;
	t->at = e->at;
	t->bytes = e->bytes;
	t->dir = e->dir;
	return t->dgram;
}

/* Could the call have taken these bytes, of which it got the first? */
static bool taken_agrees(const struct crumb_ev_dgram *ev, const struct taken *t)
{
	struct crumb_digest d = ev->digest;

	if (ev->bytes > t->bytes)
		return false;
	if (ev->bytes < t->bytes && ev->bytes < CRUMB_DIGEST_BYTES)
		d.whole = 0; /* of fewer bytes than the other */
	if (ev->bytes < t->bytes && ev->bytes < 8)
		d.head = 0;
	/* A later part of a train has another digest than the whole. */
	return t->at != t->dgram->at || dgram_digests_agree(&d, &t->dgram->digest);
}

/* The oldest in the socket's queue that agrees; it leaves the queue unless the call only peeked. */
static bool take_queued(struct assembler *a, const struct crumb_ev_dgram *ev, struct taken *t)
{
	struct usock *u = usocks_find(a->usocks, ev->sk);

	for (uint32_t i = 0; u && i < u->queue.count; i++) {
		if (!entry_known(a, usock_at(u, i), t)) {
			usock_take(u, i--);
			continue;
		}
		if (!taken_agrees(ev, t))
			continue;
		t->sure = !i || (ev->digest.whole && t->dgram->digest.whole);
		if (!(ev->flags & CRUMB_CALL_PEEK))
			usock_take(u, i);
		return true;
	}
	return false;
}

/* It was not seen joining the queue: a datagram of the flow that nobody read yet. */
static bool take_unqueued(struct assembler *a, const struct crumb_ev_dgram *ev, uint32_t flow,
			  uint8_t dir, struct taken *t)
{
	struct dgram_look l = { .digest = ev->digest, .bytes = ev->bytes };

	t->conn = udp_conn(a, flow);
	t->dir = dir;
	t->dgram = t->conn && (ev->digest.whole || ev->digest.head) ?
			   dgrams_unread(t->conn->half[dir].dgrams, &l, &t->sure) :
			   NULL;
	if (!t->dgram)
		return false;
	t->at = t->dgram->at;
	t->bytes = t->dgram->bytes;
	return true;
}

static bool take_find(struct assembler *a, const struct crumb_ev_dgram *ev, struct taken *t)
{
	const struct usock *u;

	if (take_queued(a, ev, t))
		return true;
	if (ev->flow)
		return take_unqueued(a, ev, ev->flow, ev->dir, t);
	u = usocks_find(a->usocks, ev->sk);
	for (uint32_t i = 0; u && i < USOCK_RECENT; i++)
		if (u->recent[i].flow && take_unqueued(a, ev, u->recent[i].flow, u->recent[i].dir, t))
			return true;
	return false;
}

static struct recv_call *call_make(const struct crumb_ev_dgram *ev, const struct taken *t)
{
	struct recv_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->refs = 1; /* ours, until all is noted */
	call->multi = usock_call_is_multi(ev);
	call->first = t->at;
	call->last = t->at + (t->bytes ? t->bytes : 1);
	call->ev = (struct crumb_ev_recv){
		.h = ev->h,
		.flow = t->conn->flow.number,
		.dir = t->dir,
		.flags = ev->flags | (t->sure ? 0 : CRUMB_CALL_INFERRED),
		.nr = ev->nr,
		.tgid = ev->tgid,
		.pid = ev->pid,
		.enter_ns = ev->enter_ns,
		.libc_ns = ev->libc_ns,
		.sock_ns = ev->sock_ns,
		.ret = ev->ret,
		.bytes = t->bytes,
		.netns = ev->netns,
	};
	memcpy(call->ev.args, ev->args, sizeof(call->ev.args));
	memcpy(call->ev.comm, ev->comm, sizeof(call->ev.comm));
	return call;
}

/* How much of it the reader's buffer could hold: recv() tells the whole length under MSG_TRUNC. */
static uint32_t got_bytes(const struct crumb_ev_dgram *ev)
{
	const char *name = ev->nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(ev->nr);
	bool sized = name && (!strcmp(name, "recvfrom") || !strcmp(name, "read"));

	return sized && ev->args[2] < ev->bytes ? (uint32_t)ev->args[2] : ev->bytes;
}

static int take(struct assembler *a, const struct crumb_ev_dgram *ev, const struct taken *t,
		struct recv_call *call)
{
	struct half *h = &t->conn->half[t->dir];
	struct message *m = NULL;
	bool known = false;
	int err;

	t->dgram->read += t->bytes;
	t->dgram->taken = t->dgram->read >= t->dgram->bytes;
	if (got_bytes(ev) < t->bytes) {
		t->dgram->cut = true;
		t->dgram->cut_at = got_bytes(ev);
	}
	err = ingest_take(a, h, call, call->first, call->last, &known);
	if (err || known || t->dgram->made_here || (facts_flags(a->facts) & CRUMB_TRACE_PAYLOAD))
		return err;
	err = ingest_infer(a, t->conn, t->dir, call, &m);
	if (m) {
		m->dgram = t->dgram;
		t->dgram->bound = true;
	}
	return err;
}

int ingest_dgram_recv(struct assembler *a, const struct crumb_ev_dgram *ev)
{
	struct recv_call *call;
	struct taken t = { 0 };
	int err;

	tasks_enter(a->tasks, ev->pid, ev->libc_ns);
	if (!take_find(a, ev, &t) || (ev->flags & CRUMB_CALL_PEEK))
		return 0; /* it was there before the trace began */
	t.conn->half[t.dir].receiver_seen = true;
	t.conn->half[t.dir].receiver_netns = ev->netns;
	t.conn->last_ns = ev->h.time_ns;
	call = call_make(ev, &t);
	if (!call)
		return -ENOMEM;
	err = tasks_name(a->tasks, ev->pid, ev->comm, ev->h.time_ns);
	if (!err && (ev->flags & CRUMB_CALL_LIBC) && ev->libc_ns)
		err = tasks_wait(a->tasks, ev->pid, &call->libc, ev->libc_ns);
	if (!err)
		err = take(a, ev, &t, call);
	if (!--call->refs) {
		libc_wait_cancel(&call->libc);
		free(call);
	}
	return err;
}
