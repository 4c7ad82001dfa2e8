/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of event.h, which includes it: what is told of the way from a device's interrupt to its poll. */
#ifndef CRUMB_EVENT_POLL_H
#define CRUMB_EVENT_POLL_H

/*
 * Told before the sighting of a packet that its device's poll takes in a softirq (dev.gro, dev.receive) CRUMB_POLL_TOLD_NS and more after
 * an interrupt asked for that. It need not have been this packet's: that may have come later. Whose it is known to be is the
 * packet's card's or another one's, where the cards' interrupts are known.
 */
#define CRUMB_POLL_OWN	  1 /* the first of the packet's own card */
#define CRUMB_POLL_OTHERS 2 /* of another network card: its own is not known */

struct crumb_ev_poll {
	struct crumb_event h; /* time: of the sighting */
	__u32 flow;
	__u8 dir;
	__u8 whose; /* CRUMB_POLL_*; 0: of any device, as far as is known */
	__u16 irq; /* number of the interrupt, modulo 65536; 0: the softirq before asked for another one, having done enough */
	__u32 netns, ifindex;
	__u64 skb;
	__u64 irq_ns;	 /* the interrupt: the first since the softirq had begun last */
	__u64 run_ns;	 /* the receive softirq began; 0: before the interrupt, for other packets */
	__u64 within_ns; /* the interrupt struck while an earlier run of it went on, which began then; CRUMB_WITHIN_UNTIMED; 0 not */
	__u32 by_pid;	 /* whose CPU the softirq takes */
	__u32 pad1;
	char by_comm[CRUMB_COMM_BYTES];
};

#define CRUMB_WITHIN_UNTIMED 1 /* when it began is not known */

#endif
