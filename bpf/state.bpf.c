// SPDX-License-Identifier: GPL-2.0-only
/* What TCP does with a connection by itself: bytes sent again, a new state (net/ipv4/tcp_output.c, tcp.c). */
#include "body/failed.h"
#include "body/held.h"
#include "body/ktls.h"
#include "body/process.h"
#include "body/sock.h"

/*
 * What made TCP send bytes again: before Recovery only the tail loss probe does. In Loss it is the timer that put it there,
 * the first time in a row that it ran out with this byte unacknowledged; later ones there follow ACKs.
 */
static __always_inline __u8 resent_by(const struct sock *sk, const struct tcp_sock *tp,
				      struct crumb_flow *f, __u8 dir, __u32 seq)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	__u8 state = BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state);
	__u8 times = BPF_CORE_READ(icsk, icsk_retransmits);
	__u32 una = K(tp, snd_una);

	dir &= 1;
	if (state < TCP_CA_RECOVERY)
		return CRUMB_RESENT_TLP;
	if (state == TCP_CA_RECOVERY)
		return CRUMB_RESENT_FAST;
	if (seq != una || !times || (times == f->rto_times[dir] && una == f->rto_una[dir]))
		return CRUMB_RESENT_REPAIR;
	f->rto_times[dir] = times;
	f->rto_una[dir] = una;
	return CRUMB_RESENT_RTO;
}

TRACEPOINT(tcp_retransmit_skb, const struct sock *sk, const struct sk_buff *skb)
{
	/* Newer kernels say whether it went out: here that is the third argument. */
	bool failed = crumb_cfg.retransmit_has_err && (int)ctx[2];
	__u32 seq = skb_cb_word(skb, 0), end_seq = skb_cb_word(skb, 1), gso = skb_cb_word(skb, 2);
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	struct tcp_sock *tp;
	__u8 dir;

	if (failed)
		return 0;
	f = sock_flow(sk, false, &dir);
	if (!f || seq == end_seq || !flow_wants(f, dir, seq, end_seq - seq))
		return 0;
	tp = sock_tcp(sk);
	if (!tp)
		return 0;
	e = sock_record(sk, tp, f, dir, CRUMB_PT_TCP_RETRANSMIT, bpf_ktime_get_ns());
	if (!e)
		return 0;
	e->flags = resent_by(sk, tp, f, dir, seq);
	e->seq = seq;
	e->bytes = end_seq - seq;
	e->skb = (__u64)skb;
	e->segs = gso; /* what TcpRetransSegs is counted up by: tcp_skb_pcount() */
	e->mss = gso >> 16;
	ring_submit(e);
	f->held_why[dir & 1] = CRUMB_HELD_STALE; /* what holds the queue now is told anew */
	return 0;
}

/* tcp_v4_connect(): the socket has no port of its own yet. See connect_waits(). */
static __always_inline void connect_begins(const struct sock *sk)
{
	struct task_state *ts = task_state_get(task_now());

	if (ts && ts->in_call && ts->selected)
		ts->connect_sk = (__u64)sk;
}

static __always_inline int state_set(const struct sock *sk, int old_state, int new_state)
{
	struct crumb_ev_state *e;
	struct crumb_flow *f;
	struct tcp_sock *tp;
	struct tuple t;
	__u8 dir;

	if (new_state == TCP_LISTEN && tasks_asked() && task_selected(task_now())) {
		listen_to(sock_netns(sk), K(sk, __sk_common.skc_num), 0);
		return 0;
	}
	if (new_state == TCP_SYN_SENT && tasks_asked()) {
		connect_begins(sk);
		connect_asked(sk);
	}
	if (old_state == TCP_SYN_SENT && tasks_asked())
		connect_ends(sk);
	if (!sock_tuple(sk, &t))
		return 0;
	f = known_flow(sk, &t, &dir);
	if (!f)
		return 0;
	tp = sock_tcp(sk);
	if (tp && bpf_core_field_exists(tp->is_mptcp) && K(tp, is_mptcp) && !f->aside) {
		f->aside = CRUMB_ASIDE_MPTCP;
		count_aside(CRUMB_ASIDE_MPTCP);
	}
	if (old_state == BPF_TCP_ESTABLISHED || old_state == BPF_TCP_CLOSE_WAIT)
		flow_is_ktls(f, sk,
			     dir); /* where no call that could be seen has said so before the end */
	e = ring_reserve(sizeof(*e), CRUMB_PT_STATE);
	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_STATE, sizeof(*e), bpf_ktime_get_ns());
	e->flow = f->id;
	e->end = dir; /* bytes of direction d come from end d */
	e->old_state = old_state;
	e->new_state = new_state;
	e->pad0 = 0;
	e->netns = sock_netns(sk);
	e->tgid = bpf_get_current_pid_tgid() >> 32;
	ring_submit(e);
	return 0;
}

TRACEPOINT(inet_sock_set_state, const struct sock *sk, int old_state, int new_state)
{
	return state_set(sk, old_state, new_state);
}

EVENT(sock, inet_sock_set_state, inet_sock_set_state)
{
	return state_set(ctx->skaddr, ctx->oldstate, ctx->newstate);
}
