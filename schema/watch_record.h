/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bpf/call_watch.bpf.c records of one system call of one thread, for crumb explain: each tracepoint that fires
 * while the thread is inside the call, with the kernel's stack there. Shared by the BPF program and src/probe.
 */
#ifndef CRUMB_WATCH_RECORD_H
#define CRUMB_WATCH_RECORD_H

#include <linux/types.h>

/* The tracepoints: one list, of which the enum, the BPF programs and the names are made. A kernel may lack some. */
#define CRUMB_WATCH_LIST(X)        \
	X(sys_enter)               \
	X(sys_exit)                \
	X(kmem_cache_alloc)        \
	X(kmem_cache_free)         \
	X(kmalloc)                 \
	X(kfree)                   \
	X(mm_page_alloc)           \
	X(percpu_alloc_percpu)     \
	X(inet_sock_set_state)     \
	X(inet_sk_error_report)    \
	X(sock_send_length)        \
	X(sock_recv_length)        \
	X(sk_data_ready)           \
	X(tcp_sendmsg_locked)      \
	X(tcp_probe)               \
	X(tcp_send_reset)          \
	X(tcp_receive_reset)       \
	X(tcp_destroy_sock)        \
	X(tcp_rcv_space_adjust)    \
	X(fib_table_lookup)        \
	X(fib6_table_lookup)       \
	X(neigh_create)            \
	X(neigh_event_send_done)   \
	X(net_dev_queue)           \
	X(net_dev_start_xmit)      \
	X(net_dev_xmit)            \
	X(netif_rx)                \
	X(netif_receive_skb)       \
	X(napi_poll)               \
	X(skb_copy_datagram_iovec) \
	X(consume_skb)             \
	X(kfree_skb)               \
	X(softirq_entry)           \
	X(softirq_exit)            \
	X(sched_waking)            \
	X(sched_switch)

enum crumb_watch_point {
	CRUMB_WATCH_NONE,
#define X(tp) CRUMB_WATCH_##tp,
	CRUMB_WATCH_LIST(X)
#undef X
		CRUMB_WATCH_MAX,
};

#define CRUMB_WATCH_DEPTH 40
#define CRUMB_WATCH_RING  (4u << 20)
#define CRUMB_WATCH_REGS  9
#define CRUMB_WATCH_CODE  16384 /* bytes of the kernel's dispatcher */

struct crumb_watch_seen {
	__u64 time_ns;
	__u32 point; /* enum crumb_watch_point */
	__u32 depth;
	__u64 regs[CRUMB_WATCH_REGS]; /* sys_enter: number, six arguments, ax, ip as the kernel's pt_regs has them */
	__s64 value; /* sys_exit: what is returned; inet_sk_error_report: sk_err; a TCP state: old << 8 | new */
	__u64 handler; /* sys_enter: sys_call_table[number], 0 if it could not be read */
	__u64 cost_ns; /* time that taking this record took, up to its submission */
	__u64 ip[CRUMB_WATCH_DEPTH]; /* innermost first */
};

#endif
