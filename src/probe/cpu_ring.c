// SPDX-License-Identifier: GPL-2.0-only
#include "cpu_ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LENGTH_MASK (~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

int cpu_ring_init(struct cpu_ring *r, int map_fd, size_t bytes, struct error *e)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *consumer, *producer;

	*r = (struct cpu_ring){ 0 };
	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (consumer == MAP_FAILED)
		return error_set(e, -errno, "cannot map a ring buffer: %s", strerror(errno));
	producer = mmap(NULL, page + bytes, PROT_READ, MAP_SHARED, map_fd, page);
	if (producer == MAP_FAILED) {
		int err = -errno;

		munmap(consumer, page);
		return error_set(e, err, "cannot map %zu bytes of ring buffer: %s", bytes,
				 strerror(-err));
	}
	r->consumer = consumer;
	r->producer = producer;
	r->data = (const uint8_t *)producer + page;
	r->bytes = bytes;
	r->page = page;
	return 0;
}

void cpu_ring_done(struct cpu_ring *r)
{
	if (!r->consumer)
		return;
	munmap(r->consumer, r->page);
	munmap((void *)r->producer, r->page + r->bytes);
	*r = (struct cpu_ring){ 0 };
}

/* A record may run over the end of the data, where the kernel's own mapping goes on at the start. */
static void copy_out(const struct cpu_ring *r, uint64_t at, uint8_t *to, size_t n)
{
	size_t from = at & (r->bytes - 1), first = r->bytes - from;

	if (first >= n) {
		memcpy(to, r->data + from, n);
		return;
	}
	memcpy(to, r->data + from, first);
	memcpy(to + first, r->data, n - first);
}

size_t cpu_ring_take(struct cpu_ring *r, uint8_t *to, size_t cap, uint64_t *ret_records)
{
	uint64_t at = *r->consumer, end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	uint64_t records = 0;
	size_t filled = 0;

	while (at < end) {
		const uint32_t *head = (const uint32_t *)(r->data + (at & (r->bytes - 1)));
		uint32_t len = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		size_t n = len & LENGTH_MASK;

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
			if (filled + n > cap)
				break;
			copy_out(r, at + BPF_RINGBUF_HDR_SZ, to + filled, n);
			filled += n;
			records++;
		}
		at += (BPF_RINGBUF_HDR_SZ + n + 7) & ~7ull;
	}
	__atomic_store_n(r->consumer, at, __ATOMIC_RELEASE);
	*ret_records = records;
	return filled;
}

size_t cpu_ring_waiting(const struct cpu_ring *r)
{
	return __atomic_load_n(r->producer, __ATOMIC_ACQUIRE) - *r->consumer;
}
