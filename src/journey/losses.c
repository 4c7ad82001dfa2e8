// SPDX-License-Identifier: GPL-2.0-only
/* Losses and whom they touch: see losses.h. */
#include "losses.h"

#include <errno.h>
#include <stdlib.h>

#define SPANS_MAX 65536u /* then neighbours become one, which only widens them */

void losses_done(struct losses *l)
{
	free(l->spans);
	free(l->kinds);
	*l = (struct losses){ 0 };
}

static int kind_add(struct losses *l, const struct crumb_ev_loss *ev)
{
	struct trace_loss *k;

	for (uint32_t i = 0; i < l->kind_count; i++) {
		k = &l->kinds[i];
		if (k->cause == ev->cause && k->point == ev->point) {
			k->count += ev->count;
			return 0;
		}
	}
	k = realloc(l->kinds, (l->kind_count + 1) * sizeof(*k));
	if (!k)
		return -ENOMEM;
	l->kinds = k;
	k[l->kind_count++] = (struct trace_loss){ ev->cause, ev->point, ev->count };
	return 0;
}

static void spans_halve(struct losses *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i + 1 < l->span_count; i += 2) {
		struct loss_span a = l->spans[i], b = l->spans[i + 1];

		l->spans[n++] = (struct loss_span){
			a.from_ns < b.from_ns ? a.from_ns : b.from_ns,
			a.to_ns > b.to_ns ? a.to_ns : b.to_ns,
			a.count + b.count,
			a.point == b.point ? a.point : CRUMB_PT_NONE,
		};
	}
	if (l->span_count & 1)
		l->spans[n++] = l->spans[l->span_count - 1];
	l->span_count = n;
}

int losses_count(struct losses *l, const struct crumb_ev_loss *ev)
{
	if (!ev->count)
		return 0;
	l->total += ev->count;
	return kind_add(l, ev);
}

int losses_add(struct losses *l, const struct crumb_ev_loss *ev)
{
	int err = losses_count(l, ev);

	if (!ev->count)
		return 0;
	/*
	 * A connection that was not taken is missing whole; those that are followed lack nothing.
	 */
	if (err || ev->cause == CRUMB_LOSS_FLOWS)
		return err;
	if (l->span_count == SPANS_MAX)
		spans_halve(l);
	if (l->span_count == l->span_cap) {
		uint32_t cap = l->span_cap ? 2 * l->span_cap : 16;
		struct loss_span *spans = realloc(l->spans, cap * sizeof(*spans));

		if (!spans)
			return -ENOMEM;
		l->spans = spans;
		l->span_cap = cap;
	}
	l->spans[l->span_count++] =
		(struct loss_span){ ev->from_ns, ev->to_ns ? ev->to_ns : ev->h.time_ns, ev->count,
				    ev->cause == CRUMB_LOSS_MISSED ? ev->point : CRUMB_PT_NONE };
	return 0;
}

uint64_t losses_within(const struct losses *l, uint64_t from_ns, uint64_t to_ns, uint16_t spared)
{
	uint64_t sum = 0;

	/* Told in time order, within the length of a span: a much older one ends the search. */
	for (uint32_t i = l->span_count; i-- > 0;) {
		const struct loss_span *s = &l->spans[i];

		if (s->to_ns >= from_ns && s->from_ns <= to_ns)
			sum += spared && s->point == spared ? 0 : s->count;
		else if (s->to_ns + 1000000000ull < from_ns)
			break;
	}
	return sum;
}
