// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread, one system call: every tracepoint of schema/watch_record.h that fires in the thread's time between
 * sys_enter and sys_exit, with the kernel's stack. So the functions of the call are seen without a hook on any of
 * them: allocations, state changes and packets happen deep inside, and their stacks lead back to the entry.
 */
#include "kernel_types.h"

#include "watch_record.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, CRUMB_WATCH_RING);
} seen_ring SEC(".maps");

__u32 watch_tid;    /* whose calls; 0: nobody's */
__u32 watch_inside; /* it is between sys_enter and sys_exit */
__u32 watch_light; /* entry and exit only, without stacks: for the time that the call takes by itself */
__u64 watch_lost;
const volatile __u64 watch_table; /* address of sys_call_table, 0 unknown */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#ifdef __TARGET_ARCH_x86
struct pt_regs___watch {
	unsigned long di, si, dx, r10, r8, r9, ax, ip, orig_ax;
};
#else
struct pt_regs___watch {
	__u64 regs[31], pc;
	__s32 syscallno;
};
#endif

struct sock___watch {
	int sk_err;
};
#pragma clang attribute pop

#ifdef __TARGET_ARCH_x86
static __always_inline void read_regs(struct crumb_watch_seen *s, const struct pt_regs___watch *r)
{
	s->regs[0] = BPF_CORE_READ(r, orig_ax);
	s->regs[1] = BPF_CORE_READ(r, di);
	s->regs[2] = BPF_CORE_READ(r, si);
	s->regs[3] = BPF_CORE_READ(r, dx);
	s->regs[4] = BPF_CORE_READ(r, r10);
	s->regs[5] = BPF_CORE_READ(r, r8);
	s->regs[6] = BPF_CORE_READ(r, r9);
	s->regs[7] = BPF_CORE_READ(r, ax);
	s->regs[8] = BPF_CORE_READ(r, ip);
}
#else
static __always_inline void read_regs(struct crumb_watch_seen *s, const struct pt_regs___watch *r)
{
	int i;

	s->regs[0] = BPF_CORE_READ(r, syscallno);
	for (i = 0; i < 6; i++)
		s->regs[1 + i] = BPF_CORE_READ(r, regs[i]);
	s->regs[7] = s->regs[1];
	s->regs[8] = BPF_CORE_READ(r, pc);
}
#endif

static __always_inline int watch(void *ctx, __u32 point, __u64 a, __u64 b)
{
	struct crumb_watch_seen *s;
	long n;

	if (!watch_tid || (__u32)bpf_get_current_pid_tgid() != watch_tid)
		return 0;
	if (point == CRUMB_WATCH_sys_enter)
		watch_inside = 1;
	if (!watch_inside)
		return 0;
	if (watch_light && point != CRUMB_WATCH_sys_enter && point != CRUMB_WATCH_sys_exit)
		return 0;
	if (point == CRUMB_WATCH_sys_exit)
		watch_inside = 0;
	s = bpf_ringbuf_reserve(&seen_ring, sizeof(*s), 0);
	if (!s) {
		__sync_fetch_and_add(&watch_lost, 1);
		return 0;
	}
	s->time_ns = bpf_ktime_get_ns();
	s->point = point;
	s->value = b;
	s->handler = 0;
	__builtin_memset(s->regs, 0, sizeof(s->regs));
	if (point == CRUMB_WATCH_sys_enter) {
		read_regs(s, (const void *)a);
		if (watch_table)
			bpf_probe_read_kernel(&s->handler, 8, (void *)(watch_table + (b & 4095) * 8));
	} else if (point == CRUMB_WATCH_inet_sk_error_report) {
		s->value = BPF_CORE_READ((const struct sock___watch *)a, sk_err);
	}
	n = watch_light ? 0 : bpf_get_stack(ctx, s->ip, sizeof(s->ip), 0);
	s->depth = n > 0 ? (__u32)n / 8 : 0;
	s->cost_ns = bpf_ktime_get_ns() - s->time_ns;
	bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
	return 0;
}

/* A tracepoint may have fewer arguments than a program reads, and then refuses it: most give none. */
#define PLAIN(tp)                                           \
	SEC("?raw_tp/" #tp)                                 \
	int watch_##tp(struct bpf_raw_tracepoint_args *ctx) \
	{                                                   \
		return watch(ctx, CRUMB_WATCH_##tp, 0, 0);  \
	}

SEC("?raw_tp/sys_enter")
int watch_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_sys_enter, ctx->args[0], ctx->args[1]);
}

SEC("?raw_tp/sys_exit")
int watch_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_sys_exit, ctx->args[0], ctx->args[1]);
}

SEC("?raw_tp/inet_sock_set_state")
int watch_inet_sock_set_state(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_inet_sock_set_state, ctx->args[0],
		     (ctx->args[1] & 255) << 8 | (ctx->args[2] & 255));
}

SEC("?raw_tp/inet_sk_error_report")
int watch_inet_sk_error_report(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_inet_sk_error_report, ctx->args[0], 0);
}

SEC("?raw_tp/sock_send_length")
int watch_sock_send_length(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_sock_send_length, 0, (__s64)(__s32)ctx->args[1]);
}

SEC("?raw_tp/sock_recv_length")
int watch_sock_recv_length(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_sock_recv_length, 0, (__s64)(__s32)ctx->args[1]);
}

SEC("?raw_tp/kfree_skb")
int watch_kfree_skb(struct bpf_raw_tracepoint_args *ctx)
{
	return watch(ctx, CRUMB_WATCH_kfree_skb, 0, (__u32)ctx->args[2]);
}

/* The code of the kernel's dispatcher: what its switch makes of a number is read there. */
__u64 watch_code_at;
__u8 watch_code[CRUMB_WATCH_CODE];

SEC("?syscall")
int watch_read_code(void *ctx)
{
	return bpf_probe_read_kernel(watch_code, sizeof(watch_code), (void *)watch_code_at);
}

PLAIN(kmem_cache_alloc)
PLAIN(kmem_cache_free)
PLAIN(kmalloc)
PLAIN(kfree)
PLAIN(mm_page_alloc)
PLAIN(percpu_alloc_percpu)
PLAIN(sk_data_ready)
PLAIN(tcp_sendmsg_locked)
PLAIN(tcp_probe)
PLAIN(tcp_send_reset)
PLAIN(tcp_receive_reset)
PLAIN(tcp_destroy_sock)
PLAIN(tcp_rcv_space_adjust)
PLAIN(fib_table_lookup)
PLAIN(fib6_table_lookup)
PLAIN(neigh_create)
PLAIN(neigh_event_send_done)
PLAIN(net_dev_queue)
PLAIN(net_dev_start_xmit)
PLAIN(net_dev_xmit)
PLAIN(netif_rx)
PLAIN(netif_receive_skb)
PLAIN(napi_poll)
PLAIN(skb_copy_datagram_iovec)
PLAIN(consume_skb)
PLAIN(softirq_entry)
PLAIN(softirq_exit)
PLAIN(sched_waking)
PLAIN(sched_switch)
