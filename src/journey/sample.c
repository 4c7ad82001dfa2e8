// SPDX-License-Identifier: GPL-2.0-only
/* A sample has its place among the sightings of its stream, of a kind that is no step, and its record beside them. */
#include "sample.h"

#include <errno.h>

#define LATE_NS \
	1000000000ull /* the switch's CPU tells of it so much later at most: else of another passage */

int ingest_sample(struct assembler *a, const struct crumb_ev_sample *ev)
{
	struct conn *c = assembler_conn(a, ev->s.flow);
	struct crumb_ev_skb seen = ev->s;
	struct crumb_ev_sample *note;
	struct sighting *s;
	int err;

	if (ev->seen_ns > ev->s.h.time_ns) /* of a damaged trace */
		return 0;
	seen.h.time_ns = ev->seen_ns;
	seen.point = CRUMB_PT_NONE;
	seen.tcp_flags = 0;
	seen.skb = 0;
	seen.gso_segs = 0;
	err = ingest_skb_seen(a, &seen, &s);
	if (c && c->last_ns < ev->s.h.time_ns)
		c->last_ns = ev->s.h.time_ns; /* not back to when it was seen */
	if (err || !s)
		return err;
	note = ring_push(&c->half[ev->s.dir].samples);
	if (!note)
		return -ENOMEM;
	*note = *ev;
	return 0;
}

struct oldest {
	const struct sighting *seen;
};

static void look(void *ctx, const struct sighting *s)
{
	struct oldest *o = ctx;

	if (!o->seen || s->time_ns < o->seen->time_ns)
		o->seen = s;
}

static const struct crumb_ev_sample *record_of(const struct half *h, const struct sight_place *at,
					       const struct sighting *s)
{
	for (uint32_t i = h->samples.count; i-- > 0;) {
		const struct crumb_ev_sample *e = ring_at(&h->samples, i);

		if (e->seen_ns == s->time_ns && e->s.netns == at->netns && e->s.ifindex == at->ifindex)
			return e;
	}
	return NULL;
}

static bool is_told(const struct crumb_ev_sample *all[], unsigned int n, uint32_t netns)
{
	for (unsigned int i = 0; i < n; i++)
		if (all[i]->s.netns == netns)
			return true;
	return false;
}

unsigned int samples_between(const struct message *m, const struct path_step *from,
			     const struct path_step *to, uint64_t bound_ns,
			     const struct crumb_ev_sample *ret[], unsigned int most)
{
	const struct half *h = message_half(m);
	uint64_t start = from->seen->start > to->seen->start ? from->seen->start : to->seen->start;
	uint64_t end = from->seen->end < to->seen->end ? from->seen->end : to->seen->end;
	const struct range_set both = { .few = { { start, end } }, .count = start < end };
	uint64_t since = from->ns > bound_ns ? from->ns - bound_ns : 0;
	unsigned int n = 0;

	for (uint32_t i = 0; i < h->bytes.log_count && n < most && both.count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct crumb_ev_sample *e;
		struct oldest o = { NULL };

		if (l->place.kind != SIGHT_SAMPLE || is_told(ret, n, l->place.netns))
			continue;
		sight_log_visit(l, &both, since, to->ns + bound_ns + LATE_NS, look, &o);
		e = o.seen ? record_of(h, &l->place, o.seen) : NULL;
		if (e)
			ret[n++] = e;
	}
	return n;
}
