/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs at TCP's sockets share: a record of a socket, an skb of its queues. */
#ifndef CRUMB_BODY_SOCK_H
#define CRUMB_BODY_SOCK_H

#include "body/flow.h"

static __always_inline void count_aside(__u32 what)
{
	__sync_fetch_and_add(&crumb_counters.aside[what & 7], 1);
}

static __always_inline struct crumb_ev_sock *sock_record(const struct sock *sk,
							 const struct tcp_sock *tp,
							 const struct crumb_flow *f, __u8 dir,
							 __u8 point, __u64 now)
{
	struct crumb_ev_sock *e = ring_reserve(sizeof(*e), point);

	if (!e)
		return NULL;
	event_head(&e->h, CRUMB_EV_SOCK, sizeof(*e), now);
	e->flow = f->id;
	e->dir = dir;
	e->point = point;
	e->state = K(sk, __sk_common.skc_state);
	e->flags = 0;
	e->netns = sock_netns(sk);
	e->rcv_nxt = K(tp, rcv_nxt);
	e->copied_seq = K(tp, copied_seq);
	e->rmem_alloc = K(sk, sk_backlog.rmem_alloc.counter);
	e->rcvbuf = K(sk, sk_rcvbuf);
	e->tgid = bpf_get_current_pid_tgid() >> 32;
	e->skb = 0;
	e->sk = 0;
	e->seq = 0;
	e->bytes = 0;
	e->segs = 0;
	e->mss = 0;
	e->write_ns = 0;
	return e;
}

/*
 * The record of bytes that @skb carries, to be submitted; NULL: nobody follows them, or there is no room. @comes: they come to @sk, else it
 * sends them.
 */
static __always_inline struct crumb_ev_sock *bytes_record(const struct sock *sk,
							  const struct sk_buff *skb, __u8 point,
							  bool comes, __u32 seq, __u32 bytes,
							  struct crumb_flow **ret_f, __u8 *ret_dir)
{
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	struct tcp_sock *tp;

	f = sock_flow(sk, false, ret_dir);
	if (!f)
		return NULL;
	*ret_dir ^= comes;
	if (!flow_wants(f, *ret_dir, seq, bytes))
		return NULL;
	tp = sock_tcp(sk);
	e = tp ? sock_record(sk, tp, f, *ret_dir, point, bpf_ktime_get_ns()) : NULL;
	if (!e)
		return NULL;
	e->seq = seq;
	e->bytes = bytes;
	e->skb = (__u64)skb;
	*ret_f = f;
	return e;
}

/* TCP_SKB_CB(skb): seq is its first word, end_seq the second; of the third, tcp_gso_segs the lower half, tcp_gso_size the upper. */
static __always_inline __u32 skb_cb_word(const struct sk_buff *skb, __u32 i)
{
#ifdef CRUMB_UNTYPED
	__u32 words[3] = {};

	bpf_core_read(words, sizeof(words), &skb->cb);
	return words[i];
#else
	return *(const __u32 *)(skb->cb + 4 * i);
#endif
}

#endif
