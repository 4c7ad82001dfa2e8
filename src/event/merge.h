/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One stream in time order out of one stream for each CPU. A CPU's own stream is nearly sorted: an
 * interrupt may record between the moment its victim read the clock and the moment that one's
 * record was submitted.
 *
 * The watermark is the producer's promise that every CPU's events older than it have been handed
 * in.
 */
#ifndef CRUMB_EVENT_MERGE_H
#define CRUMB_EVENT_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "stream.h"

struct merge;

/*
 * @n_queues: CPUs, and one more for each further source whose stream is sorted (facts of user
 * space). NULL: no memory.
 */
struct merge *merge_new(unsigned int n_queues, event_fn out, void *ctx);
void merge_free(struct merge *m);

/*
 * Takes @n bytes of that queue's stream: whole records back to back, or any piece of them as long
 * as the pieces come in order; the bytes are copied. Returns 0, what @out returned, -ENOMEM,
 * -EINVAL (no such queue), or -EBADMSG: the rest of these bytes is no event and was dropped, the
 * queue goes on with the next call. A record older than one that was passed on already is late: it
 * is passed on at once.
 */
int merge_chunk(struct merge *m, unsigned int queue, const void *bytes, size_t n);

/*
 * Passes on what is older than @ns, by time; at the same time by queue, then as it came. 0 or what
 * @out returned.
 */
int merge_watermark(struct merge *m, uint64_t ns);

/* Passes on the rest. -EBADMSG if a queue ends within a record. */
int merge_flush(struct merge *m);

uint64_t merge_late(const struct merge *m);	   /* events passed on out of order */
uint64_t merge_malformed(const struct merge *m);   /* records dropped: event_check() refused them */
size_t merge_pending_bytes(const struct merge *m); /* held now */

#endif
