/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One direction of a connection: where its bytes are in 64-bit positions, and where they were seen.
 */
#ifndef CRUMB_FLOW_BYTE_STREAM_H
#define CRUMB_FLOW_BYTE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "seq.h"
#include "sight.h"

struct byte_stream {
	struct seq_space space;
	uint64_t base;	   /* position of offset 0 */
	bool offset_known; /* the SYN was seen: offset 0 is the first byte of the connection */
	struct sight_log *logs;
	uint32_t log_count, log_cap, log_last;
};

void byte_stream_done(struct byte_stream *s);

/* A SYN with sequence number @seq was seen: the stream's first byte is @seq + 1. */
void byte_stream_syn(struct byte_stream *s, uint32_t seq);

/* Position of the @bytes bytes that begin at @seq. */
uint64_t byte_stream_place(struct byte_stream *s, uint32_t seq, uint32_t bytes);

/* From the stream's first byte, or from the first byte seen. */
uint64_t byte_stream_offset(const struct byte_stream *s, uint64_t pos);

/* The log of @place, made if need be; NULL: no memory. */
struct sight_log *byte_stream_log(struct byte_stream *s, const struct sight_place *place);

/* The log of @place if there is one. */
const struct sight_log *byte_stream_find(const struct byte_stream *s,
					 const struct sight_place *place);

void byte_stream_trim(struct byte_stream *s, uint64_t pos, uint64_t before_ns);

#endif
