/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of nftables behind the drops of netfilter, as events: which one can have dropped it, and for how long the rules had been what was
 * read. A namespace's generation (NFTA_GEN_ID) changes with each change of its rules: as it was before the drop and at the reading, the
 * same rules were there in between.
 */
#ifndef CRUMB_PROBE_RULES_H
#define CRUMB_PROBE_RULES_H

#include <stdint.h>

#include "stream.h"

struct rules;

struct rules *rules_new(
	void); /* NULL: no memory. Generations of the namespaces that there are, as they are now. */
void rules_free(struct rules *r);

/* A namespace that is told of: its generation is looked at now, and each second from now on. */
void rules_netns(struct rules *r, uint32_t netns);

/* A drop by netfilter. Its rules as they are now, as an event of its time, but not again within 50 ms: then soon. */
int rules_drop(struct rules *r, const struct crumb_ev_drop *drop, event_fn out, void *ctx);

/* What was put off, if it is time, as events of @now_ns. */
int rules_look(struct rules *r, uint64_t now_ns, event_fn out, void *ctx);

#endif
