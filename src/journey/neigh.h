/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Neighbour resolution (ARP, RFC 826; ND, RFC 4861) on a message's way: an skb whose next hop has no link-layer address waits in
 * the neighbour's queue. The records name the neighbour, not the skb: joined by namespace, device and time. Private
 * to journey/.
 */
#ifndef CRUMB_JOURNEY_NEIGH_H
#define CRUMB_JOURNEY_NEIGH_H

#include <stdint.h>

#include "event.h"

#define NEIGHS_KEPT \
	256 /* newest records; an older one is on no path that is still open, as a rule */

struct neighs {
	struct crumb_ev_neigh kept[NEIGHS_KEPT];
	uint32_t next;
};

void neighs_add(struct neighs *n, const struct crumb_ev_neigh *ev);

/*
 * The first record at @point of that device within (@from_ns, @to_ns); NULL none.
 */
const struct crumb_ev_neigh *neighs_find(const struct neighs *n, uint8_t point, uint32_t netns,
					 uint32_t ifindex, uint64_t from_ns, uint64_t to_ns);

#endif
