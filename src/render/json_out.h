/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing JSON (RFC 8259) fast: values go into a block on the stack and from there, block by block,
 * into the string. The caller writes the punctuation: the shape of a line is then plain to see.
 */
#ifndef CRUMB_RENDER_JSON_OUT_H
#define CRUMB_RENDER_JSON_OUT_H

#include <stdint.h>
#include <string.h>

#include "strbuf.h"

struct json_out {
	struct strbuf *to;
	size_t len;
	char block[4096];
};

/* The block is not cleared: that would cost more than many a line. */
static inline void json_start(struct json_out *j, struct strbuf *to)
{
	j->to = to;
	j->len = 0;
}

void json_flush(struct json_out *j);

static inline void json_bytes(struct json_out *j, const char *bytes, size_t n)
{
	if (n > sizeof(j->block) - j->len) {
		json_flush(j);
		if (n > sizeof(j->block)) {
			strbuf_add(j->to, bytes, n);
			return;
		}
	}
	memcpy(j->block + j->len, bytes, n);
	j->len += n;
}

/* A string literal, as it stands. */
#define json_put(j, literal) json_bytes(j, "" literal, sizeof(literal) - 1)

void json_u64(struct json_out *j, uint64_t v);
void json_i64(struct json_out *j, int64_t v);
void json_hex(struct json_out *j, const uint8_t *bytes, size_t n); /* without quotes */

/* What stands between quotes; a byte that is not UTF-8 becomes \u00XX. */
void json_escaped(struct json_out *j, const char *s);

/* Quoted, or null for NULL. */
void json_string(struct json_out *j, const char *s);

static inline void json_bool(struct json_out *j, bool b)
{
	if (b)
		json_put(j, "true");
	else
		json_put(j, "false");
}

#endif
