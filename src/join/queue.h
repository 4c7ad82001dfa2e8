/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of one source on their way to being merged: bytes in, bytes out, in order. */
#ifndef CRUMB_JOIN_QUEUE_H
#define CRUMB_JOIN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

struct queue {
	char *bytes;
	size_t at, len, cap;
};

int queue_put(struct queue *q, const struct crumb_event *ev); /* 0 or -ENOMEM */

/* The oldest, NULL if there is none; until the next put. Only its own size may be read. */
const struct crumb_event *queue_head(const struct queue *q);
void queue_pop(struct queue *q);
/* Those stay of which @keep says so. How many went. It may change an event's time. */
size_t queue_sift(struct queue *q, bool (*keep)(void *ctx, struct crumb_event *ev), void *ctx);
void queue_done(struct queue *q);

static inline size_t queue_bytes(const struct queue *q)
{
	return q->len - q->at;
}

#endif
