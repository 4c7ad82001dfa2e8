/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User side of the per-CPU BPF ring buffers (kernel/bpf/ringbuf.c). Our own consumer rather than libbpf's: it maps the
 * data once instead of twice (half the resident memory), hands over whole batches and never sleeps in epoll,
 * because the programs submit without wake-ups.
 */
#ifndef CRUMB_PROBE_CPU_RING_H
#define CRUMB_PROBE_CPU_RING_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct cpu_ring {
	uint64_t *consumer;	  /* page that we write */
	const uint64_t *producer; /* page that the kernel writes; the data follow it */
	const uint8_t *data;
	size_t bytes; /* of data, a power of two */
	size_t page;
};

/* Map the ring buffer behind @map_fd. */
int cpu_ring_init(struct cpu_ring *r, int map_fd, size_t bytes, struct error *e);
void cpu_ring_done(struct cpu_ring *r);

/*
 * Take complete records until the ring is empty or @cap is reached; the records lie behind one another in @to,
 * without the kernel's headers. Returns their bytes; *@ret_records counts them.
 */
size_t cpu_ring_take(struct cpu_ring *r, uint8_t *to, size_t cap, uint64_t *ret_records);

/* Bytes waiting, as a measure of pressure. */
size_t cpu_ring_waiting(const struct cpu_ring *r);

#endif
