/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crumb's words mean: points, causes, verdicts, drop reasons. The one source of explain, of crumb-topics(7) and of
 * the reports. What a point is or a cause is stands in their own tables (point.c, cause.c); here is what those lack.
 */
#ifndef CRUMB_TOPIC_TOPIC_H
#define CRUMB_TOPIC_TOPIC_H

#include <stdbool.h>

#include "point.h"

enum topic_kind {
	TOPIC_POINT,
	TOPIC_CAUSE,
	TOPIC_VERDICT,
	TOPIC_REASON,	    /* why the kernel drops packets */
	TOPIC_CRUMB_REASON, /* and why bytes are lost that the kernel has no name for */
	TOPIC_KINDS,
};

struct topic {
	enum topic_kind kind;
	const char *name;
	const char *words;	   /* a cause's; "" none */
	const char *what;	   /* what it is */
	const char *kernel;	   /* what the kernel does there; "" nothing known */
	const char *state;	   /* which state decides */
	const char *next;	   /* what to look at: lines "command\twhat it shows" */
	const struct point *point; /* TOPIC_POINT */
};

const char *topic_kind_name(enum topic_kind kind); /* "point", "drop reason" ... */

/* By name; drop reasons also as SKB_DROP_REASON_NAME. */
bool topic_find(const char *name, struct topic *ret);

/* All that are described here; false past the last. Drop reasons of the running kernel may be more. */
bool topic_at(unsigned int i, struct topic *ret);

/* How many of @name's letters would have to change to get @other: for suggestions. */
unsigned int topic_distance(const char *name, const char *other);

/* The parts, for topic.c. */
struct topic_more {
	const char *name, *kernel, *state, *next;
};
struct topic_whole {
	const char *name, *what, *kernel, *state, *next;
};
extern const struct topic_more topic_points[], topic_causes[];
extern const struct topic_whole topic_verdicts[], topic_reasons[], topic_crumb_reasons[],
	topic_traps[];

#endif
