// SPDX-License-Identifier: GPL-2.0-only
/* What tcp_validate_incoming() (net/ipv4/tcp_input.c, after RFC 5961) did not let in: see outside.h. */
#include "outside.h"

#include <stdio.h>
#include <string.h>

#include "unmade.h"

static bool is_outside(const char *reason)
{
	static const char *const reasons[] = { "TCP_INVALID_SEQUENCE", "TCP_INVALID_END_SEQUENCE",
					       "TCP_OLD_SEQUENCE", "TCP_OVERWINDOW" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(reason, reasons[i]))
			return true;
	return false;
}

/* A message's own copy is told in its journey. */
static bool is_of_message(const struct half *h, uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < h->messages.count; i++)
		if (range_set_overlap(&half_message(h, i)->extents, from, to))
			return true;
	for (const struct message *m = h->sending; m; m = m->next)
		if (from < m->first + m->begin.left && to > m->first)
			return true;
	return false;
}

static bool is_same(const struct trace_outside *a, const struct trace_outside *b)
{
	return !memcmp(&a->src, &b->src, sizeof(a->src)) &&
	       !memcmp(&a->dst, &b->dst, sizeof(a->dst)) && !strcmp(a->host, b->host) &&
	       !strcmp(a->place, b->place) && !strcmp(a->reason, b->reason);
}

void outside_note(struct assembler *a, const struct conn *c, const struct crumb_ev_drop *ev,
		  uint64_t at)
{
	uint8_t dir = ev->s.dir;
	const char *reason = facts_reason(a->facts, ev->reason);
	struct trace_outside o = { .segments = 1, .bytes = ev->s.payload };
	struct trace_summary *s = &a->sum;

	if (!is_outside(reason) || is_of_message(&c->half[dir], at, at + ev->s.payload))
		return;
	conn_addresses(c, dir, &o.src, &o.dst);
	where_words(a,
		    &(struct sight_where){ .netns = ev->s.netns,
					   .ifindex = ev->s.ifindex,
					   .point = CRUMB_PT_SKB_DROP },
		    o.host, o.place);
	snprintf(o.reason, sizeof(o.reason), "%s", reason);
	s->outside_segments++;
	for (unsigned int i = 0; i < s->outside_count; i++) {
		if (!is_same(&s->outside[i], &o))
			continue;
		s->outside[i].segments++;
		s->outside[i].bytes += o.bytes;
		return;
	}
	if (s->outside_count < TRACE_OUTSIDE_MAX)
		s->outside[s->outside_count++] = o;
}
