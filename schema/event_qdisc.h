/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of event.h, which includes it: queueing disciplines by name. */
#ifndef CRUMB_EVENT_QDISC_H
#define CRUMB_EVENT_QDISC_H

/* Told before the first sighting of bytes of the connection in it, and again when it is of another kind. */
struct crumb_ev_qdisc {
	struct crumb_event h;
	__u32 flow;
	__u8 dir;
	__u8 pad0[3];
	__u32 netns, ifindex;
	__u32 handle, pad1; /* as in the sightings: crumb_ev_skb.qdisc_handle */
	char kind[16];	    /* "tbf" */
};

#endif
