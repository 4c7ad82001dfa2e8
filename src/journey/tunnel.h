/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets in packets: where a message's bytes pass in those of a tunnel, the sightings are of the outer ones, and carry the number
 * of the tunnel that was told before (struct crumb_ev_tunnel). Private to journey/.
 */
#ifndef CRUMB_JOURNEY_TUNNEL_H
#define CRUMB_JOURNEY_TUNNEL_H

#include "path.h"

/* The number of the tunnel that the step's packet is in; 0: in none, or the step is of no packet. */
uint16_t tunnel_number(const struct message *m, const struct path_step *s);

/* Which it is, in scratch; NULL: in none. */
const struct journey_tunnel *tunnel_of(struct assembler *a, const struct message *m,
				       const struct path_step *s);

/* GAP_INTO_TUNNEL, GAP_OUT_OF_TUNNEL: between these two steps. */
uint32_t tunnel_facts(const struct message *m, const struct path_step *from,
		      const struct path_step *to);

/* "in vxlan 42, 10.0.0.1 > 10.0.0.2", at the first step that is in it. */
void tunnel_say_step(const struct message *m, const struct path *p, const struct path_step *s,
		     struct words *w);

#endif
