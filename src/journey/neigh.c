// SPDX-License-Identifier: GPL-2.0-only
/* See neigh.h. */
#include "neigh.h"

#include <stddef.h>

void neighs_add(struct neighs *n, const struct crumb_ev_neigh *ev)
{
	n->kept[n->next++ % NEIGHS_KEPT] = *ev;
}

const struct crumb_ev_neigh *neighs_find(const struct neighs *n, uint8_t point, uint32_t netns,
					 uint32_t ifindex, uint64_t from_ns, uint64_t to_ns)
{
	const struct crumb_ev_neigh *first = NULL;

	for (uint32_t i = 0; i < NEIGHS_KEPT; i++) {
		const struct crumb_ev_neigh *e = &n->kept[i];

		if (e->point != point || e->netns != netns || e->ifindex != ifindex ||
		    e->h.time_ns <= from_ns || e->h.time_ns >= to_ns)
			continue;
		if (!first || e->h.time_ns < first->h.time_ns)
			first = e;
	}
	return first;
}
