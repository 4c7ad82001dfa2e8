// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the interrupt of a device to the poll that took the packet: two steps between the device that sent it and the one that shows it, where
 * the BPF side told of a softirq that was late. What raised the softirq need not have been this packet; but then it came later still, so of
 * what lies before the packet left nothing is its wait.
 */
#include "path.h"

/* The record that belongs to what was seen; NULL: it was in time, or is forgotten. */
static const struct crumb_ev_poll *poll_of(const struct half *h, const struct sighting *s)
{
	uint32_t lo = 0, hi = h->polls.count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (((const struct crumb_ev_poll *)ring_at(&h->polls, mid))->h.time_ns < s->time_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < h->polls.count; lo++) {
		const struct crumb_ev_poll *e = ring_at(&h->polls, lo);

		if (e->h.time_ns != s->time_ns)
			break;
		if (e->skb == s->skb)
			return e;
	}
	return NULL;
}

/* The packet lies in a ring from one's driver until the other's poll: there is no wire, and that whole is the wait. */
static bool is_veth(const struct assembler *a, const struct path_step *s)
{
	const struct fact_dev *d = facts_dev(a->facts, s->netns, s->ifindex);

	return d && d->veth;
}

static struct path_step *add(struct path *p, uint16_t point, uint64_t ns,
			     const struct path_step *taken, const struct path_step *left)
{
	struct path_step *s;

	if (ns <= left->ns || ns > taken->ns)
		return NULL;
	s = path_add(p, point, ns, taken->order);
	if (!s)
		return NULL;
	s->netns = taken->netns;
	s->ifindex = taken->ifindex;
	s->cpu = taken->cpu;
	s->seen = taken->seen;
	return s;
}

static void add_late(struct path *p, struct path_step *taken, const struct path_step *left,
		     const struct crumb_ev_poll *e)
{
	struct path_step *irq = add(p, CRUMB_PT_DEV_IRQ, e->irq_ns, taken, left), *run;

	if (irq) {
		irq->poll = e;
		irq->exact = false;
	}
	if (!e->run_ns) { /* in the midst of a run */
		taken->poll = e;
		taken->due = !irq;
		return;
	}
	run = add(p, CRUMB_PT_SOFTIRQ_RUN, e->run_ns, taken, left);
	if (!run)
		return;
	run->poll = e;
	run->due = !irq;
	run->exact = taken->exact;
}

void path_find_poll(struct assembler *a, const struct message *m, uint32_t from, struct path *p)
{
	uint32_t count = p->count;

	for (uint32_t i = from; i + 1 < count; i++) {
		struct path_step *taken = &p->steps[i];
		const struct path_step *left = &p->steps[i + 1];
		const struct crumb_ev_poll *e;

		if (taken->point != CRUMB_PT_DEV_GRO && taken->point != CRUMB_PT_DEV_RECEIVE &&
		    taken->point != CRUMB_PT_BRIDGE_IN)
			continue;
		if (!point_is_out(left->point) || is_veth(a, left))
			continue;
		e = poll_of(message_half(m), taken->seen);
		if (e && (!e->run_ns || e->irq_ns <= e->run_ns))
			add_late(p, taken, left, e);
	}
}
