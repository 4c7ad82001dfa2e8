/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tunnels the bytes of a followed connection pass: told once for each, direction and namespace (struct crumb_ev_tunnel). */
#ifndef CRUMB_BODY_TUNNEL_H
#define CRUMB_BODY_TUNNEL_H

#include "body/head.h"

/* A global function: its stack is not that of its many callers, and it is verified once. */
__weak __noinline int tunnel_tell(const struct packet_head *h, __u32 flow, __u32 dir, __u32 netns)
{
	struct crumb_ev_tunnel *e;
	struct crumb_tunnel t; /* before 6.2 a key may not lie in what is only known as memory */
	__u8 one = 1;

	if (!crumb_cfg.tunnels || !h)
		return 0;
	t = h->tunnel;
	t.flow = flow;
	t.netns = netns;
	t.dir = dir;
	t.pad0 = 0;
	if (bpf_map_lookup_elem(&tunnels, &t))
		return 0;
	e = ring_reserve(sizeof(*e), CRUMB_PT_FLOW);
	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_TUNNEL, sizeof(*e), bpf_ktime_get_ns());
	e->flow = flow;
	e->dir = dir;
	e->kind = t.kind;
	e->number = h->p.tunnel;
	e->netns = netns;
	e->key = t.key;
	e->has_key = t.has_key;
	e->pad0[0] = e->pad0[1] = e->pad0[2] = 0;
	e->pad1 = 0;
	__builtin_memcpy(e->from, t.from, sizeof(e->from));
	__builtin_memcpy(e->to, t.to, sizeof(e->to));
	ring_submit(e);
	bpf_map_update_elem(&tunnels, &t, &one, BPF_ANY);
	return 1;
}

#endif
