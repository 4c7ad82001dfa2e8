// SPDX-License-Identifier: GPL-2.0-only
/* Buckets: see histogram.h. Below 16 ns each nanosecond has its own. */
#include "histogram.h"

static uint32_t bucket_of(uint64_t ns)
{
	uint32_t octave;

	if (ns < HISTOGRAM_STEPS)
		return ns;
	octave = 63 - __builtin_clzll(ns) - 3; /* 16..31 is octave 1 */
	if (octave >= HISTOGRAM_OCTAVES)
		return HISTOGRAM_BUCKETS - 1;
	return octave * HISTOGRAM_STEPS + (ns >> (octave - 1)) % HISTOGRAM_STEPS;
}

/* Its middle. */
static uint64_t bucket_ns(uint32_t b)
{
	uint32_t octave = b / HISTOGRAM_STEPS;
	uint64_t width;

	if (!octave)
		return b;
	width = 1ull << (octave - 1);
	return (HISTOGRAM_STEPS + b % HISTOGRAM_STEPS) * width + width / 2;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
	h->count++;
	h->max_ns = ns > h->max_ns ? ns : h->max_ns;
	h->bucket[bucket_of(ns)]++;
}

uint64_t histogram_quantile(const struct histogram *h, uint64_t zeros, uint32_t num, uint32_t den)
{
	uint64_t all = h->count + zeros;
	uint64_t rank = (uint64_t)(((unsigned __int128)all * num + den - 1) / den), seen = zeros;

	if (rank <= zeros)
		return 0;
	if (rank == all)
		return h->max_ns;
	for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++) {
		uint64_t ns = bucket_ns(b);

		seen += h->bucket[b];
		if (seen >= rank)
			return ns < h->max_ns && b < HISTOGRAM_BUCKETS - 1 ? ns : h->max_ns;
	}
	return h->max_ns;
}
