/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters of tc as they were read, and which of them a packet meets. The kernel asks them by chain and pref, and the first that matches decides:
 * one is named only if nothing that is not understood may have come before it. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_FILTERS_H
#define CRUMB_JOURNEY_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct filters;

struct filters *filters_new(void); /* NULL: no memory */
void filters_free(struct filters *fs);

/* What was read. 0 or -ENOMEM. */
int filters_event(struct filters *fs, const struct crumb_ev_filter *ev);

struct filter_packet { /* a packet at a device's side */
	uint32_t netns, ifindex;
	bool egress;
	uint8_t ip_version, proto;
	bool macs_known, addresses_known; /* else what asks for them is not known to match */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vid;	 /* of its tag, 0: it has none */
	bool vid_unsure; /* a bridge may have given it another one, or taken it away */
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
};

struct filter_hit {
	const struct crumb_ev_filter *filter; /* as it was read last; lives as long as nothing is read */
	bool only;			      /* the only one that can be meant; else the first */
	uint64_t packets; /* in hardware: between two readings before and after */
	uint64_t from_ns, to_ns;
};

/*
 * Which one dropped it in the kernel at @ns, by the newest reading: is meant, and has counted something if that was read behind it. False: several
 * can be, or none.
 */
bool filters_dropped(const struct filters *fs, const struct filter_packet *p, uint64_t ns,
		     struct filter_hit *ret);

/*
 * Which one the hardware drops it by, if it comes there between @from_ns and @to_ns: it was there before and after, and counted something
 * meanwhile. False: several can be, or none.
 */
bool filters_drops_in_hardware(const struct filters *fs, const struct filter_packet *p,
			       uint64_t from_ns, uint64_t to_ns, struct filter_hit *ret);

/* The one in hardware that the packet's trap names by its cookie, else the one that drops it there. NULL: none is known. */
const struct crumb_ev_filter *filters_trapped(const struct filters *fs, const struct filter_packet *p,
					      const uint8_t *cookie, uint8_t cookie_len);

#endif
