/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streams of several hosts as they come, joined as join.h does it for files, with one pass: events wait until the clocks of their
 * time are known (JOIN_LIVE_LAG_NS), then go on in order of the axis. Knows no files and no clock: the caller tells what
 * came and what time it is. Memory: what came within the lag; join_live_held() lets the caller bound it, and above JOIN_LIVE_MOST of one
 * stream its events are given up. What is given up, for that or because its time cannot be, is in the stream as a loss.
 */
#ifndef CRUMB_JOIN_JOIN_LIVE_H
#define CRUMB_JOIN_JOIN_LIVE_H

#include "join.h"

#define JOIN_LIVE_LAG_NS 1500000000ull
#define JOIN_LIVE_MOST	 (64u << 20)

struct join_live;

int join_live_new(const struct join_sink *sink, struct join_live **ret); /* 0 or -ENOMEM */
void join_live_free(struct join_live *j);

/* A further stream; its number, or -ENOSPC. */
int join_live_source(struct join_live *j);

/* An event of that stream, which came at @now_ns of any one clock of the caller's. 0, -ENOMEM, -ENOSPC (hosts). */
int join_live_event(struct join_live *j, unsigned int source, const struct crumb_event *ev,
		    uint64_t now_ns);

/* There is more of that stream than the caller can take: events then go on before their clocks are known as well as they will be. */
void join_live_full(struct join_live *j, unsigned int source, uint64_t now_ns);

/* That stream has ended; @expected: with all others. 0 or what the sink returned. */
int join_live_over(struct join_live *j, unsigned int source, bool expected);

/* Time has passed: what is due goes to the sink. 0 or what it returned. */
int join_live_advance(struct join_live *j, uint64_t now_ns);

/* No more comes: all that is left, and the end. */
int join_live_finish(struct join_live *j);

bool join_live_known(const struct join_live *j,
		     unsigned int source); /* has said which host it is, and what time it is there */
/* Nothing has come of it for so long that the others have gone on without it. */
bool join_live_silent(const struct join_live *j, unsigned int source);
size_t join_live_held(const struct join_live *j, unsigned int source); /* bytes */

/* Events of it that were given up. */
struct join_live_loss {
	uint64_t times; /* for their times, far from those that its recorder told */
	uint64_t room;
};

struct join_live_loss join_live_loss(const struct join_live *j, unsigned int source);
const struct clocks *join_live_clocks(const struct join_live *j);

#endif
