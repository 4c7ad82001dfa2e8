// SPDX-License-Identifier: GPL-2.0-only
/* One direction of a connection: see byte_stream.h. */
#include "byte_stream.h"

#include <stdlib.h>

#define LOGS_FIRST 16

void byte_stream_done(struct byte_stream *s)
{
	for (uint32_t i = 0; i < s->log_count; i++)
		sight_log_done(&s->logs[i]);
	free(s->logs);
	*s = (struct byte_stream){ 0 };
}

void byte_stream_syn(struct byte_stream *s, uint32_t seq)
{
	/*
	 * Set once: the same SYN is seen at every hop, and a stray one later must not shift the
	 * offsets.
	 */
	if (s->offset_known)
		return;
	s->base = seq_place(&s->space, seq + 1, 0);
	s->offset_known = true;
}

uint64_t byte_stream_place(struct byte_stream *s, uint32_t seq, uint32_t bytes)
{
	bool first = !s->space.set;
	uint64_t at = seq_place(&s->space, seq, bytes);

	if (first)
		s->base = at;
	return at;
}

uint64_t byte_stream_offset(const struct byte_stream *s, uint64_t pos)
{
	return pos > s->base ? pos - s->base : 0;
}

static bool same_place(const struct sight_place *a, const struct sight_place *b)
{
	return a->point == b->point && a->ifindex == b->ifindex && a->netns == b->netns &&
	       a->kind == b->kind;
}

struct sight_log *byte_stream_log(struct byte_stream *s, const struct sight_place *place)
{
	/* An skb's next point is mostly the one that followed last time too. */
	for (uint32_t i = 0, k = s->log_last + 1; i < s->log_count; i++, k++) {
		if (k >= s->log_count)
			k = 0;
		if (same_place(&s->logs[k].place, place)) {
			s->log_last = k;
			return &s->logs[k];
		}
	}
	if (s->log_count == s->log_cap) {
		uint32_t cap = s->log_cap ? 2 * s->log_cap : LOGS_FIRST;
		struct sight_log *logs = realloc(s->logs, cap * sizeof(*logs));

		if (!logs)
			return NULL;
		s->logs = logs;
		s->log_cap = cap;
	}
	s->log_last = s->log_count;
	s->logs[s->log_count] = (struct sight_log){ .place = *place };
	return &s->logs[s->log_count++];
}

const struct sight_log *byte_stream_find(const struct byte_stream *s, const struct sight_place *place)
{
	for (uint32_t i = 0; i < s->log_count; i++)
		if (same_place(&s->logs[i].place, place))
			return &s->logs[i];
	return NULL;
}

void byte_stream_trim(struct byte_stream *s, uint64_t pos, uint64_t before_ns)
{
	for (uint32_t i = 0; i < s->log_count; i++)
		sight_log_trim(&s->logs[i], pos, before_ns);
}
