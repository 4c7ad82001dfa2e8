/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says that the hardware of a switch does in its place: routes and neighbours with their `offload` flags, and what its
 * ports have counted (switchdev; Documentation/networking/switchdev.rst). Over rtnetlink, reads only.
 */
#ifndef CRUMB_PROBE_HW_LOOK_H
#define CRUMB_PROBE_HW_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "stream.h"

#define HW_TELL_MAX 16384 /* routes, and neighbours, that are told of one namespace */

struct nlmsghdr;

/* Does anything there say so: a port with a switch ID, an entry of a bridge's table, one of the first routes? */
bool hw_look_any(uint32_t netns);

/* Counters as CRUMB_EV_COUNT, the bridges' tables as CRUMB_EV_FDB, routes and neighbours as CRUMB_EV_OFFLOAD, tc filters as CRUMB_EV_FILTER, all
 * at @time_ns. */
int hw_look(uint32_t netns, uint64_t time_ns, event_fn fn, void *ctx);

/* One message each; what they do not tell of @ret stays. False: it is none to be told of. */
bool hw_parse_route(const struct nlmsghdr *nlh, struct crumb_ev_offload *ret);
bool hw_parse_neigh(const struct nlmsghdr *nlh, struct crumb_ev_offload *ret);
bool hw_parse_count(const struct nlmsghdr *nlh, struct crumb_ev_count *ret);

#endif
