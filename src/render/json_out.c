// SPDX-License-Identifier: GPL-2.0-only
#include "json_out.h"

#include <stdbool.h>

#include "utf8.h"

static const char hex_digits[] = "0123456789abcdef";

void json_flush(struct json_out *j)
{
	strbuf_add(j->to, j->block, j->len);
	j->len = 0;
}

void json_u64(struct json_out *j, uint64_t v)
{
	char digits[DECIMAL_DIGITS];
	size_t n = decimal_digits(v, digits);

	json_bytes(j, digits + sizeof(digits) - n, n);
}

void json_i64(struct json_out *j, int64_t v)
{
	if (v < 0)
		json_put(j, "-");
	json_u64(j, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void json_hex(struct json_out *j, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char pair[2] = { hex_digits[bytes[i] >> 4], hex_digits[bytes[i] & 15] };

		json_bytes(j, pair, 2);
	}
}

/* ASCII that stands for itself: all but controls, the quote and the backslash. */
static const bool plain[256] = {
	[0x20 ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... 0x7e] = true,
};

/* Writes the character at @s that is not plain; returns its bytes. */
static size_t escape_one(struct json_out *j, const char *s)
{
	unsigned char c = *s;
	char code[6] = { '\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15] };
	uint32_t cp;
	unsigned int n;

	switch (c) {
	case '"':
		json_put(j, "\\\"");
		return 1;
	case '\\':
		json_put(j, "\\\\");
		return 1;
	case '\n':
		json_put(j, "\\n");
		return 1;
	case '\t':
		json_put(j, "\\t");
		return 1;
	case '\r':
		json_put(j, "\\r");
		return 1;
	}
	n = c >= 0x80 ? utf8_decode(s, &cp) : 0;
	if (n > 0) {
		json_bytes(j, s, n);
		return n;
	}
	json_bytes(j, code, sizeof(code));
	return 1;
}

void json_escaped(struct json_out *j, const char *s)
{
	while (*s) {
		const char *start = s;

		while (plain[(unsigned char)*s])
			s++;
		json_bytes(j, start, s - start);
		if (*s)
			s += escape_one(j, s);
	}
}

void json_string(struct json_out *j, const char *s)
{
	if (!s) {
		json_put(j, "null");
		return;
	}
	json_put(j, "\"");
	json_escaped(j, s);
	json_put(j, "\"");
}
