/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a device's interrupt to its poll. The interrupt calls napi_schedule(), which raises the receive softirq on this CPU; net_rx_action()
 * polls the devices that have asked, all in one run. Which of them a packet's was no tracepoint tells.
 */
#ifndef CRUMB_BODY_POLL_H
#define CRUMB_BODY_POLL_H

#include "body/ring.h"

static __always_inline struct crumb_softirq *softirq_here(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	if (cpu >= CRUMB_MAX_CPUS)
		return NULL;
	asm volatile("" : "+r"(cpu)); /* as in this_cpu() */
	return &crumb_softirqs[cpu & (CRUMB_MAX_CPUS - 1)];
}

/*
 * A followed packet comes out of its device's poll: if that is late, since when was it due? Once for each skb: what was offered for merging comes by
 * again. There each is a new one, whatever its address: that of a merged one is used again at once.
 */
static __always_inline void poll_tell(const struct sk_buff *skb, const struct net_device *dev,
				      const struct crumb_flow *f, __u8 dir, __u32 netns, __u64 now,
				      bool again)
{
	struct crumb_softirq *p = softirq_here();
	struct crumb_ev_poll *e;
	bool due = p && p->run_ns > CRUMB_SOFTIRQ_RUNS;
	__u64 since;

	if (!p || !p->run_ns || (again && p->told_skb == (__u64)skb))
		return;
	since = due ? p->due_ns : p->mid_ns;
	asm volatile("" : "+r"(since)); /* an interrupt may write it any moment: after @now, too */
	if (!since || since > now || now - since < CRUMB_POLL_TOLD_NS)
		return;
	p->told_skb = (__u64)skb;
	e = ring_reserve(sizeof(*e), CRUMB_PT_SOFTIRQ_RUN);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_POLL, sizeof(*e), now);
	e->flow = f->id;
	e->dir = dir;
	e->pad0 = 0;
	e->irq = due ? p->due_irq : p->mid_irq;
	e->netns = netns;
	e->ifindex = K(dev, ifindex);
	e->skb = (__u64)skb;
	e->irq_ns = since;
	e->run_ns = due ? p->run_ns : 0;
	e->within_ns = due ? p->due_within_ns : 0;
	e->by_pid = bpf_get_current_pid_tgid();
	e->pad1 = 0;
	bpf_get_current_comm(e->by_comm, sizeof(e->by_comm));
	ring_submit(e);
}

#endif
