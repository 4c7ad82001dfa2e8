/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's table of followed connections (bpf/maps.h), as user space adds to it and takes from it. */
#ifndef CRUMB_PROBE_FLOW_CELLS_H
#define CRUMB_PROBE_FLOW_CELLS_H

#include <stdint.h>

#include "event.h"
#include "settings.h"

struct crumb;

/* How many cells for @max_flows connections: a power of two. */
uint32_t flow_cells_for(uint32_t max_flows);

/*
 * Ends in the order that a key has them: end 0 is the lesser by (port, address). The direction (crumb_ev_skb.dir) of bytes that go from what was
 * end 0; as flow_key() in bpf/body/flow.h.
 */
uint8_t flow_order_ends(struct crumb_ev_flow *f);

/* One that began before the trace. 0: *ret_id is its number, 0 if it is there already; -ENOSPC. */
int flow_cells_add(struct crumb *skel, const struct crumb_flow_key *key, uint32_t *ret_id);

/* The number of the one that is there; 0 none. */
uint32_t flow_cells_find(struct crumb *skel, const struct crumb_flow_key *key);

/* Unless another connection has the same key by now. */
void flow_cells_forget(struct crumb *skel, const struct crumb_flow_key *key, uint32_t id);

#endif
