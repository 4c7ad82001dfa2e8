// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a connection that does not end in order: who sent RST and why, who got it (net/ipv4/tcp_output.c,
 * tcp_send_active_reset(); tcp_ipv4.c, tcp_v4_send_reset(); tcp_input.c, tcp_reset()), and when a socket is gone for good.
 * All of it is rare. Only connections that are followed already count.
 */
#include "body/flow.h"

#define PF_EXITING	 0x4 /* include/linux/sched.h */
#define SOCK_DEAD	 0   /* enum sock_flags, include/net/sock.h: since 2.6 */
#define SOCK_LINGER	 4
#define TCP_NEW_SYN_RECV 12

struct resetting {
	struct tuple t; /* from the end that is meant */
	__u32 netns, reason;
	__u8 what;
};

/* Ports and addresses of the packet that the RST answers: it goes back. False: not to be read. */
static __always_inline bool answered_tuple(const struct sk_buff *skb, struct tuple *t)
{
	const unsigned char *l3 = K(skb, head) + K(skb, network_header);
	__u8 h[40], ports[4];
	__u32 at;

	if (bpf_probe_read_kernel(h, sizeof(h), l3))
		return false;
	if ((h[0] >> 4) == 4) {
		t->family = AF_INET;
		v4_mapped(t->b, *(__u32 *)(h + 12));
		v4_mapped(t->a, *(__u32 *)(h + 16));
		at = (h[0] & 15) * 4;
	} else {
		t->family = AF_INET6;
		__builtin_memcpy(t->b, h + 8, 16);
		__builtin_memcpy(t->a, h + 24, 16);
		at = K(skb, transport_header) - K(skb, network_header);
	}
	if (bpf_probe_read_kernel(ports, sizeof(ports), l3 + (at & 0xff)))
		return false;
	t->proto = IPPROTO_TCP;
	t->dport = (__u16)ports[0] << 8 | ports[1];
	t->sport = (__u16)ports[2] << 8 | ports[3];
	return true;
}

static __always_inline bool socket_has_numbers(__u8 state)
{
	return state && state != TCP_TIME_WAIT && state != TCP_LISTEN && state != TCP_NEW_SYN_RECV;
}

static __always_inline void fill_socket(struct crumb_ev_reset *e, const struct sock *sk)
{
	const struct tcp_sock *tp;

	e->state = K(sk, __sk_common.skc_state);
	if (!socket_has_numbers(e->state))
		return;
	tp = sock_tcp(sk);
	if (!tp)
		return;
	e->flags |= CRUMB_RESET_FULL;
	if ((K(sk, __sk_common.skc_flags) & (1ul << SOCK_LINGER)) && !K(sk, sk_lingertime))
		e->flags |= CRUMB_RESET_LINGER0;
	e->rcv_nxt = K(tp, rcv_nxt);
	e->copied_seq = K(tp, copied_seq);
	e->snd_una = K(tp, snd_una);
	e->snd_nxt = K(tp, snd_nxt);
	e->write_seq = K(tp, write_seq);
}

static __always_inline void fill_task(struct crumb_ev_reset *e)
{
	struct task_struct *task = task_now();

	e->flags |= CRUMB_RESET_TASK;
	e->tgid = K(task, tgid);
	e->pid = K(task, pid);
	task_comm(e->comm, task);
	if (!(K(task, flags) & PF_EXITING))
		return;
	e->flags |= CRUMB_RESET_EXITING;
	e->exit_code = K(task, exit_code);
}

/* inet_csk_listen_stop() disconnects what was not accepted before it is an orphan: it has no program's socket yet. */
static __always_inline bool unaccepted(const struct sock *sk)
{
	return !K(sk, sk_socket) && !(K(sk, __sk_common.skc_flags) & (1ul << SOCK_DEAD));
}

static __always_inline int reset_tell(struct resetting *r, const struct sock *sk, __u32 point)
{
	struct crumb_ev_reset *e;
	struct crumb_flow *f;
	__u8 end;

	if (!flow_marked(&r->t))
		return 0;
	r->t.zone = zone_of(&r->t, r->netns);
	f = flow_find(&r->t, &end);
	if (!f)
		return 0;
	e = ring_reserve(sizeof(*e), point);
	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	event_head(&e->h, CRUMB_EV_RESET, sizeof(*e), bpf_ktime_get_ns());
	e->flow = f->id;
	e->end = end;
	e->what = r->what;
	e->netns = r->netns;
	e->reason = r->reason;
	if (sk)
		fill_socket(e, sk);
	/* Timers and packets act on a socket that nobody owns; a call owns it first, but for what waits in a listener's queue. */
	if (sk && r->what == CRUMB_RESET_ABORTED) {
		if (unaccepted(sk))
			e->flags |= CRUMB_RESET_UNACCEPTED;
		if (e->flags & CRUMB_RESET_UNACCEPTED || K(sk, sk_lock.owned))
			fill_task(e);
	}
	ring_submit(e);
	return 0;
}

static __always_inline int answers(const struct sock *sk, const struct sk_buff *skb,
				   struct resetting *r)
{
	const struct dst_entry *dst = (const void *)(K(skb, _skb_refdst) & ~1ul);

	if (!answered_tuple(skb, &r->t))
		return 0;
	r->what = CRUMB_RESET_ANSWERED;
	r->netns = sk ? sock_netns(sk) : BPF_CORE_READ(dst, dev, nd_net.net, ns.inum);
	return reset_tell(r, sk, CRUMB_PT_RESET_SEND);
}

/* With the packet that it answers; without one the socket's owner, or a timer, gives up. */
TRACEPOINT(tcp_send_reset, const struct sock *sk, const struct sk_buff *skb)
{
	struct resetting r = { .reason = CRUMB_REASON_NONE };

	if (crumb_cfg.reset_has_reason)
		r.reason = (__u32)ctx[2] | CRUMB_REASON_RST;
	if (skb)
		return answers(sk, skb, &r);
	if (!sk || !sock_tuple(sk, &r.t))
		return 0;
	r.what = CRUMB_RESET_ABORTED;
	r.netns = sock_netns(sk);
	return reset_tell(&r, sk, CRUMB_PT_RESET_SEND);
}

static __always_inline int at_socket(const struct sock *sk, __u8 what, __u32 point)
{
	struct resetting r = { .reason = CRUMB_REASON_NONE, .what = what };

	if (!sock_tuple(sk, &r.t))
		return 0;
	r.netns = sock_netns(sk);
	return reset_tell(&r, sk, point);
}

TRACEPOINT(tcp_receive_reset, struct sock *sk)
{
	return at_socket(sk, CRUMB_RESET_RECEIVED, CRUMB_PT_RESET_RECV);
}

TRACEPOINT(tcp_destroy_sock, struct sock *sk)
{
	return at_socket(sk, CRUMB_RESET_GONE, CRUMB_PT_SOCK_GONE);
}

EVENT(tcp, tcp_destroy_sock, tcp_event_sk)
{
	return at_socket((void *)ctx->skaddr, CRUMB_RESET_GONE, CRUMB_PT_SOCK_GONE);
}
