// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of devices (kernel/irq/handle.c), and when the receive softirq is asked for, begins and ends (kernel/softirq.c). Hot, and
 * about no packet: what no interrupt began, as between the two ends of a veth, costs no look at the clock.
 */
#include "body/poll.h"

#define NET_RX_SOFTIRQ 3 /* include/linux/interrupt.h */

/* NULL: another softirq. */
static __always_inline struct crumb_softirq *receive_softirq(unsigned int nr)
{
	return nr == NET_RX_SOFTIRQ ? softirq_here() : NULL;
}

TRACEPOINT(irq_handler_entry, int irq)
{
	struct crumb_softirq *p = softirq_here();

	if (!p)
		return 0;
	p->irq = irq;
	p->irq_ns = bpf_ktime_get_ns();
	card_strikes(irq, p->irq_ns);
	if (p->run_ns &&
	    !p->mid_ns) { /* net_rx_action() polls that device, too, before it ends (since 6.4) */
		p->mid_ns = p->irq_ns;
		p->mid_irq = irq;
	}
	return 0;
}

TRACEPOINT(irq_handler_exit, int irq)
{
	struct crumb_softirq *p = softirq_here();

	if (p)
		p->irq_ns = 0;
	return 0;
}

/* By an interrupt's handler; or by net_rx_action(), which has done enough for once: devices are left, those that asked meanwhile, too. */
static __always_inline void raised(struct crumb_softirq *p)
{
	if (p->irq_ns) {
		p->raised_ns = p->irq_ns;
		p->raised_irq = p->irq;
	} else if (p->mid_ns) {
		p->raised_ns = p->mid_ns;
		p->raised_irq = p->mid_irq;
	} else if (p->run_ns > CRUMB_SOFTIRQ_RUNS) {
		p->raised_ns = bpf_ktime_get_ns();
		p->raised_irq = 0;
	} else {
		return;
	}
	p->within_ns = p->run_ns;
}

TRACEPOINT(softirq_raise, unsigned int nr)
{
	struct crumb_softirq *p = receive_softirq(nr);

	if (!p)
		return 0;
	if (p->irq_ns && p->irq_ns == p->mid_ns) /* this run does not poll it */
		p->mid_ns = 0;
	if (!p->raised_ns)
		raised(p);
	return 0;
}

TRACEPOINT(softirq_entry, unsigned int nr)
{
	struct crumb_softirq *p = receive_softirq(nr);

	if (!p)
		return 0;
	cards_run();
	p->mid_ns = 0;
	p->told_skb = 0;
	if (!p->raised_ns) {
		p->run_ns = CRUMB_SOFTIRQ_RUNS;
		return 0;
	}
	p->due_ns = p->raised_ns;
	p->due_within_ns = p->within_ns;
	p->due_irq = p->raised_irq;
	p->raised_ns = 0;
	p->run_ns = bpf_ktime_get_ns();
	return 0;
}

TRACEPOINT(softirq_exit, unsigned int nr)
{
	struct crumb_softirq *p = receive_softirq(nr);

	if (!p)
		return 0;
	p->run_ns = 0;
	if (!p->raised_ns)
		cards_polled();
	return 0;
}
