// SPDX-License-Identifier: GPL-2.0-only
/* The queueing disciplines on a message's way: see qdisc.h. */
#include "qdisc.h"

#include <errno.h>
#include <string.h>

static bool same_place(const struct crumb_ev_qdisc *q, uint32_t netns, uint32_t ifindex,
		       uint32_t handle)
{
	return q->netns == netns && q->ifindex == ifindex && q->handle == handle;
}

int ingest_qdisc(struct assembler *a, const struct crumb_ev_qdisc *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct crumb_ev_qdisc *q;

	if (!c)
		return 0;
	for (uint32_t i = c->qdiscs.count; i-- > 0;) {
		q = ring_at(&c->qdiscs, i);
		if (!same_place(q, ev->netns, ev->ifindex, ev->handle))
			continue;
		if (!strcmp(q->kind, ev->kind))
			return 0;
		break;
	}
	if (c->qdiscs.count >= QDISCS_KEPT)
		ring_pop(&c->qdiscs, 1);
	q = ring_push(&c->qdiscs);
	if (!q)
		return -ENOMEM;
	*q = *ev;
	return 0;
}

const char *qdisc_kind(const struct message *m, const struct path_step *s)
{
	const struct ring *r = &m->conn->qdiscs;

	for (uint32_t i = r->count; i-- > 0;) {
		const struct crumb_ev_qdisc *q = ring_at(r, i);

		if (q->h.time_ns <= s->ns &&
		    same_place(q, s->netns, s->ifindex, s->seen->dev.qdisc_handle))
			return q->kind;
	}
	return NULL;
}
