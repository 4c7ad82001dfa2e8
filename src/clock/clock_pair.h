/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two hosts' clocks, related by the packets between them. Samples go in as they are found, roughly in order; what comes out
 * is a line of nodes through the corridor that they leave, so that no packet that was a sample arrives before it left.
 *
 * Clocks are CLOCK_MONOTONIC of each host: slewed, never stepped while a host runs; a guest that is paused or moved steps all the
 * same, so that is found and said.
 */
#ifndef CRUMB_CLOCK_PAIR_H
#define CRUMB_CLOCK_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum clock_state {
	CLOCK_EXACT,   /* one kernel */
	CLOCK_BOUNDED, /* packets both ways: offset ± bound */
	CLOCK_SYNCED, /* NTP or PTP on both, which say how far they are off; and packets one way, or none */
	CLOCK_ONE_WAY, /* packets one way only: delays are relative to the least one, not absolute */
	CLOCK_INCONSISTENT, /* a clock stepped here */
	CLOCK_NONE,	    /* nothing relates them */
	CLOCK_STATES,
};

const char *clock_state_name(enum clock_state s);

#define CLOCK_UNKNOWN UINT64_MAX /* a bound that nobody knows */

struct clock_at {
	enum clock_state state;
	int64_t offset_ns; /* of the second host's clock against the first's */
	uint64_t bound_ns; /* the true offset is within offset_ns ± bound_ns */
};

struct clock_node {
	int64_t x_ns; /* on the first host's clock */
	int64_t offset_ns;
	uint64_t bound_ns;
	double slope; /* drift there */
	double rate;  /* how fast the bound grows away from it, where there are no more samples */
	enum clock_state state;
	bool after_step; /* a step lies between the node before and this one */
};

struct clock_pair;

struct clock_pair *clock_pair_new(void); /* NULL: no memory */
void clock_pair_free(struct clock_pair *p);

/*
 * A packet was seen leaving one host and arriving at the other, at @x_ns on the first host's clock and @y_ns on the
 * second's. @forward: from the first to the second. 0 or -ENOMEM.
 */
int clock_pair_add(struct clock_pair *p, bool forward, int64_t x_ns, int64_t y_ns);

/*
 * NTP or PTP on both hosts say that at @x_ns the offset was @offset_ns, and that they may be off by @error_ns together. Used where packets do
 * not go both ways, and only if those that went do not contradict it. 0 or -ENOMEM.
 */
int clock_pair_report(struct clock_pair *p, int64_t x_ns, int64_t offset_ns, uint64_t error_ns);

/*
 * Live: nodes are made for each slot, and soon, as whoever asks cannot wait; old ones are forgotten. None is made before it is said that
 * all samples of before @x_ns have come: two hosts' packets need not come at one pace.
 */
void clock_pair_set_live(struct clock_pair *p);
int clock_pair_advance(struct clock_pair *p, int64_t x_ns); /* 0 or -ENOMEM */

/* No more samples. Nodes are made as samples come; this makes the last ones. 0 or -ENOMEM. */
int clock_pair_finish(struct clock_pair *p);

/* At @x_ns of the first host's clock; at @y_ns of the second's. */
struct clock_at clock_pair_at(const struct clock_pair *p, int64_t x_ns);
int64_t clock_pair_x(const struct clock_pair *p,
		     int64_t y_ns); /* the first host's time when the second's is @y_ns */

const struct clock_node *clock_pair_nodes(const struct clock_pair *p, size_t *ret_n);
uint64_t clock_pair_samples(const struct clock_pair *p, bool forward);
uint64_t clock_pair_refuted(
	const struct clock_pair *p); /* what NTP or PTP said and packets contradicted, left out */
uint64_t clock_pair_outliers(const struct clock_pair *p); /* samples that contradicted all others, left out */

#endif
