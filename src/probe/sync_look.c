// SPDX-License-Identifier: GPL-2.0-only
/* See sync_look.h; kernel/time/ntp.c. */
#include "sync_look.h"

#include <errno.h>
#include <sys/timex.h>

#include "clock.h"

#define TRIES 5

/* How far apart the two clocks are, as well as it can be read: with the least time between the readings on both sides. */
static int64_t realtime_apart(void)
{
	uint64_t least = UINT64_MAX;
	int64_t apart = 0;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = clock_ns(CLOCK_MONOTONIC), real = clock_ns(CLOCK_REALTIME),
			 took = clock_ns(CLOCK_MONOTONIC) - before;

		if (took >= least)
			continue;
		least = took;
		apart = (int64_t)(real - before - took / 2);
	}
	return apart;
}

int sync_look(uint64_t time_ns, struct crumb_ev_sync *ret)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	if (state < 0)
		return -errno;
	*ret = (struct crumb_ev_sync){
		.h = { .time_ns = time_ns, .type = CRUMB_EV_SYNC, .size = sizeof(*ret) },
		.realtime_ns = realtime_apart(),
		.maxerror_ns = (uint64_t)t.maxerror * 1000,
		.esterror_ns = (uint64_t)t.esterror * 1000,
		.status = (uint32_t)t.status,
		.synchronised = state != TIME_ERROR && !(t.status & STA_UNSYNC),
	};
	return 0;
}
