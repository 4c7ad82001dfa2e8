/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing byte string. Zero-initialise, append, strbuf_done(). A failed allocation sets ->failed and makes
 * every later append a no-op, so that a long run of appends is checked once, at its end.
 */
#ifndef CRUMB_BASE_STRBUF_H
#define CRUMB_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *text; /* NUL-terminated when not NULL */
	size_t len;
	size_t cap;
	bool failed;
};

void strbuf_done(struct strbuf *b);
void strbuf_clear(struct strbuf *b); /* length 0, memory kept */
void strbuf_add(struct strbuf *b, const void *bytes, size_t n);
void strbuf_puts(struct strbuf *b, const char *s);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_fill(struct strbuf *b, char c, int n); /* @n times; n <= 0 adds nothing */
void strbuf_u64(struct strbuf *b, uint64_t v);	   /* decimal */
void strbuf_i64(struct strbuf *b, int64_t v);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define DECIMAL_DIGITS 20 /* of UINT64_MAX */

/* The decimal digits of @v, at the end of @ret_digits; returns how many. */
static inline size_t decimal_digits(uint64_t v, char ret_digits[DECIMAL_DIGITS])
{
	size_t at = DECIMAL_DIGITS;

	do {
		ret_digits[--at] = '0' + v % 10;
		v /= 10;
	} while (v);
	return DECIMAL_DIGITS - at;
}

#define _cleanup_strbuf_ __attribute__((cleanup(strbuf_done)))

#endif
