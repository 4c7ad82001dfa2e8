/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, only the fields we read. preserve_access_index lets libbpf move each access to the
 * running kernel's layout (CO-RE), members of anonymous structs and unions included.
 */
#ifndef CRUMB_KERNEL_TYPES_H
#define CRUMB_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "settings.h"

#define AF_INET		      2
#define AF_UNIX		      1
#define AF_INET6	      10
#define ETH_P_IP	      0x0800
#define ETH_P_IPV6	      0x86dd
#define ETH_P_8021Q	      0x8100
#define ETH_P_8021AD	      0x88a8
#define IPPROTO_TCP	      6
#define IPPROTO_UDP	      17
#define ETHERNET_HEADER_BYTES 14
#define VLAN_TAG_BYTES	      4
#define IFF_BRIDGE_PORT	      (1u << 9) /* net_device.priv_flags, include/linux/netdevice.h */
#define MSG_OOB		      1
#define MSG_PEEK	      2
#define MSG_TRUNC	      0x20
#define NUD_VALID	      0xde /* an address is known: include/net/neighbour.h */
#define TCP_TIME_WAIT	      6
#define TCP_SYN_SENT	      2
#define TCP_CLOSE	      7
#define TCP_LISTEN	      10
#define TCP_CLOSING	      11

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct kernfs_node {
	__u64 id;
	struct kernfs_node *parent;
	const char *name;
};

struct kernfs_node___rcu { /* since 6.15 */
	struct kernfs_node *__parent;
};

struct upid {
	int nr;
	void *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct sock_common {
	__u32 skc_daddr, skc_rcv_saddr;
	__u16 skc_dport, skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned long skc_flags;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

typedef struct {
	int counter;
} atomic_t;

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *prev;
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct {
		int owned;
	} sk_lock;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	int sk_rcvbuf;
	int sk_wmem_queued;
	int sk_sndbuf;
	__u16 sk_protocol;
	__u32 sk_pacing_status;
	unsigned long sk_pacing_rate;
	unsigned long sk_tsq_flags;
	unsigned long sk_lingertime;
	int sk_err;
	struct socket *sk_socket; /* a program's; NULL before accept() and after close() */
};

struct inet_sock {
	__u16 inet_sport; /* big endian */
};

struct tcp_ulp_ops {
	char name[16];
};

struct inet_connection_sock {
	const struct tcp_ulp_ops *icsk_ulp_ops;
	__u8 icsk_ca_state : 5;
	__u8 icsk_retransmits; /* time-outs in a row */
};

struct tcp_sock {
	__u32 write_seq, copied_seq, rcv_nxt, snd_nxt, snd_una, urg_seq;
	__u32 snd_cwnd, snd_wnd, packets_out;
	__u32 lost_out, sacked_out, retrans_out, high_seq;
	__u32 snd_sml, mss_cache;
	__u64 tcp_wstamp_ns, tcp_clock_cache;
	__u8 nonagle : 4;
	__u8 syn_data : 1;
	_Bool is_mptcp;
};

struct gnet_stats_queue {
	__u32 backlog; /* bytes */
};

struct qdisc_skb_head {
	__u32 qlen;
};

struct netdev_queue {
	unsigned long state;
};

struct Qdisc_ops {
	char id[16];
};

struct Qdisc {
	__u32 handle;
	__u32 limit;
	const struct Qdisc_ops *ops;
	struct qdisc_skb_head q;
	struct gnet_stats_queue qstats;
};

struct ipv4_devconf {
	int data[32];
};

struct in_device {
	struct ipv4_devconf cnf;
};

struct rtnl_link_ops {
	const char *kind;
};

struct net_device {
	unsigned int mtu;
	unsigned short type;
	const struct rtnl_link_ops *rtnl_link_ops;
	struct Qdisc *qdisc;
	struct in_device *ip_ptr;
	int ifindex;
	possible_net_t nd_net;
	unsigned long priv_flags;
};

struct sk_buff___switchdev { /* CONFIG_NET_SWITCHDEV */
	__u8 offload_fwd_mark : 1;
	__u8 offload_l3_fwd_mark : 1;
};

struct flow_action_cookie {
	__u32 cookie_len;
	__u8 cookie[16]; /* as long as it says */
};

enum devlink_trap_type { DEVLINK_TRAP_TYPE_DROP, DEVLINK_TRAP_TYPE_EXCEPTION };

struct devlink_trap_metadata {
	const char *trap_name, *trap_group_name;
	struct net_device *input_dev;
	const struct flow_action_cookie *fa_cookie;
	enum devlink_trap_type trap_type;
};

struct net_device___fast { /* since 6.8: a bitfield in a struct_group */
	unsigned long priv_flags : 32;
};

struct dst_entry {
	struct net_device *dev;
};

struct nf_hook_state {
	__u8 hook; /* an unsigned int until 5.12; little endian */
	__u8 pf;
	struct net_device *in, *out;
};

struct rtable {
	__u8 rt_gw_family;
	__u32 rt_gw4;
};

struct nf_conntrack_tuple {
	__u32 all[10]; /* read as a whole: body/nat.h */
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2]; /* original, reply */
	unsigned long status;
};

struct sk_buff {
	struct sk_buff *next;
	unsigned long _nfct;	   /* struct nf_conn; in the low bits enum ip_conntrack_info */
	unsigned long _skb_refdst; /* struct dst_entry, bit 0: no reference */
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	unsigned int len, data_len;
	__u64 skb_mstamp_ns;
	__u16 queue_mapping;
	int skb_iif;
	__u16 vlan_proto; /* big endian */
	__u16 vlan_tci;
	__u16 protocol; /* big endian */
	__u16 transport_header, network_header, mac_header;
	unsigned int end;
	unsigned char *head, *data;
};

struct skb_shared_info {
	unsigned short gso_size, gso_segs;
};

struct tcp_skb_cb {
	__u32 seq, end_seq;
	__u16 tcp_flags; /* __u8 before 6.14 */
};

struct iovec {
	void *iov_base;
	unsigned long iov_len;
};

struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	unsigned long count;
	void *ubuf;
	const struct iovec *__iov;
};

enum iter_type {
	ITER_UBUF,
	ITER_IOVEC,
};

struct msghdr {
	struct iov_iter msg_iter;
};

struct iov_iter___63 { /* until 6.3 */
	const struct iovec *iov;
};

struct msghdr___63 {
	struct iov_iter___63 msg_iter;
};

struct iov_iter___510 { /* until 5.13 */
	unsigned int type;
};

struct msghdr___510 {
	struct iov_iter___510 msg_iter;
};

struct socket {
	struct sock *sk;
};

struct neigh_table {
	int family;
	unsigned int key_len;
};

struct neighbour {
	struct neigh_table *tbl;
	__u8 nud_state;
	unsigned char ha[32];
	struct net_device *dev;
	__u8 primary_key[0];
};

struct signal_struct {
	atomic_t live; /* threads that have not ended */
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	struct nsproxy *nsproxy;
	void *stack;
	struct signal_struct *signal;
	int pid, tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct css_set *cgroups;
	unsigned long nvcsw; /* voluntary context switches */
	char comm[16];
	unsigned int __state; /* since 5.14 */
	unsigned int flags;
	int exit_code;
	unsigned frozen : 1; /* by its cgroup (version 2), since 5.2 */
	void *io_uring;	     /* CONFIG_IO_URING; NULL: it has never used one */
};

#define TASK_STACK_BYTES 16384 /* THREAD_SIZE of x86 and arm64, without KASAN */

struct task_struct___513 {
	long state;
};

/* As the kernel names them, not as <asm/ptrace.h> does. */
#ifdef __TARGET_ARCH_x86
struct pt_regs___k {
	unsigned long di, si, dx, r10, r8, r9, ax, cx, orig_ax, cs;
};
#else
struct pt_regs___k {
	__u64 regs[31], orig_x0;
	int syscallno;
};
#endif

/* What events of tracepoints hold (include/trace/events/{syscalls,sched,sock,tcp,skb}.h). */
struct trace_event_raw_sys_enter {
	long id;
};

struct trace_event_raw_sys_exit {
	long ret;
};

struct trace_event_raw_sock_msg_length {
	void *sk;
	int ret, flags;
};

struct trace_event_raw_sched_process_template {
	int pid;
};

struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate, newstate;
};

struct trace_event_raw_tcp_event_sk {
	const void *skaddr;
};

struct trace_event_raw_skb_copy_datagram_iovec {
	const void *skbaddr;
	int len;
};

#pragma clang attribute pop

/*
 * A field of a kernel struct, read as the program's kind allows. Programs on BTF-typed hooks (tp_btf, fentry) hold typed
 * pointers and load through them; those on raw tracepoints and kprobes (CRUMB_UNTYPED) hold numbers and copy.
 * CRUMB_PROBED: so do the typed ones of a file that knows its structs by numbers.
 */
#if defined(CRUMB_UNTYPED) || defined(CRUMB_PROBED)
#define K(p, field)                       \
	({                                \
		__typeof__(p) k_ = (p);   \
		BPF_CORE_READ(k_, field); \
	})
#define KBITS(p, field)	       BPF_CORE_READ_BITFIELD_PROBED(p, field)
#define FOLLOW(type, p, field) K(p, field)
#else
#define K(p, field)	((p)->field)
#define KBITS(p, field) BPF_CORE_READ_BITFIELD(p, field)

/*
 * A pointer that stands in what a hook was given. For each that is read through a trusted pointer the verifier searches the kernel's
 * whole BTF three times (btf_nested_type_is_trusted()), which was a seventh of the time that a start took; through one that it
 * does not trust it does not ask.
 */
#define FOLLOW(type, p, field) \
	(((const type *)not_trusted((p), bpf_core_type_id_kernel(type)))->field)

/*
 * The second but last move becomes a call of bpf_rdonly_cast(p, type) where the kernel has that (src/probe/cast.c), and a move again when
 * it is translated. No extern function: libbpf then asks for the kernel's types also where only programs without types are loaded.
 */
static __always_inline const void *not_trusted(const void *p, __u32 type)
{
	const void *same;

	asm volatile("r1 = %[p]\n\tr2 = %[type]\n\tr0 = r1\n\tr1 = %[mark]\n\t%[same] = r0"
		     : [same] "=r"(same)
		     : [p] "r"(p), [type] "r"(type), [mark] "i"(CRUMB_CAST_MARK)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
	return same;
}
#endif

/* A verifier lets nobody count with a pointer, but the low half of one is a number. */
static __always_inline __u32 pointer_low(const void *p)
{
	__u32 low;

	asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)(__u64)p));
	return low;
}

/* All ones if @n is negative, else 0; the compiler is not to make a branch of it. */
static __always_inline __u32 sign_mask(__s32 n)
{
	n >>= 31;
	asm volatile("" : "+r"(n));
	return n;
}

#endif
