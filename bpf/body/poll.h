/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a device's interrupt to its poll. The interrupt calls napi_schedule(), which raises the receive softirq on this CPU; net_rx_action()
 * polls the devices that have asked, all in one run. Which of them a packet's was no tracepoint tells; where user space knows which card has
 * which interrupts, it is that card's own.
 */
#ifndef CRUMB_BODY_POLL_H
#define CRUMB_BODY_POLL_H

#include "body/ring.h"

static __always_inline struct crumb_softirq *softirq_here(void)
{
	return OF_THIS_CPU(crumb_softirqs);
}

/* NULL: a CPU beyond the bound, or no card's interrupt is known. */
static __always_inline struct crumb_cards *cards_here(void)
{
	return crumb_irqs.netns ? OF_THIS_CPU(crumb_cards) : NULL;
}

static __always_inline __u32 irq_card(__u32 irq)
{
	if (irq >= CRUMB_IRQS)
		return 0;
	asm volatile("" : "+r"(irq));
	return crumb_irqs.ifindex[irq & (CRUMB_IRQS - 1)];
}

/* @make: take a free place. NULL: no place. */
static __always_inline struct crumb_card *card_of(struct crumb_cards *c, __u32 ifindex, bool make)
{
#pragma unroll
	for (int i = 0; i < CRUMB_CARDS; i++) {
		if (c->card[i].ifindex == ifindex)
			return &c->card[i];
		if (!c->card[i].ifindex) {
			if (!make)
				return NULL;
			c->card[i].ifindex = ifindex;
			return &c->card[i];
		}
	}
	return NULL;
}

static __always_inline void card_strikes(__u32 irq, __u64 now)
{
	__u32 ifindex = irq_card(irq), side;
	struct crumb_cards *c = ifindex ? cards_here() : NULL;
	struct crumb_card *card = c ? card_of(c, ifindex, true) : NULL;

	if (!card)
		return;
	side = c->runs & 1;
	if (card->run[side] == c->runs && card->ns[side])
		return;
	card->run[side] = c->runs;
	card->irq[side] = irq;
	card->ns[side] = now;
}

/* net_rx_action() begins on this CPU. */
static __always_inline void cards_run(void)
{
	struct crumb_cards *c = cards_here();

	if (c)
		c->runs++;
}

/*
 * net_rx_action() ends on this CPU, and nobody has asked for it again: the cards whose interrupts struck meanwhile have been polled by it. What comes
 * next begins with an interrupt of its own.
 */
static __always_inline void cards_polled(void)
{
	struct crumb_cards *c = cards_here();

	if (!c)
		return;
#pragma unroll
	for (int i = 0; i < CRUMB_CARDS; i++)
		c->card[i].ns[c->runs & 1] = 0;
}

struct poll_since {
	__u64 ns;
	__u16 irq;
	__u8 whose; /* CRUMB_POLL_* */
	bool mid;   /* within the run that goes on */
};

/* The packet's own card: its first interrupt since the softirq began last, else the first within this run. */
static __always_inline void poll_own(struct poll_since *s, __u32 ifindex, __u32 netns)
{
	__u32 side, other;
	struct crumb_cards *c = crumb_irqs.netns == netns ? cards_here() : NULL;
	struct crumb_card *card = c ? card_of(c, ifindex, false) : NULL;

	if (!card) {
		other = irq_card(s->irq);
		if (other && (crumb_irqs.netns != netns || other != ifindex))
			s->whose = CRUMB_POLL_OTHERS;
		return;
	}
	side = c->runs & 1;
	if (card->ns[!side] && card->run[!side] + 1 == c->runs) {
		s->mid = false;
		side = !side;
	} else if (card->ns[side] && card->run[side] == c->runs) {
		s->mid = true;
	} else {
		s->whose = irq_card(s->irq) && irq_card(s->irq) != ifindex ? CRUMB_POLL_OTHERS : 0;
		return;
	}
	s->ns = card->ns[side & 1];
	s->irq = card->irq[side & 1];
	s->whose = CRUMB_POLL_OWN;
}

#define POLLED_DIR   32 /* with the flow, as poll_late() is given it: bits */
#define POLLED_AGAIN 40

/*
 * A followed packet comes out of its device's poll: if that is late, since when was it due? Once for each skb: what was offered for merging comes by
 * again. There each is a new one, whatever its address: that of a merged one is used again at once. A global function: verified once.
 */
__weak __noinline int poll_late(__u64 now, __u64 flow, __u32 netns, __u32 ifindex)
{
	struct crumb_softirq *p = softirq_here();
	struct crumb_ev_poll *e;
	bool due = p && p->run_ns > CRUMB_SOFTIRQ_RUNS;
	struct poll_since own;
	__u64 since;

	if (!p || (flow >> POLLED_AGAIN && p->told_skb == p->skb))
		return 0;
	own.ns = due ? p->due_ns : p->mid_ns;
	own.irq = due ? p->due_irq : p->mid_irq;
	own.whose = 0;
	own.mid = !due;
	poll_own(&own, ifindex, netns);
	since = own.ns;
	asm volatile("" : "+r"(since)); /* an interrupt may write it any moment: after @now, too */
	if (!since || since > now || now - since < CRUMB_POLL_TOLD_NS)
		return 0;
	p->told_skb = p->skb;
	e = ring_reserve(sizeof(*e), CRUMB_PT_SOFTIRQ_RUN);
	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_POLL, sizeof(*e), now);
	e->flow = flow;
	e->dir = flow >> POLLED_DIR;
	e->whose = own.whose;
	e->irq = own.irq;
	e->netns = netns;
	e->ifindex = ifindex;
	e->skb = p->skb;
	e->irq_ns = since;
	e->run_ns = own.mid || !due ? 0 : p->run_ns;
	e->within_ns = e->run_ns && since == p->due_ns ? p->due_within_ns : 0;
	e->by_pid = bpf_get_current_pid_tgid();
	e->pad1 = 0;
	bpf_get_current_comm(e->by_comm, sizeof(e->by_comm));
	ring_submit(e);
	return 1;
}

static __always_inline void poll_tell(const struct sk_buff *skb, __u32 flow, __u8 dir, __u32 netns,
				      __u32 ifindex, __u64 now, bool again)
{
	struct crumb_softirq *p = softirq_here();

	/* What no interrupt began, and none came by meanwhile, was due when it was asked for: between the ends of a veth, all. */
	if (!p || !p->run_ns || (p->run_ns == CRUMB_SOFTIRQ_RUNS && !p->mid_ns))
		return;
	p->skb = (__u64)skb; /* as an argument it would have to be a number */
	poll_late(now, flow | (__u64)dir << POLLED_DIR | (__u64)again << POLLED_AGAIN, netns,
		  ifindex);
}

#endif
