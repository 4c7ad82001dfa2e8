/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By which route a packet was forwarded: the entry of the table that it meets, the next hop and that one's link-layer address, asked of the kernel over rtnetlink
 * behind the packet, as `ip route get fibmatch` and `ip neigh get` do. Reads only.
 */
#ifndef CRUMB_PROBE_ROUTE_LOOK_H
#define CRUMB_PROBE_ROUTE_LOOK_H

#include "stream.h"

struct routes;

struct routes *routes_new(void); /* NULL: no memory */
void routes_free(struct routes *r);

/* The addresses of connections, and which of them are translated: of these no route is told. */
void routes_flow(struct routes *r, const struct crumb_ev_flow *ev);
void routes_nat(struct routes *r, const struct crumb_ev_nat *ev);

/* A packet that leaves a device, and was received here. Its route as an event of its time, if none was told for a second. */
int routes_packet(struct routes *r, const struct crumb_ev_skb *ev, event_fn out, void *ctx);

#endif
