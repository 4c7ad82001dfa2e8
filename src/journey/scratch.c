// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and short texts for one journey: see scratch.h. printf() would cost more than all else in
 * a journey.
 */
#include "scratch.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384u

struct scratch_block {
	struct scratch_block *next;
	size_t bytes;
	char data[] __attribute__((aligned(8)));
};

void scratch_done(struct scratch *s)
{
	while (s->blocks) {
		struct scratch_block *b = s->blocks;

		s->blocks = b->next;
		free(b);
	}
	*s = (struct scratch){ 0 };
}

void scratch_reset(struct scratch *s)
{
	while (s->blocks && (s->blocks->next || s->blocks->bytes > BLOCK_BYTES)) {
		struct scratch_block *b = s->blocks;

		s->blocks = b->next;
		free(b);
	}
	s->used = 0;
	s->failed = false;
}

void *scratch_take(struct scratch *s, size_t bytes)
{
	struct scratch_block *b = s->blocks;
	void *p;

	bytes = (bytes + 7) & ~(size_t)7;
	if (!b || s->used + bytes > b->bytes) {
		size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

		b = malloc(sizeof(*b) + room);
		if (!b) {
			s->failed = true;
			return NULL;
		}
		b->bytes = room;
		b->next = s->blocks;
		s->blocks = b;
		s->used = 0;
	}
	p = b->data + s->used;
	s->used += bytes;
	return memset(p, 0, bytes);
}

void words_put(struct words *w, const char *s)
{
	size_t n, room = sizeof(w->text) - 1 - w->len;

	if (!s) /* a name that the trace does not tell */
		s = "?";
	n = strlen(s);
	if (n > room)
		n = room;
	memcpy(w->text + w->len, s, n);
	w->len += n;
}

void words_u64(struct words *w, uint64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = '0' + v % 10;
		v /= 10;
	} while (v);
	words_put(w, digits + at);
}

void words_hex(struct words *w, uint64_t v, int digits)
{
	char text[17];

	if (digits > 16)
		digits = 16;
	for (int i = digits - 1; i >= 0; i--, v >>= 4)
		text[i] = "0123456789abcdef"[v & 15];
	text[digits] = '\0';
	words_put(w, text);
}

void words_bytes(struct words *w, uint64_t bytes)
{
	if (bytes >= 10240) {
		words_u64(w, (bytes + 512) >> 10);
		words_put(w, " KiB");
	} else {
		words_u64(w, bytes);
		words_put(w, " B");
	}
}

void words_micros(struct words *w, uint64_t ns)
{
	words_u64(w, ns / 1000);
	words_put(w, ".");
	words_u64(w, ns % 1000 / 100);
	words_put(w, " µs");
}

void words_seconds(struct words *w, uint64_t ms)
{
	uint64_t tenths = (ms + 50) / 100;

	words_u64(w, tenths / 10);
	if (tenths < 100) {
		words_put(w, ".");
		words_u64(w, tenths % 10);
	}
	words_put(w, " s");
}

bool address_is_v4(const uint8_t addr[16])
{
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, v4, sizeof(v4));
}

void words_address(struct words *w, const uint8_t addr[16])
{
	bool is_v4 = address_is_v4(addr);
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? addr + 12 : addr, text, sizeof(text));
	words_put(w, text);
}

const char *words_keep(struct scratch *s, const struct words *w)
{
	char *text;

	if (!w->len)
		return NULL;
	text = scratch_take(s, w->len + 1);
	if (text)
		memcpy(text, w->text, w->len);
	return text;
}
