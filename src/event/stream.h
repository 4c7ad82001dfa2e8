/* SPDX-License-Identifier: GPL-2.0-only */
/* What every producer of events (live session, trace file, test) hands to every consumer. */
#ifndef CRUMB_EVENT_STREAM_H
#define CRUMB_EVENT_STREAM_H

#include <stddef.h>

#include "event.h"

/*
 * Called once per event in the order of the stream (time order, but for late stragglers). @ev is borrowed for
 * the length of the call. Returns 0 to go on, a negative errno to stop the producer with that result.
 */
typedef int (*event_fn)(void *ctx, const struct crumb_event *ev);

/*
 * Is @ev, at most @avail bytes long, a record that its consumers may read? Checks size against the type's
 * struct: a shorter one is copied into @scratch (EVENT_SCRATCH_BYTES, 8-aligned) with a zero tail and returned
 * from there. NULL if it is not an event at all (size < header, not a multiple of 8, larger than @avail).
 * An unknown type is returned as it is: consumers ignore it.
 */
#define EVENT_SCRATCH_BYTES 1024
const struct crumb_event *event_check(const void *bytes, size_t avail, void *scratch);

/* Least size of a complete record of that type, 0 if the type is unknown. */
size_t event_type_size(unsigned int type);

/* Where a record of that type has its direction, or the end whose socket it is of: a byte that is 0 or 1. 0: it has none. */
size_t event_dir_offset(unsigned int type);

#endif
