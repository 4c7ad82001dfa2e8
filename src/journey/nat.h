/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a connection's addresses are translated (NAT), as the kernel's conntrack told it: a connection has a name on each
 * side of it. Its own is the one that its initiator uses. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_NAT_H
#define CRUMB_JOURNEY_NAT_H

#include "path.h"

struct conn_nat {
	uint32_t netns;
	uint8_t how; /* CRUMB_NAT_* */
	uint8_t dir; /* of the initiator's bytes: they pass from before to after */
	struct journey_address before[2], after[2]; /* by end of the connection */
};

/* The port of the receiver of direction @dir as it knows it itself, behind all translations. */
uint16_t nat_last_port(const struct conn *c, uint8_t dir);

/* The translations on the message's way, in its direction. In scratch. 0 or -ENOMEM. */
int nat_build(struct assembler *a, const struct message *m, const struct path *p, struct journey *j);

/* The names behind a translation, at the first step that is there. */
void nat_say_step(const struct message *m, const struct path *p, const struct path_step *s,
		  struct words *w);

#endif
