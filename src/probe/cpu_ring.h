/* SPDX-License-Identifier: GPL-2.0-only */
/* User space's side of what the programs of one CPU write (schema/lanes.h). It hands over whole batches and never sleeps in epoll: nobody wakes it. */
#ifndef CRUMB_PROBE_CPU_RING_H
#define CRUMB_PROBE_CPU_RING_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "lanes.h"

struct cpu_ring {
	struct crumb_lanes *lanes; /* NULL: not mapped */
	size_t bytes;		   /* of the main lane's data, a power of two */
};

/* Map CPU @cpu's value of the map @map_fd, whose main lanes have @bytes. */
int cpu_ring_init(struct cpu_ring *r, int map_fd, uint32_t cpu, size_t bytes, struct error *e);
void cpu_ring_done(struct cpu_ring *r);

/*
 * Take complete records until the lanes are empty or @cap is reached; the records lie behind one another in @to, without their lengths.
 * Returns their bytes; *@ret_records counts them.
 */
size_t cpu_ring_take(struct cpu_ring *r, uint8_t *to, size_t cap, uint64_t *ret_records);

/* Bytes waiting; *@ret_fill: how full the fullest lane is, in 1/256. */
size_t cpu_ring_waiting(const struct cpu_ring *r, unsigned int *ret_fill);

#endif
