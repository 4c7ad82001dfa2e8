// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor under every program of a tracer: what the kernel charges for an empty program at a tracepoint, for
 * one record through its BPF ring buffer (crumb has rings of its own: schema/lanes.h), and for other things that tracers do. floor.c
 * attaches one at a time and reads the kernel's own run_time_ns. See kernel/bpf/ringbuf.c, kernel/bpf/syscall.c.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "floor.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24); /* floor.c sets it */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 1 << 20);
		});
} cpu_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counter SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} table SEC(".maps");

__u64 failed;

/* Every word is written, as a real record's would be: the ring's memory is touched. */
static __always_inline int emit(void *map, __u32 bytes)
{
	__u64 *rec = bpf_ringbuf_reserve(map, bytes, 0);

	if (!rec) {
		__sync_fetch_and_add(&failed, 1);
		return 0;
	}
	for (__u32 i = 0; i < bytes / 8; i++)
		rec[i] = i;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int floor_empty(void *ctx)
{
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int floor_ring64(void *ctx)
{
	return emit(&ring, FLOOR_SMALL_BYTES);
}

SEC("tp_btf/net_dev_start_xmit")
int floor_ring96(void *ctx)
{
	return emit(&ring, FLOOR_MEDIUM_BYTES);
}

SEC("tp_btf/net_dev_start_xmit")
int floor_ring152(void *ctx)
{
	return emit(&ring, FLOOR_LARGE_BYTES);
}

SEC("tp_btf/net_dev_start_xmit")
int floor_cpuring96(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	void *mine = bpf_map_lookup_elem(&cpu_rings, &cpu);

	return mine ? emit(mine, FLOOR_MEDIUM_BYTES) : 0;
}

SEC("tp_btf/net_dev_start_xmit")
int floor_clock(void *ctx)
{
	return bpf_ktime_get_ns() == 0;
}

SEC("tp_btf/net_dev_start_xmit")
int floor_task(void *ctx)
{
	return bpf_get_current_pid_tgid() == 0;
}

SEC("tp_btf/net_dev_start_xmit")
int floor_count(void *ctx)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&counter, &zero);

	if (n)
		(*n)++;
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int floor_lookup(void *ctx)
{
	__u64 key = *(__u64 *)ctx; /* an skb's address, as good as random: a miss */

	return bpf_map_lookup_elem(&table, &key) != NULL;
}

char LICENSE[] SEC("license") = "GPL";
