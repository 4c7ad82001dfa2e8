/* SPDX-License-Identifier: GPL-2.0-only */
/* Which queueing disciplines the bytes of a followed connection come to, by name: told once for each (struct crumb_ev_qdisc). */
#ifndef CRUMB_BODY_QDISC_H
#define CRUMB_BODY_QDISC_H

#include "body/ring.h"

/* A global function: verified once, and its stack is its own. @ops: where struct Qdisc_ops lies. */
__weak __noinline int qdisc_tell(const struct qdisc_key *k, __u64 ops, __u32 dir)
{
	const struct Qdisc_ops *o = (const void *)ops;
	struct crumb_ev_qdisc *e;
	struct qdisc_key key; /* before 6.2 a key may not lie in what is only known as memory */
	__u64 *told;

	if (!k)
		return 0;
	key = *k;
	told = bpf_map_lookup_elem(&qdiscs, &key);
	if (told && *told == ops)
		return 0;
	e = ring_reserve(sizeof(*e), CRUMB_PT_FLOW);
	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_QDISC, sizeof(*e), bpf_ktime_get_ns());
	e->flow = key.flow;
	e->dir = dir;
	e->pad0[0] = e->pad0[1] = e->pad0[2] = 0;
	e->netns = key.netns;
	e->ifindex = key.ifindex;
	e->handle = key.handle;
	e->pad1 = 0;
	__builtin_memset(e->kind, 0, sizeof(e->kind));
	bpf_core_read_str(e->kind, sizeof(e->kind), &o->id);
	ring_submit(e);
	bpf_map_update_elem(&qdiscs, &key, &ops, BPF_ANY);
	return 1;
}

#endif
