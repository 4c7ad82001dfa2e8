/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of one host's events can be seen by another host too: bytes that leave it or arrive at it, under a key that both compute
 * alone (addresses, ports, sequence numbers). Private to join/.
 */
#ifndef CRUMB_JOIN_WIRE_H
#define CRUMB_JOIN_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct wire;

struct wire_look {
	uint64_t key;
	bool out; /* leaves the host; else arrives */
	int64_t time_ns;
	/* Another packet may have that key: where it was seen, so that whoever sees two of them there knows. 0: only this one has it. */
	uint64_t place;
};

struct translated;

/* One for each source of events; @names, for all of them, is borrowed, filled with what they tell of translations. NULL: no memory. */
struct wire *wire_new(struct translated *names);
void wire_free(struct wire *w);

/* Take note of @ev. 1: it crosses the host's edge, @ret says how; 0: it does not; -ENOMEM. */
int wire_event(struct wire *w, const struct crumb_event *ev, struct wire_look *ret);

/* The canonical name of a connection, the same on every host. */
uint64_t wire_tuple(const struct crumb_ev_flow *ev);

#endif
