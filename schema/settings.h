/* SPDX-License-Identifier: GPL-2.0-only */
/* What user space tells the BPF programs, and the maps' keys and values that both sides touch. */
#ifndef CRUMB_SETTINGS_H
#define CRUMB_SETTINGS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "crumb_limits.h"

/* crumb_settings.select: every bit set must hold for a task (socket, for NETNS) to be selected */
#define CRUMB_SELECT_TGID   0x01 /* in the map of selected processes */
#define CRUMB_SELECT_COMM   0x02
#define CRUMB_SELECT_CGROUP 0x04
#define CRUMB_SELECT_NETNS  0x08
#define CRUMB_SELECT_TASKS  (CRUMB_SELECT_TGID | CRUMB_SELECT_COMM | CRUMB_SELECT_CGROUP)
#define CRUMB_SELECT_FILTER 0x10 /* crumb_filter() holds an expression */

/* Behind it a move of a pointer that user space makes a cast of before it loads a program (src/probe/cast.h). */
#define CRUMB_CAST_MARK 0x63617374

enum crumb_stacks {
	CRUMB_STACKS_OFF,
	CRUMB_STACKS_SAMPLE, /* control segments and one message in sample_mask + 1 */
	CRUMB_STACKS_ALL,
	CRUMB_STACKS_FIRST, /* the first connection of the trace, no other */
};

/* Where fields stand in structs of the module nf_tables: its types are read by user space (src/probe/module_types.c). */
struct crumb_nft_layout {
	__u16 pktinfo_state; /* struct nft_pktinfo: its skb comes first */
	__u16 chain_table, chain_name;
	__u16 table_name; /* 0: not known */
};

/* Likewise of x_tables and ip_tables: iptables as it was before nftables. */
struct crumb_ipt_layout {
	__u16 table_name; /* in struct xt_table; 0: not known */
	__u16 table_first; /* ipt_do_table(table, skb, state), since 5.16; else the table is the last */
};

struct crumb_tunnel_port {
	__u16 port;
	__u8 kind; /* enum crumb_tunnel_kind */
	__u8 pad0;
};

struct crumb_settings { /* fixed at load: the verifier sees constants and drops what is not used */
	__u32 select;
	__u32 netns;
	__u64 cgroup; /* cgroup v2 id, its children included */
	__u32 cgroup_level;
	__u32 self_tgid;    /* crumb itself: never recorded */
	__u32 filter_bytes; /* bytes read of each packet: CRUMB_HEAD_BYTES, or CRUMB_FILTER_BYTES if the expression looks further */
	__u32 snap_bytes;   /* > 0: sightings carry the head of the packet */
	__u32 sample_mask;  /* stacks=sample: one message in mask + 1 */
	__u32 cell_mask;    /* cells of flows less one: a power of two less one */
	__u32 ring_mask;    /* bytes of a CPU's main lane less one, likewise */
	__u8 stacks;	    /* enum crumb_stacks */
	__u8 acks;	    /* 1: record TCP segments without payload too */
	__u8 pattern_len;   /* 0: all messages */
	__u8 libc;	    /* 1: tell user space of new processes, it hooks their libc */
	__u8 retransmit_has_err; /* the tracepoint has that argument */
	__u8 drop_has_reason;	 /* likewise kfree_skb: since 5.17 */
	__u8 tasks_in_map;	 /* 1: no task storage, or programs that cannot use it */
	__u8 filter_in_map;	 /* 1: the expression must not look into the stack (before 5.12) */
	__u8 calls_preempted;	 /* 1: programs at a syscall's tracepoints are, too (since 7.0) */
	__u8 udp;		 /* 1: datagrams may be asked for */
	__u8 drop_has_sock;	 /* kfree_skb names the receiving socket: since 6.11 */
	__u8 reset_has_reason;	 /* tcp_send_reset says why: since 6.10 */
	__u8 nat;		 /* 1: conntrack's translations are followed */
	__u8 tunnels;		 /* 1 << enum crumb_tunnel_kind: there are devices of it */
	__u8 sends_again;	 /* what TCP and IP send is hooked twice: enum crumb_again */
	__u8 lanes_preempted;	 /* 1: some program that records may be preempted by another one */
	struct crumb_tunnel_port tunnel_ports[CRUMB_TUNNEL_PORTS];
	char comm[16];
	char pattern[CRUMB_PATTERN_BYTES];
	struct crumb_nft_layout nft;
	/* Stack pointer at a function's return less that at its entry, for the hooks that are used (src/probe/return_frame.h). */
	__s16 verdict_pop, func_pop;
	struct crumb_ipt_layout ipt;
	__u64 lock_from, lock_bytes; /* where lock_sock_nested() lies; 0 bytes: not known */
};

struct crumb_flow_key { /* a connection, whichever side looks at it */
	__u32 addr[2][4]; /* network order, IPv4 as ::ffff:a.b.c.d; end 0 is the lesser by (port, address) */
	__u16 port[2]; /* host order */
	__u8 proto;
	__u8 pad0[3];
	__u32 zone; /* tells equal addresses apart: the namespace for loopback ones, the lab's number, else 0 */
};

/* Where the pre-check finds a flow: the same from both ends. @a, @b: the last words of the addresses. */
static inline __u32 crumb_flow_slot(__u32 a, __u32 b, __u16 port_a, __u16 port_b)
{
	__u32 h = (a ^ b) * 0x9e3779b1u;

	h ^= ((__u32)port_a + port_b) * 0x85ebca6bu;
	h ^= ((__u32)port_a ^ port_b) * 0xc2b2ae35u;
	h ^= h >> 15;
	return h & (CRUMB_BLOOM_SLOTS - 1);
}

struct crumb_listener {
	__u32 netns;
	__u32 port; /* UDP: CRUMB_LISTEN_UDP set */
};

#define CRUMB_LISTEN_UDP 0x10000

/*
 * A cell of the array flow_cells. Sender and receiver of a connection work on two CPUs, and each hop of each packet looks who it is: so what they write lies in
 * other lines of the cache (of 64 bytes) than what is only read.
 */
struct crumb_flow {
	/* What is asked for: each hop looks. */
	__u32 sample_start[2], sample_end[2]; /* bytes whose steps take a stack; equal: none */
	__u32 want_start[2], want_end[2]; /* --payload: bytes that were asked for; equal: none */
	__u32 pad0[8];

	/* What the sender does. */
	__u32 messages[2]; /* per direction, for sampling */
	__u64 sent_ns[2];  /* per direction: when its sender last handed bytes to the device */
	__u64 held_ns[2];  /* ... and when its send queue was looked at last */
	__u64 write_ns[2]; /* ... and when tcp_write_xmit() was called last for it; 0: something else may have sent since */
	__u16 held_why[2]; /* CRUMB_HELD_*, then */
	__u8 rto_times[2]; /* the last time-out was the how manieth in a row */
	__u8 pad1[2];

	/* What the receiver does. */
	__u64 ready_ns[2]; /* when the oldest of the unread bytes may have become ready; 0: all are read */
	__u32 read_to[2]; /* per direction of the bytes: where the receiver's copied_seq was seen last */
	__u8 read_known[2];
	__u8 pad2[2];
	__u32 rto_una[2]; /* the sender's, of which its line has no more room: what was unacknowledged at the last time-out */
	__u8 pad4[28];

	/* Who it is. */
	struct crumb_flow_key key;
	__u32 aside_from[2]; /* CRUMB_ASIDE_KTLS: per direction, from which byte on */
	__u32 syn_seq;	     /* of the first SYN: another one means the ports were used again */
	__u8 syn_seen;
	__u8 midstream; /* taken without its SYN: the next SYN on these ports is another connection */
	__u8 aside;	/* enum crumb_aside: counted as one that cannot be followed; 0 none */
	__u8 pad3;
	__u32 id; /* 0: the cell is nobody's. Last, because the kernel copies a cell from its beginning on */
};

_Static_assert(sizeof(struct crumb_flow) == 256 &&
		       __builtin_offsetof(struct crumb_flow, messages) == 64 &&
		       __builtin_offsetof(struct crumb_flow, ready_ns) == 128 &&
		       __builtin_offsetof(struct crumb_flow, key) == 192,
	       "lines of the cache");

struct crumb_alias { /* a connection by the addresses that it has behind a translation (NAT) */
	__u32 at;    /* its cell */
	__u32 flow;  /* crumb_flow.id: the cell may be another connection's by now */
	__u32 flip;  /* 1: the ends are in the other order there */
};

struct crumb_tunnel { /* which a packet is in, and whose it is */
	__u32 flow, netns;
	__u32 key;
	__u8 kind; /* enum crumb_tunnel_kind */
	__u8 has_key, dir, pad0;
	__u32 from[4], to[4]; /* network order, IPv4 as ::ffff:a.b.c.d */
};

/* Programs that may be interrupted by themselves: a second one acts where the kernel skipped the first. */
enum crumb_twin {
	CRUMB_TWIN_PROBE,
	CRUMB_TWIN_READY,
	CRUMB_TWIN_XMIT,
	CRUMB_TWIN_OUTPUT,
	/* of a task, in its own context */
	CRUMB_TWIN_ENTER,
	CRUMB_TWIN_EXIT,
	CRUMB_TWIN_APPEND,
	CRUMB_TWIN_SENT,
	CRUMB_TWIN_COPY,
	CRUMB_TWIN_RECEIVED,
	CRUMB_TWINS,
};

/* The second program at a function ... */
enum crumb_again {
	CRUMB_AGAIN_NO,
	CRUMB_AGAIN_ALIKE, /* is hooked as the first one is */
	CRUMB_AGAIN_OTHER, /* is fentry's, and the first one a kprobe's */
};

struct crumb_zone { /* of a namespace: what the map `zones` says, where no other namespace has the same place */
	__u32 netns, zone;
};

struct crumb_armed { /* data became ready just now: the next task woken on this CPU is woken for it */
	__u64 ns;
	__u32 flow; /* 0: nothing became ready */
	__u8 dir;
	__u8 pad0[3];
};

struct crumb_calling { /* the running task is in this syscall, and nothing of a followed flow happened in it */
	__u64 task; /* its kernel address, 0: none */
	__u64 enter_ns;
	__u64 call; /* as task_state.call */
	__u64 regs; /* likewise */
};

/* What a CPU is in the middle of: a multiple of 64 bytes, so that no line of the cache is shared with another CPU. */
struct crumb_cpu {
	struct crumb_calling calling;
	struct crumb_armed armed;
	/*
	 * By enum crumb_twin, what the first program leaves for the second: the object it was called for. Two places,
	 * since a softirq may come between the two programs of a task; 0 is none.
	 */
	__u64 handed[CRUMB_TWINS][2];
	__u64 switch_ns; /* while readers wait for a CPU: the last switch */
	__u64 longest_of_ns, longest_ns,
		longest_end_ns; /* who had it longest: in which wait, how long, until when */
	__u32 longest_pid, pad0;
	char longest_comm[16];
	__u64 level; /* programs that use a place of the maps for this CPU, one interrupting the other */
	/* The socket that last sent a datagram nobody follows. No line of the cache is shared with another CPU. */
	__u64 udp_ignored;
	__u64 copied_sk; /* whose bytes were copied last, until its copied_seq has moved on, or another task has the CPU */
};

struct crumb_arrived { /* the newest datagram of a followed flow that came up on a CPU */
	__u64 skb;
	__u32 flow, bytes;
	__u32 digest[2]; /* struct crumb_digest */
	__u16 port;
	__u8 dir;
	__u8 pad0[5];
	__u64 pad1[4];
};

/* What is known of a CPU's interrupts and its receive softirq: lines of the cache that no other CPU writes. */
struct crumb_softirq {
	__u64 irq_ns;	 /* an interrupt of a device goes on since then; 0 none */
	__u64 raised_ns; /* the interrupt that asked for the softirq, which has not begun; 0 */
	__u64 within_ns; /* ... while a run of it went on: its run_ns; 0 */
	__u64 run_ns; /* it runs since then; CRUMB_SOFTIRQ_RUNS: no interrupt had asked; 0: it does not run */
	__u64 due_ns, due_within_ns; /* raised_ns and within_ns of this run */
	__u64 mid_ns;	/* the first interrupt in its midst that asked for no other run; 0 none */
	__u64 told_skb; /* what was told last in it */
	__u64 skb;	/* what is looked at */
	__u16 irq, raised_irq, due_irq, mid_irq; /* number of the interrupt, modulo 65536 */
	__u64 pad0[6];
};

#define CRUMB_SOFTIRQ_RUNS 1

/*
 * Interrupts of one network card on one CPU: of the receive softirq's run (counted) that goes on, or was the last one when it struck, and of
 * the run before that, the first each.
 */
struct crumb_card {
	__u32 ifindex; /* 0: nobody's place yet */
	__u16 irq[2];  /* by the run's lowest bit; modulo 65536 */
	__u32 run[2];
	__u64 ns[2];
};

struct crumb_cards {
	__u32 runs; /* of the receive softirq on this CPU */
	__u32 pad0;
	struct crumb_card card[CRUMB_CARDS];
	__u64 pad1[7]; /* lines of the cache that no other CPU writes */
};

/* Which network card an interrupt is of, as user space has read it. */
struct crumb_irqs {
	__u32 netns;		   /* whose devices these are; 0: none is known */
	__u32 ifindex[CRUMB_IRQS]; /* 0: no network card's, or not known */
};

struct crumb_asked { /* an skb that netfilter has at a hook */
	__u64 skb;   /* its address; 0 none */
	__u64 ns;    /* since when */
};

/* --functions: which arguments of a function are an skb and a socket, from 1; 0 none. Two numbers in one word. */
#define CRUMB_FUNC_ARG	    7
#define CRUMB_FUNC_SOCK	    4	  /* the socket's, shifted by that */
#define CRUMB_FUNC_INDIRECT 0x100 /* what it gets is the place where the skb's address stands */
#define CRUMB_FUNC_ARGS	    5	  /* in registers, and looked at */

/* Helpers that do not exist: the loader makes calls of bpf_session_is_return() and bpf_session_cookie() of them. */
#define CRUMB_KFUNC_IS_RETURN 0x7001
#define CRUMB_KFUNC_COOKIE    0x7002

struct crumb_func_call { /* a function that was entered for a followed flow */
	__u64 enter_ns;
	__u64 func, skb;
	__u32 flow, netns;
	__u32 seq, bytes;
	__u32 cpu;
	__u8 dir;
	__u8 pad0[3];
};

/* Counters that user space reads in place (.bss is mapped). */
struct crumb_counters {
	__u64 lost[64];	  /* by enum crumb_point: the ring buffer was full */
	__u64 lost_total; /* all of the above and the two below */
	__u64 flows_full;
	__u64 tasks_full;
	__u64 covered[CRUMB_TWINS]; /* by enum crumb_twin: what the kernel skipped and the second program did */
	__u64 aside[8];		    /* by enum crumb_aside */
	__u64 libc_calls; /* calls that a libc hook slowed down */
	__u64 funcs_lost; /* --functions: calls that could not be noted or told, or whose return was not seen */
	__u64 pad3[8]; /* what is only read behind it */
	__u32 next_flow;
	__u32 udp_flows; /* not 0: a UDP flow was taken */
	__u32 libc_off; /* written by user space: the hooks were taken away, what they noted is stale */
	__u32 pad0;

	/* Written at each wake-up, by all CPUs; not in a line of the cache with what is only read. */
	__u64 pad1[8];
	__u64 woken_apart;	/* tasks in the map `woken` */
	__u64 calls_apart;	/* ... and in `calls_apart` */
	__u64 waiting_since_ns; /* readers wait for a CPU since then, if any do now */
	__u32 readers_waiting;
	__u32 pending_runs; /* woken tasks that have not run yet */
	__u64 pad2[8];
};

#endif
