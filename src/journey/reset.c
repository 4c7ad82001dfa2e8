// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that end by an RST (RFC 9293, 3.5.2 and 3.10.7; net/ipv4/tcp_input.c, tcp_reset()). Whoever gets one throws its send
 * queue away; what lies in its receive queue can still be read, until its socket is closed. Whoever sends one has
 * thrown both away.
 */
#include "reset.h"

#include <errno.h>
#include <string.h>

#define RESETS_MAX 16 /* of one connection; what counts is the first of each kind */

int ingest_reset(struct assembler *a, const struct crumb_ev_reset *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct crumb_ev_reset *note;
	struct half *received;

	if (!c)
		return 0;
	c->last_ns = ev->h.time_ns;
	if (c->resets.count < RESETS_MAX) {
		note = ring_push(&c->resets);
		if (!note)
			return -ENOMEM;
		*note = *ev;
	}
	if (ev->what == CRUMB_RESET_RECEIVED)
		c->half[!ev->end].reset = true;
	if (ev->what != CRUMB_RESET_GONE)
		return 0;
	received = &c->half[!ev->end];
	received->gone_ns = ev->h.time_ns;
	/* What is in its queue nobody can read any more; what is on its way meets no socket, and that is seen. */
	for (uint32_t i = 0; i < received->messages.count; i++) {
		struct message *m = half_message(received, i);
		int err = m->done_ns || m->last > received->rcv_nxt ? 0 : assembler_done(a, m);

		if (err)
			return err;
	}
	return 0;
}

/* Would the receiver's socket say that it has taken an RST? Then one of which it says nothing is none: anybody can send that. */
static bool is_told(struct assembler *a, const struct half *h)
{
	return h->receiver_seen && facts_visible(a->facts, h->receiver_netns, CRUMB_PT_RESET_RECV);
}

void reset_packet(struct assembler *a, struct half *h, const struct crumb_ev_skb *ev)
{
	if (!is_told(a, h))
		h->reset = true;
	if (h->rst.ns)
		return;
	h->rst = (struct rst_seen){
		.ns = ev->h.time_ns,
		.netns = ev->netns,
		.ifindex = ev->ifindex,
		.point = ev->point,
	};
}

static const struct crumb_ev_reset *reset_at(const struct conn *c, uint32_t i)
{
	return ring_at(&c->resets, i);
}

const struct crumb_ev_reset *reset_first(const struct conn *c)
{
	for (uint32_t i = 0; i < c->resets.count; i++) {
		const struct crumb_ev_reset *r = reset_at(c, i);

		if (r->what == CRUMB_RESET_ABORTED || r->what == CRUMB_RESET_ANSWERED)
			return r;
	}
	return NULL;
}

bool reset_at_end(const struct conn *c, uint8_t end, uint8_t what)
{
	for (uint32_t i = 0; i < c->resets.count; i++)
		if (reset_at(c, i)->what == what && reset_at(c, i)->end == end)
			return true;
	return false;
}

bool reset_sender(const struct message *m)
{
	return reset_at_end(m->conn, m->dir, CRUMB_RESET_RECEIVED) ||
	       reset_at_end(m->conn, m->dir, CRUMB_RESET_ABORTED);
}

/* When the end that did not send it got it; 0 not seen. */
static uint64_t got_ns(const struct conn *c, uint8_t by)
{
	for (uint32_t i = 0; i < c->resets.count; i++)
		if (reset_at(c, i)->what == CRUMB_RESET_RECEIVED && reset_at(c, i)->end != by)
			return reset_at(c, i)->h.time_ns;
	return 0;
}

/* A FIN that was received lies behind the bytes, and counts as one. */
static uint32_t unread_bytes(const struct conn *c, const struct crumb_ev_reset *r)
{
	uint32_t n = r->rcv_nxt - r->copied_seq;

	if (!(r->flags & CRUMB_RESET_FULL) || (int32_t)n < 0)
		return 0;
	return n && c->half[!r->end].fin ? n - 1 : n;
}

/*
 * Before 6.10 the kernel does not say why; what the two usual calls looked at is in the record (__tcp_close(): bytes unread,
 * else SO_LINGER with 0).
 */
static const char *reset_reason(struct assembler *a, const struct conn *c,
				const struct crumb_ev_reset *r)
{
	const char *told = r->reason == CRUMB_REASON_NONE ? NULL : facts_reason(a->facts, r->reason);

	if (told && strcmp(told, "NOT_SPECIFIED"))
		return told;
	if (r->what != CRUMB_RESET_ABORTED || !(r->flags & CRUMB_RESET_TASK))
		return NULL;
	if (r->flags & CRUMB_RESET_UNACCEPTED)
		return "TCP_STATE"; /* tcp_disconnect() */
	if (unread_bytes(c, r))
		return "TCP_ABORT_ON_CLOSE";
	return r->flags & CRUMB_RESET_LINGER0 ? "TCP_STATE" : NULL;
}

static void say_signal(struct words *w, uint32_t exit_code)
{
	const char *name = sigabbrev_np((int)(exit_code & 0x7f));

	words_put(w, "was killed by signal ");
	words_u64(w, exit_code & 0x7f);
	if (!name)
		return;
	words_put(w, " (SIG");
	words_put(w, name);
	words_put(w, ")");
}

/* "nginx (pid 812) was killed by signal 9 (SIGKILL) with 4000 bytes unread" */
static void say_call(const struct conn *c, const struct crumb_ev_reset *r, const char *reason,
		     struct words *w)
{
	uint32_t unread = unread_bytes(c, r);

	words_put(w, r->comm);
	words_put(w, " (pid ");
	words_u64(w, HOST_TAG_PID(r->tgid));
	words_put(w, ") ");
	if (!(r->flags & CRUMB_RESET_EXITING))
		words_put(w, reason && !strcmp(reason, "TCP_DISCONNECT_WITH_DATA") ? "disconnected" :
										     "closed");
	else if (r->exit_code & 0x7f)
		say_signal(w, r->exit_code);
	else
		words_put(w, "ended");
	if (r->flags & CRUMB_RESET_UNACCEPTED)
		words_put(w, r->flags & CRUMB_RESET_EXITING ?
				     " before it had accepted the connection" :
				     " its listener before it had accepted the connection");
	if (unread) {
		words_put(w, " with ");
		words_u64(w, unread);
		words_put(w, unread == 1 ? " byte unread" : " bytes unread");
	} else if (r->flags & CRUMB_RESET_LINGER0) {
		words_put(w, ", SO_LINGER with 0");
	}
}

static const struct {
	const char *reason, *words;
} answers[] = {
	{ "NO_SOCKET", "no socket took the packet" },
	{ "TCP_ABORT_ON_DATA", "bytes came after its program had closed" },
	{ "TCP_TIMEWAIT_SOCKET", "the packet met a connection that had ended" },
	{ "TCP_KEEPALIVE_TIMEOUT", "keep-alive probes were not answered" },
	{ "TCP_ABORT_ON_MEMORY", "TCP's memory was used up" },
};

static const char *reset_words(struct assembler *a, const struct conn *c,
			       const struct crumb_ev_reset *r, const char *reason)
{
	struct words w = { .len = 0 };

	if (r->flags & CRUMB_RESET_TASK) {
		say_call(c, r, reason, &w);
		return words_keep(&a->scratch, &w);
	}
	for (size_t i = 0; reason && i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(reason, answers[i].reason))
			return answers[i].words;
	return r->what == CRUMB_RESET_ANSWERED ? "its answer to a packet" :
						 "TCP gave the connection up";
}

/* No socket of a host that is recorded sent it: a firewall's answer, or another machine. */
static const char *packet_words(struct assembler *a, const struct rst_seen *s)
{
	const char *dev = facts_dev_name(a->facts, s->netns, s->ifindex);
	struct words w = { .len = 0 };

	words_put(&w, "no socket was seen to send it; first seen at ");
	words_put(&w, point_get(s->point)->name);
	if (dev) {
		words_put(&w, " ");
		words_put(&w, dev);
	}
	return words_keep(&a->scratch, &w);
}

static void reset_of_socket(struct assembler *a, const struct conn *c,
			    const struct crumb_ev_reset *r, struct journey_reset *out)
{
	out->host = facts_host(a->facts, r->netns);
	out->what = r->what == CRUMB_RESET_ABORTED ? "aborted" : "answered";
	if (r->flags & CRUMB_RESET_TASK) {
		out->tgid = HOST_TAG_PID(r->tgid);
		out->comm = r->comm;
	}
	out->reason = reset_reason(a, c, r);
	out->why = reset_words(a, c, r, out->reason);
}

/*
 * The first RST of the connection: when it was sent, and by which end; what its socket told of it, if one sent it. That comes
 * after the packet, which may have arrived by then.
 */
struct first_reset {
	uint64_t ns;
	uint8_t by;
	const struct crumb_ev_reset *told;
};

static bool reset_find(struct assembler *a, const struct conn *c, struct first_reset *ret)
{
	const struct rst_seen *seen[2] = { &c->half[0].rst, &c->half[1].rst };
	uint8_t by = seen[1]->ns && (!seen[0]->ns || seen[1]->ns < seen[0]->ns);
	const struct crumb_ev_reset *r = reset_first(c);

	if (!r && (!seen[by]->ns || (is_told(a, &c->half[by]) && !got_ns(c, by))))
		return false;
	*ret = (struct first_reset){ .ns = seen[by]->ns, .by = by, .told = r };
	if (!r)
		return true;
	if (!seen[by]->ns || r->end == by || r->h.time_ns < seen[by]->ns) {
		ret->by = r->end;
		if (!seen[r->end]->ns || r->h.time_ns < seen[r->end]->ns)
			ret->ns = r->h.time_ns;
		else
			ret->ns = seen[r->end]->ns;
	} else {
		ret->told = NULL; /* the other end's answer to something that came later */
	}
	return true;
}

static void reset_of_packet(struct assembler *a, const struct conn *c, uint8_t by,
			    struct journey_reset *out)
{
	const struct rst_seen *s = &c->half[by].rst;

	out->host = facts_host(a->facts, s->netns);
	out->what = "packet";
	out->why = packet_words(a, s);
}

int reset_build(struct assembler *a, const struct message *m, uint64_t start_ns, uint64_t end_ns,
		struct journey *j)
{
	const struct conn *c = m->conn;
	struct first_reset first;
	struct journey_reset *r;
	uint64_t got;

	if (conn_is_udp(c) || !reset_find(a, c, &first) ||
	    (j->verdict == VERDICT_DELIVERED && first.ns >= end_ns))
		return 0;
	r = scratch_take(&a->scratch, sizeof(*r));
	if (!r)
		return -ENOMEM;
	if (first.told)
		reset_of_socket(a, c, first.told, r);
	else
		reset_of_packet(a, c, first.by, r);
	got = got_ns(c, first.by);
	r->by_sender = first.by == m->dir;
	r->t_ns = (int64_t)(first.ns - start_ns);
	r->got_ns = got ? (int64_t)(got - start_ns) : INT64_MIN;
	r->read = m->taken < m->bytes ? m->taken : m->bytes;
	r->thrown_away = j->verdict == VERDICT_DROPPED ? m->bytes - r->read : 0;
	j->reset = r;
	return 0;
}
