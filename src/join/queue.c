// SPDX-License-Identifier: GPL-2.0-only
/* A queue of events: see queue.h. */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_FIRST 65536u

int queue_put(struct queue *q, const struct crumb_event *ev)
{
	size_t size = (ev->size + 7u) & ~(size_t)7;

	if (q->at && q->len + size > q->cap) { /* half of it is free, or it grows */
		memmove(q->bytes, q->bytes + q->at, q->len - q->at);
		q->len -= q->at;
		q->at = 0;
	}
	if (q->len + size > q->cap) {
		size_t cap = q->cap ? 2 * q->cap : QUEUE_FIRST;
		char *bytes;

		while (cap < q->len + size)
			cap *= 2;
		bytes = realloc(q->bytes, cap);
		if (!bytes)
			return -ENOMEM;
		q->bytes = bytes;
		q->cap = cap;
	}
	memcpy(q->bytes + q->len, ev, ev->size);
	q->len += size;
	return 0;
}

const struct crumb_event *queue_head(const struct queue *q)
{
	return q->at < q->len ? (const struct crumb_event *)(q->bytes + q->at) : NULL;
}

void queue_pop(struct queue *q)
{
	q->at += (((const struct crumb_event *)(q->bytes + q->at))->size + 7u) & ~(size_t)7;
	if (q->at == q->len)
		q->at = q->len = 0;
}

size_t queue_sift(struct queue *q, bool (*keep)(void *ctx, struct crumb_event *ev), void *ctx)
{
	size_t to = q->at, gone = 0;

	for (size_t at = q->at, size; at < q->len; at += size) {
		struct crumb_event *ev = (void *)(q->bytes + at);

		size = (ev->size + 7u) & ~(size_t)7;
		if (!keep(ctx, ev)) {
			gone++;
			continue;
		}
		memmove(q->bytes + to, ev, size);
		to += size;
	}
	q->len = to;
	return gone;
}

void queue_done(struct queue *q)
{
	free(q->bytes);
	*q = (struct queue){ 0 };
}
