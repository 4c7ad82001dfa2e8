/* SPDX-License-Identifier: GPL-2.0-only */
/* The digest of a datagram's first bytes (struct crumb_digest): the kernel side makes it of packets and of programs' memory, user space of samples. */
#ifndef CRUMB_DIGEST_H
#define CRUMB_DIGEST_H

#include "event.h"

#define CRUMB_DIGEST_FACTOR 0x9e3779b97f4a7c15ull
#define CRUMB_DIGEST_WORDS  (CRUMB_DIGEST_BYTES / 8)

static inline __attribute__((always_inline)) __u32 crumb_digest_end(__u64 h)
{
	h ^= h >> 29;
	h *= CRUMB_DIGEST_FACTOR;
	h >>= 32;
	return h ? h : 1; /* 0 is "unknown" */
}

/* @w: CRUMB_DIGEST_BYTES, of which @n were read of a datagram of @bytes; the rest is zero. */
static inline __attribute__((always_inline)) void crumb_digest_of(const __u64 *w, __u32 n,
								  __u32 bytes, struct crumb_digest *d)
{
	__u32 all = bytes < CRUMB_DIGEST_BYTES ? bytes : CRUMB_DIGEST_BYTES;
	__u64 h = 0;
	int i;

#ifdef __bpf__
#pragma unroll
#endif
	for (i = 0; i < CRUMB_DIGEST_WORDS; i++)
		h = (h ^ w[i]) * CRUMB_DIGEST_FACTOR;
	d->whole = n >= all ? crumb_digest_end(h) : 0;
	d->head = n >= all || n >= 8 ? crumb_digest_end(w[0] * CRUMB_DIGEST_FACTOR) : 0;
}

#endif
