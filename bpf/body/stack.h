/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel stacks at a sighting. A walk costs microseconds, so by default only TCP segments without payload
 * (handshake, FIN) and one message in sample_mask + 1 take them: the others travel unburdened.
 */
#ifndef CRUMB_BODY_STACK_H
#define CRUMB_BODY_STACK_H

#include "body/flow.h"

struct stack_where {
	__u64 now;
	__u32 netns, ifindex;
	__u32 seq, payload;
	__u8 dir, point;
};

static __always_inline bool stack_due(const struct crumb_flow *f, __u8 dir, __u32 seq, __u32 payload)
{
	if (crumb_cfg.stacks == CRUMB_STACKS_OFF)
		return false;
	if (crumb_cfg.stacks == CRUMB_STACKS_FIRST)
		return f->id == 1;
	if (crumb_cfg.stacks == CRUMB_STACKS_ALL || !payload)
		return true;
	return seq_overlap(seq, payload, f->sample_start[dir & 1], f->sample_end[dir & 1]);
}

static __always_inline void stack_record(void *ctx, __u32 flow, const struct stack_where *w)
{
	struct crumb_ev_stack *e = ring_reserve(sizeof(*e), w->point);
	long n;

	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_STACK, sizeof(*e), w->now);
	e->flow = flow;
	e->dir = w->dir;
	e->point = w->point;
	e->flags = w->payload ? 0 : CRUMB_STACK_CONTROL;
	e->netns = w->netns;
	e->ifindex = w->ifindex;
	e->seq = w->seq;
	e->payload = w->payload;
	e->pad0 = 0;
	n = bpf_get_stack(ctx, e->ip, sizeof(e->ip), 0);
	e->depth = n > 0 ? (__u32)n / 8 : 0;
	e->cost_ns = bpf_ktime_get_ns() - w->now;
	ring_submit(e);
}

#endif
