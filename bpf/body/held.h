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

#define TCP_NAGLE_OFF	 1 /* include/net/tcp.h */
#define TCP_NAGLE_CORK	 2
#define TCP_CA_RECOVERY	 3 /* include/uapi/linux/tcp.h; TCP_CA_Loss is 4 */
#define TSQ_WAITING	 3 /* bits TSQ_THROTTLED and TSQ_QUEUED of sk_tsq_flags, include/linux/tcp.h */
#define SK_PACING_NEEDED 1 /* include/net/sock.h */

static __always_inline bool seq_after(__u32 a, __u32 b)
{
	return (__s32)(b - a) < 0;
}

/* tcp_nagle_check() and tcp_minshall_check(), for less than one TCP segment */
static __always_inline __u16 held_small(const struct tcp_sock *tp)
{
	__u8 nonagle = KBITS(tp, nonagle);

	if (nonagle & TCP_NAGLE_CORK)
		return CRUMB_HELD_CORK;
	if (!nonagle && K(tp, packets_out) && seq_after(K(tp, snd_sml), K(tp, snd_una)) &&
	    !seq_after(K(tp, snd_sml), K(tp, snd_nxt)))
		return CRUMB_HELD_NAGLE;
	return 0;
}

static __always_inline __u32 tcp_in_flight(const struct tcp_sock *tp)
{
	return K(tp, packets_out) - (K(tp, sacked_out) + K(tp, lost_out)) + K(tp, retrans_out);
}

static __always_inline __u16 held_why(const struct sock *sk, const struct tcp_sock *tp, __u64 now)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	__u32 unsent = K(tp, write_seq) - K(tp, snd_nxt), mss = K(tp, mss_cache);
	__u32 first = unsent < mss ? unsent : mss;
	__u16 why = CRUMB_HELD_UNSENT;

	if (!unsent)
		return 0;
	if (K(sk, sk_pacing_status) == SK_PACING_NEEDED && K(tp, tcp_wstamp_ns) > now)
		why |= CRUMB_HELD_PACING;
	if (BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state) >= TCP_CA_RECOVERY)
		why |= CRUMB_HELD_RECOVERY;
	if (tcp_in_flight(tp) >= K(tp, snd_cwnd))
		why |= CRUMB_HELD_CWND;
	if (seq_after(K(tp, snd_nxt) + first, K(tp, snd_una) + K(tp, snd_wnd)))
		why |= CRUMB_HELD_RWND;
	if (unsent < mss)
		why |= CRUMB_HELD_PARTIAL | held_small(tp);
	if (K(sk, sk_tsq_flags) & TSQ_WAITING)
		why |= CRUMB_HELD_TSQ;
	return why;
}

static __always_inline bool held_any(const struct tcp_sock *tp)
{
	return K(tp, write_seq) != K(tp, snd_nxt);
}

/* The sending socket of a followed flow, whose bytes go in direction @dir. */
static __always_inline void held_look(const struct sock *sk, const struct tcp_sock *tp,
				      struct crumb_flow *f, __u8 dir, bool after)
{
	__u64 now = bpf_ktime_get_ns(), since;
	struct crumb_ev_held *e;
	__u16 why;

	dir &= 1;
	if (held_any(tp) && !flow_wants(f, dir, K(tp, snd_nxt), K(tp, write_seq) - K(tp, snd_nxt)))
		return;
	why = held_why(sk, tp, now);
	since = !after && f->sent_ns[dir] > f->held_ns[dir] ? f->sent_ns[dir] : now;
	f->held_ns[dir] = now;
	if (why == f->held_why[dir])
		return;
	f->held_why[dir] = why;
	e = ring_reserve(sizeof(*e), CRUMB_PT_TCP_HELD);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_HELD, sizeof(*e), now);
	e->flow = f->id;
	e->dir = dir;
	e->why = why;
	e->after = after;
	e->since_ns = since;
	e->netns = sock_netns(sk);
	e->snd_una = K(tp, snd_una);
	e->snd_nxt = K(tp, snd_nxt);
	e->write_seq = K(tp, write_seq);
	e->snd_wnd = K(tp, snd_wnd);
	e->snd_cwnd = K(tp, snd_cwnd);
	e->in_flight = tcp_in_flight(tp);
	e->mss = K(tp, mss_cache);
	ring_submit(e);
}

#endif
