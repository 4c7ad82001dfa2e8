/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adds to the recorded stream what its numbers mean while it can still be asked: names of namespaces and devices, the
 * forwarding table behind a bridge's decision, functions behind addresses, drop reasons. Sits between the merge
 * and every consumer, so that live analysis and trace file get the same facts at the same place.
 */
#ifndef CRUMB_PROBE_ANNOTATE_H
#define CRUMB_PROBE_ANNOTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "psample.h"
#include "stream.h"

struct annotate;
struct btf;

/* Fill host and lab of a namespace that the caller knows better (a lab's); false: it does not. */
typedef bool (*annotate_name_fn)(uint32_t netns, struct crumb_ev_netns *fact);

/* @types: the running kernel's, read now and not kept. */
int annotate_new(const struct btf *types, annotate_name_fn name, event_fn out, void *ctx,
		 struct annotate **ret);
void annotate_free(struct annotate *a);

/* Functions will be asked for: their names are read now. */
void annotate_load_functions(struct annotate *a);

/* An event_fn; @annotate is the struct annotate. Facts needed by @ev go out just before it. */
int annotate_event(void *annotate, const struct crumb_event *ev);

/* CRUMB_EV_HOST of this machine and CRUMB_EV_SYNC of its clock, first thing in a stream. */
int annotate_host(struct annotate *a, uint64_t time_ns);

/*
 * Of packets that such hardware forwards and tells of (psample) those of what is followed are in the stream. What @expr takes, NULL everything, is followed from
 * then on, with @take's number. @expr stays the caller's.
 */
void annotate_samples(struct annotate *a, const char *expr, psample_take_fn take, void *ctx);

/* That connection is no longer followed. */
void annotate_forget_flow(struct annotate *a, const struct crumb_ev_flow *flow);

/*
 * What no event speaks of, if it is time to look again, or @at_once; as events of @now_ns: what the hardware of switches here does and has
 * counted, what NTP or PTP say of the machine's clock.
 */
int annotate_look(struct annotate *a, uint64_t now_ns, bool at_once);

/* Learn a namespace now, before it may vanish. */
int annotate_netns(struct annotate *a, uint32_t netns, uint64_t time_ns);

#endif
