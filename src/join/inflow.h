/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has come of one stream and waits to be merged: bounded, in order of time as far as it came so, without events whose times cannot be.
 * What is given up is counted, and stands as a loss in front of what comes behind it. Private to join/.
 */
#ifndef CRUMB_JOIN_INFLOW_H
#define CRUMB_JOIN_INFLOW_H

#include "believe.h"
#include "join_live.h"
#include "queue.h"

struct inflow {
	struct queue queue; /* in order of time ... */
	struct queue stray; /* ... and what came behind younger ones: a program was kept off its CPU between clock and record */
	uint64_t put_ns;  /* of the youngest in @queue */
	uint64_t told_ns; /* newest event that has come, on its host's clock */
	struct believe believe;
	struct join_live_loss loss;
	uint64_t lost;			 /* since the last event that stayed ... */
	uint64_t lost_from_ns;		 /* ... and when that was */
	struct {			 /* there was no room */
		uint64_t from_ns, to_ns; /* 0 none; it lasts */
	} gap;
};

/* Can the time of @ev be? Of a fact that cannot be it is made what is told there. */
enum believed inflow_look(struct inflow *f, struct crumb_event *ev);

/* True: there is room for it; false: it is given up. */
bool inflow_has_room(struct inflow *f, const struct crumb_event *ev);

int inflow_put(struct inflow *f, const struct crumb_event *ev); /* 0 or -ENOMEM */

/* The queue whose head is next; NULL: both are empty. */
struct queue *inflow_next(struct inflow *f);

size_t inflow_held(const struct inflow *f); /* bytes */
void inflow_done(struct inflow *f);

#endif
