/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of a stream's times can be. A recorder tells the time ten times a second; an event lies near what it told last, in front of it and
 * behind. One that does not is left out, or would hold up all hosts until its time has come. If the recorder itself goes on telling another
 * time, it is right: its machine stood still, or what came before was wrong. Private to join/.
 */
#ifndef CRUMB_JOIN_BELIEVE_H
#define CRUMB_JOIN_BELIEVE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define BELIEVE_NS    60000000000ull /* so far from the time that was told last */
#define BELIEVE_TIMES 3		     /* so often is another time told, and then it counts */

struct believe {
	bool began;
	uint64_t told_ns;  /* the time told last; before the first one, of the youngest event */
	bool ticks;	   /* it was told */
	uint64_t other_ns; /* another time, told since ... */
	unsigned int others;
};

enum believed {
	BELIEVE_IT,
	BELIEVE_NOT,
	BELIEVE_MOVED, /* yes, and what came before is to be looked at again */
};

enum believed believe_look(struct believe *b, const struct crumb_event *ev);

/* As things are now. */
bool believe_is_near(const struct believe *b, uint64_t time_ns);

#endif
