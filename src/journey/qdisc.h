/* SPDX-License-Identifier: GPL-2.0-only */
/* The queueing disciplines on a message's way, by name (tc's "kind"). Private to journey/. */
#ifndef CRUMB_JOURNEY_QDISC_H
#define CRUMB_JOURNEY_QDISC_H

#include "path.h"

#define QDISCS_KEPT 64 /* of one connection */

/* Of what kind that one was in which the packet was seen there; NULL: it was not told (an older trace). */
const char *qdisc_kind(const struct message *m, const struct path_step *s);

#endif
