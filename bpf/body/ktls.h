/* SPDX-License-Identifier: GPL-2.0-only */
/* kTLS: the kernel encrypts between the program and TCP (net/tls), and what is written is not what is sent. Such a connection is left aside. */
#ifndef CRUMB_BODY_KTLS_H
#define CRUMB_BODY_KTLS_H

#include "body/sock.h"

static __always_inline void unfollowed_tell(struct crumb_flow *f, __u8 dir, __u32 seq)
{
	struct crumb_ev_unfollowed *e = ring_reserve(sizeof(*e), CRUMB_PT_FLOW);

	f->aside_from[dir & 1] = seq;
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_UNFOLLOWED, sizeof(*e), bpf_ktime_get_ns());
	e->flow = f->id;
	e->dir = dir & 1;
	e->what = CRUMB_ASIDE_KTLS;
	e->pad0 = 0;
	e->seq = seq;
	e->pad1 = 0;
	ring_submit(e);
}

/* From setsockopt(TCP_ULP) on (tls_init(), net/tls/tls_main.c), until the socket is destroyed. */
static __always_inline bool sock_is_ktls(const struct sock *sk)
{
	const struct tcp_ulp_ops *ulp =
		BPF_CORE_READ((const struct inet_connection_sock *)sk, icsk_ulp_ops);
	char name[4] = {};

	if (!ulp)
		return false;
	bpf_core_read(name, sizeof(name), &ulp->name);
	return name[0] == 't' && name[1] == 'l' && name[2] == 's' && !name[3];
}

/*
 * Is the connection of @sk, which sends in direction @dir, one of kTLS by now? What its program wrote before that, and what it read, is
 * followed to its end.
 */
static __noinline bool flow_is_ktls(struct crumb_flow *f, const struct sock *sk, __u32 dir)
{
	const struct tcp_sock *tp = (const void *)sk;

	if (!f || !sk)
		return false;
	if (f->aside)
		return f->aside == CRUMB_ASIDE_KTLS;
	if (!sock_is_ktls(sk))
		return false;
	unfollowed_tell(f, dir, BPF_CORE_READ(tp, write_seq));
	unfollowed_tell(f, dir ^ 1, BPF_CORE_READ(tp, copied_seq));
	f->aside = CRUMB_ASIDE_KTLS;
	count_aside(CRUMB_ASIDE_KTLS);
	return true;
}

#endif
