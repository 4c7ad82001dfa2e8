/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From 32-bit TCP sequence numbers (RFC 9293, section 3.4) to 64-bit positions that never wrap. The
 * only place with sequence arithmetic: everything else compares positions as plain integers.
 *
 * A position's low 32 bits are the sequence number. The first number seen is placed one wrap up, so
 * that bytes before it (a retransmission, say) have a position too.
 */
#ifndef CRUMB_FLOW_SEQ_H
#define CRUMB_FLOW_SEQ_H

#include <stdbool.h>
#include <stdint.h>

#define SEQ_FIRST_WRAP (1ull << 32)

struct seq_space {
	bool set;
	uint64_t newest; /* highest position placed so far: the moving reference */
};

/*
 * Position of @seq: the one nearest to the reference, right up to 2^31 bytes before or behind it.
 */
static inline uint64_t seq_nearest(uint64_t reference, uint32_t seq)
{
	return reference + (uint64_t)(int64_t)(int32_t)(seq - (uint32_t)reference);
}

/* As seq_nearest() in @s, without moving the reference; the first call sets it. */
static inline uint64_t seq_peek(struct seq_space *s, uint32_t seq)
{
	if (!s->set) {
		s->set = true;
		s->newest = SEQ_FIRST_WRAP + seq;
	}
	return seq_nearest(s->newest, seq);
}

/* Position of @seq, of which @bytes follow: the reference moves to their end if that is ahead. */
static inline uint64_t seq_place(struct seq_space *s, uint32_t seq, uint32_t bytes)
{
	uint64_t at = seq_peek(s, seq);

	if (at + bytes > s->newest)
		s->newest = at + bytes;
	return at;
}

#endif
