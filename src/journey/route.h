/* SPDX-License-Identifier: GPL-2.0-only */
/* By which route a router of the way forwarded a message (struct crumb_ev_route). Private to journey/. */
#ifndef CRUMB_JOURNEY_ROUTE_H
#define CRUMB_JOURNEY_ROUTE_H

#include "path.h"

#define ROUTES_KEPT \
	64 /* of one connection: the newest; older ones are on no path that is still open, as a rule */

/*
 * "; by 10.50.2.0/24 (kernel), next hop 10.50.2.2 at 02:47:00:00:00:02, reachable; TTL 63" where the packet leaves by the device that the route
 * names.
 */
void route_say(const struct message *m, const struct path_step *s, struct words *w);

#endif
