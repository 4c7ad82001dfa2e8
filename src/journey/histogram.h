/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A distribution of times in bounded memory: 16 buckets to each power of two, so a quantile is good to 1/32 of itself.
 */
#ifndef CRUMB_JOURNEY_HISTOGRAM_H
#define CRUMB_JOURNEY_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS	  16 /* to an octave */
#define HISTOGRAM_OCTAVES 40 /* up to 2^43 ns, two hours and a half; more is in the last bucket */
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * HISTOGRAM_OCTAVES)

struct histogram {
	uint64_t count, max_ns;
	uint32_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t ns);

/*
 * The time that @num of @den of them did not exceed, if @zeros more were 0. The smallest such one that was added, to 1/32.
 */
uint64_t histogram_quantile(const struct histogram *h, uint64_t zeros, uint32_t num, uint32_t den);

#endif
