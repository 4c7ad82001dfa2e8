/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One host's numbers to those of all hosts together: times to the axis; connections by their addresses; namespaces, threads,
 * kernel addresses and drop reasons so that two hosts' never meet. Private to join/.
 */
#ifndef CRUMB_JOIN_REMAP_H
#define CRUMB_JOIN_REMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks.h"
#include "stream.h"

struct remap;

struct translated;

struct remap *remap_new(const struct clocks *clocks,
			struct translated *names); /* both borrowed, @names may be NULL; NULL: no memory */
void remap_free(struct remap *r);

struct remap_from {
	uint32_t source; /* number of the stream */
	unsigned int host;
	bool shared; /* other streams are of the same host: what two of them tell counts once */
};

/*
 * @ev as all hosts' event in @buf (EVENT_SCRATCH_BYTES, 8-aligned), events that must come before it by @before.
 * 1; 0: it is not to be passed on; negative: -ENOMEM or what @before returned.
 */
struct remap_out {
	event_fn before;
	void *ctx;
};
int remap_event(struct remap *r, const struct remap_from *from, const struct crumb_event *ev,
		void *buf, const struct remap_out *out);

/* A stream has ended: what it alone told may now be told by others of its host. */
void remap_release(struct remap *r, uint32_t source);

#endif
