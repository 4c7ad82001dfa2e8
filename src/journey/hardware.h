/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hops that no CPU made: a switch whose hardware forwards shows its tables, with the flag `offload` on what the hardware has, and counters,
 * but no step of the packets. Between a frame that left one machine and came to another such a switch is told of if its tables say by
 * themselves that the frame went through: never because it was to be expected. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_HARDWARE_H
#define CRUMB_JOURNEY_HARDWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define HARDWARE_HOPS 4 /* between two steps; more are not told */
#define HARDWARE_HOLD_NS \
	1200000000ull /* journeys wait for the counters after them: probe/annotate.c reads each second */

struct hardware;

struct hardware *hardware_new(void); /* NULL: no memory */
void hardware_free(struct hardware *h);

/* What was read. 0 or -ENOMEM. */
int hardware_dev(struct hardware *h, const struct crumb_ev_dev *ev);
int hardware_fdb(struct hardware *h, const struct crumb_ev_fdb *ev);
int hardware_offload(struct hardware *h, const struct crumb_ev_offload *ev);
int hardware_count(struct hardware *h, const struct crumb_ev_count *ev);

bool hardware_known(const struct hardware *h); /* of any switch at all */

struct hardware_ask {		    /* of a frame between two machines */
	uint32_t from, to;	    /* namespaces where it was seen before and after */
	uint8_t src_mac[6], mac[6]; /* as it left */
	uint16_t vlan;		    /* VID of its tag as it left, 0 none */
	uint8_t dst[16];	    /* IP address */
	uint64_t left_ns, came_ns;
	uint64_t now_ns; /* of the stream: a reading of this very time is not whole yet */
};

struct hardware_hop {
	uint32_t netns, in, out; /* devices; in 0: not known, out 0: one of several */
	bool routed;
	bool extern_learn; /* the entry came from the hardware: NTF_EXT_LEARNED */
	uint16_t vlan;	   /* of the bridge's entry, 0 none */
	uint8_t mac[6]; /* whose entry it is: that by which it goes out; zeroes: none was needed */
	uint8_t addr[16], via[16]; /* the route; via zeroes: none */
	uint8_t prefix;
	uint32_t table;		   /* the route's: RT_TABLE_MAIN, or a VRF's */
	uint64_t left_ns, came_ns; /* as asked */
	bool counted;		   /* between two readings before and after: */
	uint64_t from_ns, to_ns;
	uint64_t in_packets, out_packets, cpu_in, cpu_out; /* cpu_*: CRUMB_COUNT_UNKNOWN */
};

/*
 * A frame to @mac that the CPU of switch @netns sends out of @port, while the hardware has sent it out of another one: a copy that it was
 * given as well (skb->offload_fwd_mark), flooded to ports that are not the hardware's.
 */
bool hardware_sends_copy(const struct hardware *h, uint32_t netns, uint32_t port,
			 const uint8_t mac[6], uint64_t now_ns);

/*
 * Where a frame that was not seen again came to such switches, by their tables: only netns, in, and out if they have an entry or a route for it, are told.
 */
unsigned int hardware_ways(const struct hardware *h, const struct hardware_ask *ask,
			   struct hardware_hop hops[HARDWARE_HOPS]);

/* How many of @hops are filled in, in no order. */
unsigned int hardware_find(const struct hardware *h, const struct hardware_ask *ask,
			   struct hardware_hop hops[HARDWARE_HOPS]);

#endif
