/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that two hosts saw, from their edges' sightings: samples for the clocks. And, before anything is known of the clocks, how
 * far they are apart roughly. Private to join/.
 */
#ifndef CRUMB_JOIN_MATCH_H
#define CRUMB_JOIN_MATCH_H

#include "clocks.h"
#include "wire.h"

struct match;

struct match *match_new(struct clocks *clocks); /* @clocks is borrowed; NULL: no memory */
void match_free(struct match *m);

/* How long a packet waits for both hosts to tell of it; 5 s if not set. */
void match_set_wait(struct match *m, int64_t wait_ns);

struct match_met {
	unsigned int host; /* CLOCK_HOSTS: nobody has told of that packet yet */
	int64_t ns;	   /* when that host saw it, on its clock */
};

/* @host saw @look; who told of it before. 0 or -ENOMEM. */
int match_look(struct match *m, unsigned int host, const struct wire_look *look,
	       struct match_met *ret);

/* What NTP or PTP say of the clock of @host. 0 or -ENOMEM. */
int match_sync(struct match *m, unsigned int host, const struct crumb_ev_sync *ev);

/* All hosts have told of what was before @axis_ns, as far as the clocks are known: what has waited long enough is settled. */
int match_advance(struct match *m, int64_t axis_ns); /* 0 or -ENOMEM */
int match_finish(struct match *m);

/*
 * The keys of a source with the least hash values, and when they were first seen there: of two sources, the same
 * packets, wherever in the traces they are.
 */
#define SKETCH_KEYS 8192

struct sketch {
	struct sketch_key {
		uint64_t key;
		int64_t time_ns;
	} * keys; /* a heap, the greatest key first */
	uint32_t n;
	bool sorted; /* by key, ascending: no more may be added */
};

int sketch_add(struct sketch *s, const struct wire_look *look); /* 0 or -ENOMEM */
void sketch_done(struct sketch *s);

/* The median of b's time minus a's. False: they have nothing in common. */
bool sketch_offset(struct sketch *a, struct sketch *b, int64_t *ret_ns);

#endif
