/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that TCP keeps in the send queue, and why. There is no hook for each reason: the predicates of tcp_write_xmit()
 * (net/ipv4/tcp_output.c) are evaluated after each send call and before each ACK is processed (tcp_probe), and a record
 * is written when the answer changes. What an ACK changes cannot change between two looks but by sending: a window
 * that is full before an ACK was filled by the last transmission, and holds since then. Without one since the last look
 * it is the old reason that held until now (it may have ended a moment ago: a timer, a completion).
 */
#ifndef CRUMB_BODY_HELD_H
#define CRUMB_BODY_HELD_H

#include "body/flow.h"

#define TCP_NAGLE_CORK	 2 /* include/net/tcp.h */
#define TCP_NAGLE_PUSH	 4
#define TCP_CA_RECOVERY	 3 /* include/uapi/linux/tcp.h; TCP_CA_Loss is 4 */
#define TSQ_WAITING	 3 /* bits TSQ_THROTTLED and TSQ_QUEUED of sk_tsq_flags, include/linux/tcp.h */
#define SK_PACING_NEEDED 1 /* include/net/sock.h */
#define SK_PACING_FQ	 2

#define CRUMB_HELD_STALE 0xffff /* no look finds that */

static __always_inline bool seq_after(__u32 a, __u32 b)
{
	return (__s32)(b - a) < 0;
}

/* What was read of the socket: after a send call its lock is not held, so each field is read once. */
struct held_queue {
	__u32 snd_nxt, unsent;
	__u32 snd_una, snd_wnd, mss;
	__u32 in_flight, cwnd;
};

/* tcp_nagle_check() and tcp_minshall_check(), for less than one TCP segment */
static __always_inline __u16 held_small(const struct tcp_sock *tp, const struct held_queue *q)
{
	__u8 nonagle = KBITS(tp, nonagle);

	if (nonagle & TCP_NAGLE_PUSH)
		return 0;
	if (nonagle & TCP_NAGLE_CORK)
		return CRUMB_HELD_CORK;
	if (!nonagle && K(tp, packets_out) && seq_after(K(tp, snd_sml), q->snd_una) &&
	    !seq_after(K(tp, snd_sml), q->snd_nxt))
		return CRUMB_HELD_NAGLE;
	return 0;
}

/* snd_nxt first: it never passes a write_seq that is read later. */
static __always_inline void held_read(const struct tcp_sock *tp, struct held_queue *q)
{
	q->snd_nxt = K(tp, snd_nxt);
	barrier();
	q->unsent = K(tp, write_seq) - q->snd_nxt;
	if ((__s32)q->unsent < 0)
		q->unsent = 0;
	q->snd_una = K(tp, snd_una);
	q->snd_wnd = K(tp, snd_wnd);
	q->mss = K(tp, mss_cache);
	q->in_flight =
		K(tp, packets_out) - (K(tp, sacked_out) + K(tp, lost_out)) + K(tp, retrans_out);
	q->cwnd = K(tp, snd_cwnd);
}

static __always_inline __u16 held_why(const struct sock *sk, const struct tcp_sock *tp,
				      const struct held_queue *q, __u64 now)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	__u32 first = q->unsent < q->mss ? q->unsent : q->mss;
	__u16 why = CRUMB_HELD_UNSENT;

	if (!q->unsent)
		return 0;
	if (K(sk, sk_pacing_status) == SK_PACING_NEEDED && K(tp, tcp_wstamp_ns) > now)
		why |= CRUMB_HELD_PACING;
	/* repaired is what was lost when all that had been sent then is acknowledged; without SACK the state stays for a while */
	if (BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state) >= TCP_CA_RECOVERY &&
	    seq_after(K(tp, high_seq), q->snd_una))
		why |= CRUMB_HELD_RECOVERY;
	if (q->in_flight >= q->cwnd)
		why |= CRUMB_HELD_CWND;
	if (seq_after(q->snd_nxt + first, q->snd_una + q->snd_wnd))
		why |= CRUMB_HELD_RWND;
	if (q->unsent < q->mss)
		why |= CRUMB_HELD_PARTIAL | held_small(tp, q);
	/* what fq keeps until its time is what fills the small queue */
	if (K(sk, sk_tsq_flags) & TSQ_WAITING)
		why |= K(sk, sk_pacing_status) == SK_PACING_FQ && K(tp, tcp_wstamp_ns) > now ?
			       CRUMB_HELD_PACING :
			       CRUMB_HELD_TSQ;
	return why;
}

static __always_inline bool held_any(const struct tcp_sock *tp)
{
	return K(tp, write_seq) != K(tp, snd_nxt);
}

/*
 * Since when what is seen before an ACK holds. With an empty queue at the last look, or none before: since then, as the
 * bytes that came meanwhile found it so.
 */
static __always_inline __u64 held_since(const struct crumb_flow *f, __u8 dir, __u64 now)
{
	if (f->sent_ns[dir] > f->held_ns[dir])
		return f->sent_ns[dir];
	return f->held_why[dir] ? now : f->held_ns[dir];
}

/* The sending socket of a followed flow, whose bytes go in direction @dir. */
static __always_inline void held_look(const struct sock *sk, const struct tcp_sock *tp,
				      struct crumb_flow *f, __u8 dir, bool after, __u64 now)
{
	struct crumb_ev_held *e;
	struct held_queue q;
	__u64 since;
	__u16 why;

	dir &= 1;
	held_read(tp, &q);
	if (q.unsent && !flow_wants(f, dir, q.snd_nxt, q.unsent))
		return;
	why = held_why(sk, tp, &q, now);
	if (f->held_ns[dir] > now) /* an ACK came between and was looked at: that is newer */
		return;
	since = after ? now : held_since(f, dir, now);
	f->held_ns[dir] = now;
	if (why == f->held_why[dir])
		return;
	e = ring_reserve(sizeof(*e), CRUMB_PT_TCP_HELD);
	if (!e)
		return;
	f->held_why[dir] = why; /* not before: a record that is lost must come again */
	event_head(&e->h, CRUMB_EV_HELD, sizeof(*e), now);
	e->flow = f->id;
	e->dir = dir;
	e->why = why;
	e->after = after;
	e->since_ns = since;
	e->netns = sock_netns(sk);
	e->snd_una = q.snd_una;
	e->snd_nxt = q.snd_nxt;
	e->write_seq = q.snd_nxt + q.unsent;
	e->snd_wnd = q.snd_wnd;
	e->snd_cwnd = q.cwnd;
	e->in_flight = q.in_flight;
	e->mss = q.mss;
	ring_submit(e);
}

#endif
