/* SPDX-License-Identifier: GPL-2.0-only */
/* The time of a clock of clock_gettime(2) as one number: of nanoseconds, of milliseconds. */
#ifndef CRUMB_BASE_CLOCK_H
#define CRUMB_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline int64_t clock_ms(clockid_t id)
{
	return clock_ns(id) / 1000000;
}

/*
 * For how long to let be what began at @start_ns of CLOCK_THREAD_CPUTIME_ID and ends now, so that it takes one part in @share of the time:
 * @least_ns at least.
 */
static inline uint64_t clock_pause_ns(uint64_t start_ns, unsigned int share, uint64_t least_ns)
{
	uint64_t pause = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns) * share;

	return pause > least_ns ? pause : least_ns;
}

#endif
