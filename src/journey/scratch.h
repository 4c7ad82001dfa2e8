/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that lives as long as one journey: taken in small pieces, given back all at once. A failed
 * allocation sets ->failed and yields NULL, so that a journey is checked once, at its end.
 */
#ifndef CRUMB_JOURNEY_SCRATCH_H
#define CRUMB_JOURNEY_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scratch_block;

struct scratch {
	struct scratch_block *blocks; /* the newest first */
	size_t used;
	bool failed;
};

void scratch_done(struct scratch *s);
void scratch_reset(struct scratch *s);		     /* what was taken is gone */
void *scratch_take(struct scratch *s, size_t bytes); /* zeroed, 8-aligned; NULL: no memory */

/* A short text under construction; what does not fit is cut. */
#define WORDS_BYTES 256

struct words {
	char text[WORDS_BYTES];
	size_t len;
};

void words_put(struct words *w, const char *s);
void words_u64(struct words *w, uint64_t v);
void words_hex(struct words *w, uint64_t v, int digits);
void words_bytes(struct words *w, uint64_t bytes);	     /* "64 KiB", "1500 B" */
void words_micros(struct words *w, uint64_t ns);	     /* "12.3 µs" */
bool address_is_v4(const uint8_t addr[16]);		     /* ::ffff:a.b.c.d */
void words_address(struct words *w, const uint8_t addr[16]); /* "10.0.0.1", "fd00::1" */
void words_seconds(struct words *w, uint64_t ms);	     /* "0.2 s", "312 s" */

const char *words_keep(struct scratch *s, const struct words *w); /* NULL if empty or no memory */

#endif
