/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why time passed between two neighbouring steps: one table of rows, the first that fits names the
 * cause. A gap that no row fits stays unexplained; causes are read off what was seen, never
 * estimated.
 */
#ifndef CRUMB_JOURNEY_CAUSE_H
#define CRUMB_JOURNEY_CAUSE_H

#include "journey.h"

struct cause_row {
	struct cause cause; /* first: a journey's segments point to it */
	const char *doc;    /* for crumb explain */
};

/* What is known of a gap besides its two points. */
enum gap_fact {
	GAP_AFTER_RETURN = 1 << 0, /* the send call had returned before it ended */
	GAP_RETRANSMIT = 1 << 1,   /* from one transmission to a later one */
	GAP_LATER_SKB = 1 << 2,	   /* it ends in the last of several skbs */
	GAP_SAME_HOST = 1 << 3,	   /* both ends in one namespace */
	GAP_AT_SENDER = 1 << 4,	   /* it begins in the sender's namespace, on the way out */
	GAP_AT_RECEIVER = 1 << 5,  /* it ends in the receiver's, on the way in */
	GAP_OUT_OF_ORDER = 1 << 6, /* bytes before it were missing when it began */
	GAP_OTHER_CPU = 1 << 7,
	GAP_CALL_WENT_ON = 1 << 8, /* the recv call went on to copy later bytes */
	/* what kept the bytes in the send queue when it began: at most one */
	GAP_RECOVERY = 1 << 9,
	GAP_PACING = 1 << 10,
	GAP_CWND = 1 << 11,
	GAP_RWND = 1 << 12,
	GAP_CORK = 1 << 13,
	GAP_NAGLE = 1 << 14,
	GAP_AUTOCORK = 1 << 15,
	GAP_TSQ = 1 << 16,
	GAP_TSO_DEFER = 1 << 17,
	GAP_SLEPT = 1 << 18,	    /* the sender slept for buffer space, most of it */
	GAP_OTHER_KERNEL = 1 << 19, /* its ends are on two kernels */
	/* what the reader did when it began, before it called recv: at most one */
	GAP_BUSY = 1 << 20,
	GAP_BLOCKED = 1 << 21,
	GAP_PUT_OFF = 1 << 22,
	GAP_RUNNABLE = 1 << 23,
	GAP_UNSEEN = 1 << 25,	   /* not known: likewise */
	GAP_BACKLOG = 1 << 24,	   /* it ends in TCP, for a packet out of the socket's backlog */
	GAP_DATAGRAM = 1 << 26,	   /* UDP */
	GAP_INTO_TUNNEL = 1 << 27, /* it ends in a packet that carries the message's */
	GAP_OUT_OF_TUNNEL = 1 << 28,
	GAP_STOPPED = 1 << 29, /* what the reader did: likewise */
	GAP_HOOKED = 1 << 30,  /* it begins where a hook of netfilter gets the packet */
	GAP_DRIVER_XOFF =
		1ll << 32, /* it begins in a qdisc, while the driver has stopped the device's queue */
	GAP_STACK_XOFF = 1ll << 33, /* ... its limit of bytes (BQL) has */
	GAP_PACED = 1ll << 34,	    /* ... and fq lets it go at its time */
	GAP_VETH = 1ll << 35,	    /* it begins where a veth's driver gets the packet */
	GAP_TO_HOOK = 1ll << 31,    /* it ends there */
	GAP_POLL_DUE =
		1ll << 37, /* it ends where a poll begins, or gives the packet, that was due when it began */
	GAP_SENDER_WOKEN = 1ll << 38, /* it ends where the sending thread is woken */
	GAP_HARDWARE = 1ll << 36, /* a switch that was recorded says that its hardware forwarded */
};

/* Row for the time from point @from to point @to, NULL if none fits. */
const struct cause_row *cause_find(uint16_t from, uint16_t to, uint64_t facts);

/* Row of that stable name, NULL if there is none; and the i-th, NULL past the last. */
const struct cause_row *cause_by_code(const char *code);
const struct cause_row *cause_at(unsigned int i);

#endif
