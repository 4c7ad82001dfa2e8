// SPDX-License-Identifier: GPL-2.0-only
#include "cpu_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Each CPU's value begins at a page, since its size is that of some. */
int cpu_ring_init(struct cpu_ring *r, int map_fd, uint32_t cpu, size_t bytes, struct error *e)
{
	const size_t whole = CRUMB_LANES_BYTES(bytes);
	void *lanes =
		mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, (off_t)(cpu * whole));

	*r = (struct cpu_ring){ 0 };
	if (lanes == MAP_FAILED)
		return error_set(e, -errno, "cannot map %zu bytes of ring buffer: %s", whole,
				 strerror(errno));
	r->lanes = lanes;
	r->bytes = bytes;
	return 0;
}

void cpu_ring_done(struct cpu_ring *r)
{
	if (!r->lanes)
		return;
	munmap(r->lanes, CRUMB_LANES_BYTES(r->bytes));
	*r = (struct cpu_ring){ 0 };
}

static size_t lane_bytes(const struct cpu_ring *r, unsigned int k)
{
	return k == CRUMB_LANE_MAIN ? r->bytes : CRUMB_LANE_BYTES;
}

static size_t lane_take(struct cpu_ring *r, unsigned int k, uint8_t *to, size_t cap, uint64_t *records)
{
	const uint8_t *data = (const uint8_t *)(r->lanes + 1) + (size_t)k * CRUMB_LANE_STRIDE;
	const uint64_t mask = lane_bytes(r, k) - 1;
	uint64_t *taken = (uint64_t *)&r->lanes->taken[k].bytes, at = *taken;
	uint64_t end = __atomic_load_n(&r->lanes->lane[k].handed, __ATOMIC_ACQUIRE);
	size_t filled = 0;

	while (at < end) {
		const uint8_t *record = data + (at & mask);
		uint32_t n = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);

		if (n & CRUMB_RECORD_BUSY || filled + n > cap)
			break;
		memcpy(to + filled, record + CRUMB_RECORD_HEAD, n);
		filled += n;
		at += CRUMB_RECORD_HEAD + n;
		++*records;
	}
	__atomic_store_n(taken, at, __ATOMIC_RELEASE);
	return filled;
}

size_t cpu_ring_take(struct cpu_ring *r, uint8_t *to, size_t cap, uint64_t *ret_records)
{
	size_t filled = 0;

	*ret_records = 0;
	for (unsigned int k = 0; k < CRUMB_LANES; k++) /* the small ones first */
		filled += lane_take(r, k, to + filled, cap - filled, ret_records);
	return filled;
}

size_t cpu_ring_waiting(const struct cpu_ring *r, unsigned int *ret_fill)
{
	size_t waiting = 0;

	*ret_fill = 0;
	for (unsigned int k = 0; k < CRUMB_LANES; k++) {
		size_t n = __atomic_load_n(&r->lanes->lane[k].handed, __ATOMIC_ACQUIRE) -
			   r->lanes->taken[k].bytes;
		unsigned int fill = n * 256 / lane_bytes(r, k);

		if (fill > *ret_fill)
			*ret_fill = fill;
		waiting += n;
	}
	return waiting;
}
