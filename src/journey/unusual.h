/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is usual, and what was not. Journeys from one program to another are a class; of each class and each cause in it the
 * distribution of the time per journey is kept, as a histogram: bounded memory, however long the trace. The slowest of each
 * class are kept, too, and at the end the times of their causes are compared with the distributions of those causes.
 */
#ifndef CRUMB_JOURNEY_UNUSUAL_H
#define CRUMB_JOURNEY_UNUSUAL_H

#include "journey.h"

#define UNUSUAL_LEAST 20 /* journeys of a class; of fewer nothing is said */
#define UNUSUAL_MOST  10 /* that are told */
#define UNUSUAL_PARTS 4	 /* causes of one */

struct usual_segment { /* times of one cause in journeys of one class; a journey without it counts as 0 */
	const char *from, *to;	   /* hosts */
	const struct cause *cause; /* NULL: unexplained */
	uint64_t journeys;	   /* that had it */
	uint64_t p50_ns, p99_ns, max_ns;
};

struct usual { /* delivered journeys of one class */
	const char *sender_host, *sender, *receiver_host, *receiver; /* "" unknown */
	uint8_t proto;
	uint64_t journeys;
	uint64_t p50_ns, p99_ns, max_ns;      /* of total_ns */
	const struct usual_segment *segments; /* as they were first seen */
	uint32_t segment_count;
};

struct unusual_part { /* a cause that took longer than usual */
	const struct usual_segment *usual;
	uint64_t ns;
	const char *note; /* of its longest segment; NULL none */
};

struct unusual { /* a journey that took longer than 99 of 100 of its class, and more than twice the median */
	uint8_t id[16];
	uint64_t start_ns, total_ns;
	const struct usual *usual;
	const struct unusual_part *parts; /* the largest excess first; nine tenths of it, or UNUSUAL_PARTS */
	uint32_t part_count;
};

struct trace_unusual {
	const struct usual *usual; /* classes of UNUSUAL_LEAST journeys and more, the largest first */
	uint32_t usual_count;
	const struct unusual *list; /* the largest excess over the median first */
	uint32_t count;
	uint64_t not_compared; /* journeys of classes for which there was no room */
};

struct unusuals;

struct unusuals *unusuals_new(void); /* NULL: no memory */
void unusuals_free(struct unusuals *u);

int unusuals_add(struct unusuals *u, const struct journey *j); /* 0 or -ENOMEM */

/* Compares. *@ret lives as long as @u. 0 or -ENOMEM. */
int unusuals_finish(struct unusuals *u, struct trace_unusual *ret);

#endif
