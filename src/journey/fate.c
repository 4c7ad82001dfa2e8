// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of a message. Only what was recorded decides; where the record has a hole the verdict
 * is incomplete. Bytes below rcv_nxt are in the receiver's queue whatever happened to their copies.
 */
#include <string.h>

#include "assembly.h"
#include "reset.h"

#define MSG_OOB 1 /* include/linux/socket.h */

static bool place_carries(const struct sight_place *p)
{
	return p->kind == SIGHT_BYTES && p->point != CRUMB_PT_SOCK_COPY &&
	       p->point != CRUMB_PT_TCP_RETRANSMIT;
}

const struct sighting *fate_last_seen(const struct half *h, uint64_t pos,
				      const struct sight_place **ret_place)
{
	const struct sighting *last = NULL;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *s;

		if (!place_carries(&l->place) || point_is_drop(l->place.point))
			continue;
		s = sight_log_newest(l, pos, 0, UINT64_MAX, NULL);
		if (s && (!last || sighting_after(s, last))) {
			last = s;
			*ret_place = &l->place;
		}
	}
	return last;
}

const char *fate_where(struct assembler *a, const struct sight_place *p)
{
	const char *dev = facts_dev_name(a->facts, p->netns, p->ifindex);
	struct words w = { .len = 0 };

	words_put(&w, facts_host(a->facts, p->netns));
	words_put(&w, " ");
	words_put(&w, point_get(p->point)->name);
	if (dev) {
		words_put(&w, " ");
		words_put(&w, dev);
	}
	return words_keep(&a->scratch, &w);
}

struct newest_drop {
	struct assembler *a;
	const struct sighting *drop;
};

static void drop_look(void *ctx, const struct sighting *s)
{
	struct newest_drop *n = ctx;

	if (n->drop && !sighting_after(s, n->drop))
		return;
	if (strcmp(facts_reason(n->a->facts, s->drop.reason), FATE_OTHER_HOST))
		n->drop = s;
}

/*
 * TCP may hold another copy of the byte than the one it freed: out of order, and then a duplicate
 * came.
 */
static bool copy_held(const struct half *h, uint64_t pos)
{
	uint32_t received = 0, dropped = 0;

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		uint32_t others;

		if (l->place.kind != SIGHT_BYTES || l->place.netns != h->receiver_netns ||
		    !sight_log_newest(l, pos, 0, UINT64_MAX, &others))
			continue;
		if (l->place.point == CRUMB_PT_TCP_RECEIVE)
			received += others + 1;
		else if (point_is_drop(l->place.point))
			dropped += others + 1;
	}
	return received > dropped;
}

const struct sighting *fate_newest_drop(struct assembler *a, const struct message *m,
					uint64_t from_ns, const struct sight_place **ret_place)
{
	const struct half *h = message_half(m);
	struct newest_drop n = { .a = a };

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *before = n.drop;

		if (l->place.kind != SIGHT_BYTES || !point_is_drop(l->place.point))
			continue;
		sight_log_visit(l, &m->extents, from_ns, UINT64_MAX, drop_look, &n);
		if (n.drop != before)
			*ret_place = &l->place;
	}
	return n.drop;
}

/* The newest drop of bytes that the receiver lacks, if nothing was seen of them after it. */
static const struct sighting *drop_find(struct assembler *a, const struct message *m,
					uint64_t *ret_byte, const struct sight_place **ret_place)
{
	const struct half *h = message_half(m);
	const struct sighting *drop = fate_newest_drop(a, m, m->begin.h.time_ns, ret_place), *last;
	const struct sight_place *last_place;
	uint64_t byte;

	if (!drop || drop->end <= h->rcv_nxt || drop->end <= h->taken_to)
		return NULL;
	byte = (drop->end < m->last ? drop->end : m->last) - 1;
	last = fate_last_seen(h, byte, &last_place);
	if ((last && sighting_after(last, drop)) || copy_held(h, byte))
		return NULL;
	*ret_byte = byte;
	return drop;
}

void fate_set(struct fate *f, enum verdict v, const char *reason, const char *where)
{
	f->verdict = v;
	f->reason = reason;
	f->where = where;
}

bool fate_leads_out(struct assembler *a, const struct sight_place *p)
{
	const struct fact_dev *d = facts_dev(a->facts, p->netns, p->ifindex);

	return p->point == CRUMB_PT_DEV_XMIT && !(d && d->veth && d->peer && d->peer_netns);
}

static const char *at_receiver(struct assembler *a, const struct half *h, uint16_t point)
{
	return fate_where(a, &(struct sight_place){ .point = point, .netns = h->receiver_netns });
}

static const char *at_sender(struct assembler *a, const struct message *m)
{
	return fate_where(a, &(struct sight_place){ .point = CRUMB_PT_TCP_APPEND,
						    .netns = m->begin.netns });
}

/* Its last byte was not seen below the socket. */
static void fate_unsent(struct assembler *a, const struct message *m, struct fate *f)
{
	const char *where = at_sender(a, m);

	if (m->conn->closed[m->dir])
		fate_set(f, VERDICT_DROPPED,
			 reset_at_end(m->conn, m->dir, CRUMB_RESET_RECEIVED) ? "sock.reset_unsent" :
									       "sock.closed_unsent",
			 where);
	else if (!m->returned)
		fate_set(f, VERDICT_WAITING,
			 a->now_ns - m->begin.h.time_ns >= BLOCKED_NS ?
				 "in the send call: send buffer full" :
				 "in the send call",
			 where);
	else
		fate_set(f, VERDICT_WAITING, "in the send queue", where);
}

/* Can nobody read what lies there? After an RST came everybody still can, until the socket is gone. */
static bool queue_closed(const struct half *h)
{
	return h->gone_ns || (h->receiver_closed_ns && (h->closed_on_unread || !h->reset));
}

/*
 * What a closed socket still held behind a gap is freed with it, and with no reason: tcp_v4_destroy_sock() empties the
 * tree of what came out of order (net/ipv4/tcp_ipv4.c).
 */
static bool freed_with_socket(struct assembler *a, const struct half *h, const struct fate *f)
{
	const char *func = facts_symbol(a->facts, f->drop->drop.location);

	return f->drop_place->netns == h->receiver_netns && queue_closed(h) && func &&
	       !strcmp(func, "skb_rbtree_purge");
}

static void fate_unread(struct assembler *a, const struct message *m, struct fate *f)
{
	const struct half *h = message_half(m);
	const struct sight_place *place;
	const struct sighting *last;

	f->drop = drop_find(a, m, &f->byte, &f->drop_place);
	if (f->drop && freed_with_socket(a, h, f)) {
		fate_set(f, VERDICT_DROPPED, "sock.closed_unread",
			 at_receiver(a, h, CRUMB_PT_TCP_RECEIVE));
		return;
	}
	if (f->drop) {
		fate_set(f, VERDICT_DROPPED, facts_reason(a->facts, f->drop->drop.reason),
			 fate_where(a, f->drop_place));
		return;
	}
	last = fate_last_seen(h, f->byte, &place);
	if (last && m->last > h->rcv_nxt && h->receiver_seen && reset_sender(m)) {
		fate_set(f, VERDICT_DROPPED, "sock.reset_unacked", fate_where(a, place));
		return;
	}
	if (queue_closed(h) && (last || m->last <= h->rcv_nxt)) {
		fate_set(f, VERDICT_DROPPED, "sock.closed_unread",
			 at_receiver(a, h, CRUMB_PT_SOCK_READY));
		return;
	}
	if (m->last <= h->rcv_nxt) {
		fate_set(f, VERDICT_WAITING,
			 m->taken ? "in the receive queue: the reader took a part of it" :
				    "in the receive queue: no recv call took it",
			 at_receiver(a, h, CRUMB_PT_SOCK_READY));
		return;
	}
	if (!last)
		fate_unsent(a, m, f);
	else if (place->point == CRUMB_PT_TCP_RECEIVE)
		fate_set(f, VERDICT_WAITING, "arrived out of order: earlier bytes are missing",
			 fate_where(a, place));
	else if (!h->receiver_seen && fate_leads_out(a, place))
		fate_set(f, VERDICT_LEFT, NULL, fate_where(a, place));
	else
		fate_set(f, VERDICT_WAITING, "on its way", fate_where(a, place));
}

/* The reader's buffer was smaller than the datagram: the rest is gone (MSG_TRUNC is set in its msg_flags). */
static const char *fate_cut_short(struct assembler *a, const struct message *m)
{
	struct words w = { .len = 0 };

	if (!m->dgram || !m->dgram->cut)
		return NULL;
	words_put(&w, "truncated: the reader's buffer took ");
	words_u64(&w, m->dgram->cut_at);
	words_put(&w, " of ");
	words_u64(&w, m->dgram->bytes);
	words_put(&w, " bytes");
	return words_keep(&a->scratch, &w);
}

/*
 * tcp_recvmsg() steps over a byte that was sent as urgent, and forgets it once it is past: only recv(MSG_OOB) before
 * that can have it.
 */
static bool urgent_forgotten(const struct message *m)
{
	const struct half *h = message_half(m);

	return message_flag(m, MSG_OOB) && m->taken + 1 == m->bytes && h->taken_to >= m->last &&
	       !range_set_overlap(&h->taken, m->last - 1, m->last);
}

/*
 * A host of this connection was not recorded for a part of the message's life, and the bytes were not seen to be read: that
 * they were dropped, or still wait, could be said only by who was there.
 */
static void fate_absent(struct assembler *a, const struct message *m, const struct absence *absent,
			struct fate *f)
{
	const struct sight_place *place;
	const struct sighting *last = fate_last_seen(message_half(m), f->byte, &place);
	struct words w = { .len = 0 };

	f->absent = absent->to_ns == UINT64_MAX;
	f->drop = NULL;
	f->byte = m->last - 1;
	if (last && fate_leads_out(a, place)) {
		fate_set(f, VERDICT_LEFT, NULL, fate_where(a, place));
		return;
	}
	words_put(&w, facts_kernel_name(a->facts, absent->host));
	words_put(&w, " was not recorded then");
	fate_set(f, VERDICT_INCOMPLETE, words_keep(&a->scratch, &w), f->where);
}

static uint64_t message_start_ns(const struct message *m)
{
	if (m->begin.libc_ns)
		return m->begin.libc_ns;
	return m->begin.enter_ns ? m->begin.enter_ns : m->begin.h.time_ns;
}

static uint64_t seen_at_sender(const struct message *m, uint8_t point)
{
	const struct byte_stream *b = &message_half(m)->bytes;
	uint64_t n = 0;

	for (uint32_t i = 0; i < b->log_count; i++) {
		const struct sight_log *l = &b->logs[i];

		if (l->place.kind == SIGHT_BYTES && l->place.point == point &&
		    l->place.netns == m->begin.netns)
			n += sight_log_count(l, &m->extents, m->begin.h.time_ns, UINT64_MAX).count;
	}
	return n;
}

/*
 * Where TCP's timers and acknowledgements interrupt a program at ip_output they send, too, and the kernel skips the program: no decision hangs on that
 * point, so a message whose skbs were seen there as often as they left TCP lacks nothing. Were they missed at tcp.xmit, that is a loss of its own.
 */
static uint64_t lost_events(const struct assembler *a, const struct message *m, uint64_t end_ns)
{
	uint64_t all = losses_within(&a->losses, message_start_ns(m), end_ns, CRUMB_PT_NONE), xmits;

	if (!all || m->taken < m->bytes || conn_is_udp(m->conn))
		return all;
	xmits = seen_at_sender(m, CRUMB_PT_TCP_XMIT);
	if (!xmits || seen_at_sender(m, CRUMB_PT_IP_OUTPUT) != xmits)
		return all;
	return losses_within(&a->losses, message_start_ns(m), end_ns, CRUMB_PT_IP_OUTPUT);
}

void fate_decide(struct assembler *a, const struct message *m, struct fate *f)
{
	const struct half *h = message_half(m);
	uint64_t end_ns = m->done_ns ? m->done_ns : a->now_ns;
	bool taken = m->taken >= m->bytes;
	const struct absence *absent;

	*f = (struct fate){ .byte = m->last - 1 };
	f->lost_events = lost_events(a, m, end_ns);
	if (!taken && conn_is_udp(m->conn))
		fate_dgram(a, m, f);
	else if (!taken)
		fate_unread(a, m, f);
	absent = taken ? NULL :
			 absences_within(&a->absences, m->conn->hosts, message_start_ns(m), end_ns);
	if (absent)
		fate_absent(a, m, absent, f);
	if (f->lost_events)
		fate_set(f, VERDICT_INCOMPLETE, "events were lost", f->where);
	else if (m->conn->split && !taken)
		fate_set(f, VERDICT_INCOMPLETE,
			 "it went on behind a translation (NAT) that was not known yet", f->where);
	else if (m->cut)
		fate_set(f, VERDICT_INCOMPLETE, "the record of its send call has no end", f->where);
	else if (taken)
		fate_set(f, VERDICT_DELIVERED, fate_cut_short(a, m), NULL);
	else if (!absent && !conn_is_udp(m->conn) && urgent_forgotten(m))
		fate_set(f, VERDICT_DROPPED, "sock.urgent_unread",
			 at_receiver(a, h, CRUMB_PT_SOCK_READY));
	else if (h->taken_to >= m->last && !conn_is_udp(m->conn))
		fate_set(f, VERDICT_INCOMPLETE, "the record of its reading is missing", f->where);
	else if (a->finished && !a->ended)
		fate_set(f, VERDICT_INCOMPLETE, "the trace was cut short", f->where);
}

/* When the last thing happened that a verdict waits on. */
static uint64_t fate_since_ns(const struct message *m, const struct fate *f)
{
	const struct half *h = message_half(m);
	const struct sight_place *place;
	const struct sighting *last = f->drop ? f->drop : fate_last_seen(h, f->byte, &place);
	uint64_t since = last ? last->time_ns : m->begin.h.time_ns;

	return h->receiver_closed_ns > since ? h->receiver_closed_ns : since;
}

bool fate_open(struct assembler *a, struct message *m)
{
	uint64_t since, patience = UINT64_MAX;
	struct fate f;

	scratch_reset(&a->scratch);
	fate_decide(a, m, &f);
	if (conn_is_udp(m->conn)) {
		m->check_ns = a->now_ns + TICK_NS;
		return fate_dgram_open(a, m, &f);
	}
	since = fate_since_ns(m, &f);
	if (message_half(m)->taken_to >= m->last) {
		/*
		 * Another thread may hold the missing bytes in a call that has not returned: wait a
		 * little.
		 */
		if (!m->hole_ns)
			m->hole_ns = a->now_ns;
		since = m->hole_ns;
		patience = HOLE_NS;
	} else if (f.verdict == VERDICT_LEFT || f.absent ||
		   (f.verdict == VERDICT_DROPPED && reset_sender(m))) { /* nobody sends it again */
		patience = LEFT_NS;
	} else if (f.verdict == VERDICT_DROPPED) {
		patience = GIVE_UP_NS;
	}
	if (patience != UINT64_MAX && a->now_ns - since >= patience)
		return false;
	m->check_ns = a->now_ns + LEFT_NS / 2;
	return true;
}
