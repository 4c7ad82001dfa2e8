/* SPDX-License-Identifier: GPL-2.0-only */
/* When events were lost: a journey alive then cannot be trusted. */
#ifndef CRUMB_JOURNEY_LOSSES_H
#define CRUMB_JOURNEY_LOSSES_H

#include "journey.h"

struct loss_span {
	uint64_t from_ns, to_ns, count;
	uint16_t point; /* the only one at which a sighting can be missing; CRUMB_PT_NONE: anything */
};

struct losses {
	struct loss_span *spans; /* those that can touch a journey, in the order in which they were told */
	uint32_t span_count, span_cap;
	struct trace_loss *kinds; /* per cause and point */
	uint32_t kind_count;
	uint64_t total;
};

void losses_done(struct losses *l);
/* Into the sum alone: it touches no journey. */
int losses_count(struct losses *l, const struct crumb_ev_loss *ev);

int losses_add(struct losses *l, const struct crumb_ev_loss *ev); /* 0 or -ENOMEM */

/* Events lost at a time that has some of [@from_ns, @to_ns] in it; not those of point @spared (CRUMB_PT_NONE: all). */
uint64_t losses_within(const struct losses *l, uint64_t from_ns, uint64_t to_ns, uint16_t spared);

#endif
