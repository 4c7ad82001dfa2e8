/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps, settings and counters shared by all programs; defined once, in maps.bpf.c. */
#ifndef CRUMB_BPF_MAPS_H
#define CRUMB_BPF_MAPS_H

#include "kernel_types.h"

#include "event.h"
#include "filter_packet.h"
#include "lanes.h"
#include "settings.h"

#define CRUMB_FLOW_IDS_KEPT 64 /* of the newest: no program lags further behind */

#define SEND_RECORDED 1
#define SEND_IGNORED  2 /* --payload: its first bytes do not have the text, no need to look again */

#define DGRAM_SEEN  1 /* the call's skb was seen, the socket layer has not returned */
#define DGRAM_SENT  2
#define DGRAM_TAKEN 3

#define APPEND_AWAKE  1
#define APPEND_ASLEEP 2 /* the lock was given up */
#define APPEND_EARLY  3 /* ... until there is a connection */

/* What a task is in the middle of. Lives in task storage, so that it ends with the task. */
struct task_state {
	/* the syscall */
	__u64 enter_ns;
	union {
		__u64 call; /* all of these at once: an entry writes two words */
		struct {
			__u32 nr;
			__u8 in_call;
			__u8 selected;
			__u8 send_active; /* SEND_* */
			__u8 recv_active;
		};
	};

	__u64 told_ns; /* when its process was told about last; 0 never */
	__u64 regs;    /* saved user registers, for programs that cannot ask for them; else 0 */
	__u64 trunc_sk; /* MSG_TRUNC is asked of this socket, for programs that are not told at the return; else 0 */

	/* the libc function */
	__u64 libc_ns;
	__u64 libc_args[6];
	__u32 libc_flow; /* flow whose bytes it carried, 0 none yet */
	__u16 libc_func; /* 0: outside */
	__u8 libc_dir;
	__u8 gai_active; /* getaddrinfo calls other libc functions: it has a slot of its own */
	__u64 gai_ns;
	__u64 gai_args[6];
	char gai_text[CRUMB_CALL_TEXT_BYTES];

	__u64 connect_sk; /* a selected task asked this socket to connect in the syscall that it is in; 0 */

	__u64 failed_sk; /* this socket could not send, in the syscall that it is in; 0 */

	/* bytes going out: one extent grows until another writer comes between */
	__u64 send_sk;
	__u64 send_sock_ns;
	__u32 send_flow;
	__u32 send_seq, send_bytes; /* extent so far */
	__u32 part_left,
		last_left; /* of the current sock_sendmsg: offered at its start, at the last look */
	__u8 send_dir, send_flags, part_done;
	__u8 recv_flags;
	__u64 turn_ns,
		turn_nvcsw; /* of the copy loop's last turn: how often the task had slept by then */
	__u64 early_ns; /* through a function hook: the call found its socket not connected, and may wait for that */
	__u64 early_sk;
	__u32 early_left, pad4;
	__u64 slept_ns; /* in turns within which it slept: for buffer space */
	__u32 sleeps;
	__u8 turn_full; /* the send buffer was full at that turn: the call is about to sleep */
	__u8 pad2;
	__u16 ran; /* bits by enum crumb_twin: first programs that ran, for their second ones */

	/* bytes coming in */
	__u64 recv_sk;
	__u64 recv_copy_ns, recv_sock_ns;
	__u32 recv_flow;
	__u32 recv_seq, recv_bytes, recv_first;
	__u32 recv_total; /* bytes of the call in all extents */
	__u32 recv_netns;
	__u8 recv_dir, recv_done;
	__u8 append_open; /* APPEND_*: tcp_sendmsg_locked() was entered through a function hook, and not left */
	__u8 append_exact; /* it was left: send_bytes is whole */

	/* --deep: where its call was last seen on its way to TCP */
	__u64 sock_send_ns, tcp_recv_ns;

	__u64 recv_lock_ns, recv_lock_until_ns; /* the recv call waited for its socket's lock; 0 not */

	/* a datagram going out or coming in: one at a time, sendmmsg and recvmmsg one after the other */
	__u64 dgram_sk;
	__u64 dgram_skb;
	__u64 dgram_sock_ns;
	__u64 dgram_call; /* enter_ns of the call that dgram_index counts in */
	struct crumb_digest dgram_digest;
	__u32 dgram_flow, dgram_bytes;
	__u16 dgram_index;
	__u8 dgram_active; /* DGRAM_* */
	__u8 dgram_dir, dgram_flags;
	__u8 lock_hint; /* the call that it was in waited for a socket's lock: struct reader */
	__u8 pad3[2];

	/* woken for data, not yet running */
	__u64 woken_ns;
	__u32 woken_flow;
	__u8 woken_dir;
	__u8 pad1[3];
};

/* One value for each CPU: see lanes.h. Its size is set before it is made. */
struct rings {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CRUMB_MAX_CPUS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, CRUMB_LANES_BYTES(CRUMB_RING_BYTES_MIN));
};

/* Where the state of a connection stands: the number of its cell. */
struct flows {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_FLOWS);
	__type(key, struct crumb_flow_key);
	__type(value, __u32);
};

/* The same connections by the addresses that NAT gives them on their way. */
struct aliases {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_MAX_ALIASES);
	__type(key, struct crumb_flow_key);
	__type(value, struct crumb_alias);
};

/*
 * An array, because the kernel looks into one without a call. A new flow's cell is the one that its number ends with, and is
 * its own as long as the number, which stands last, is not 0. Nobody maps it: what can be mapped begins at a page, and so at a line of the cache.
 */
struct flow_cells {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CRUMB_MAX_FLOWS);
	__type(key, __u32);
	__type(value, struct crumb_flow);
};

struct selected_tasks {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_TASKS);
	__type(key, __u32);
	__type(value, __u8);
};

/*
 * Namespaces that talk with each other and with no others: those of one lab. The same addresses and ports in two labs
 * are two connections.
 */
struct zones {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_TASKS);
	__type(key, __u32); /* namespace */
	__type(value, __u32);
};

struct listeners { /* sockets on which selected tasks listen */
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_TASKS);
	__type(key, struct crumb_listener);
	__type(value, __u8);
};

struct woken_entry {
	__u64 ns;
	__u32 flow;
	__u8 dir;
	__u8 pad0[3];
};

/*
 * The same as task_state's woken_* for tasks whose state could not be made just then: task storage refuses to be
 * entered twice on a CPU, and a wake-up may strike in the middle of it.
 */
struct woken {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_TASKS);
	__type(key, __u32);
	__type(value, struct woken_entry);
};

/* One absence of a reader from its CPU, or several put together. */
struct away {
	__u64 off_ns, on_ns;
	__u64 slept_ns;	 /* of that: asleep */
	__u64 waited_ns; /* ... and runnable, without a CPU */
	__u64 arg0;	 /* of the syscall */
	__u32 times;
	__u32 by_pid; /* who had the CPU */
	__u16 nr;     /* the syscall that it was in, CRUMB_CALL_NO_NR none */
	__u8 flags;   /* CRUMB_AWAY_* */
	__u8 pad0[5];
	char by_comm[CRUMB_COMM_BYTES];
};

/* A thread that reads followed connections. */
struct reader {
	__u64 since_ns;	     /* nothing is missing since then */
	__u64 wake_ns;	     /* of the open absence */
	__u64 lock_ns;	     /* it waited for a socket's lock since then ... */
	__u64 lock_until_ns; /* ... and was woken for the last time; 0: not seen */
	__u32 count;	     /* of away[]; the open one comes after them */
	__u32 told_flow; /* the newest absence ended with data of this flow, and a CRUMB_EV_RUN */
	__u8 away_open, asleep;
	__u8 grain; /* how near to one another absences are put together: AWAY_GRAIN_NS, times 4 for each */
	__u8 lock_open; /* the open absence is a wait for a socket's lock */
	__u8 pad0[4];
	struct away away[CRUMB_AWAYS];
};

struct readers {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_READERS);
	__type(key, __u32); /* thread */
	__type(value, struct reader);
};

/*
 * Likewise the syscall in which a task leaves the CPU: a state is allocated from a small store that the kernel fills up
 * again in an interrupt, and sched_switch cannot wait for one.
 */
struct calls_apart {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_APART);
	__type(key, __u32);
	__type(value, struct crumb_calling);
};

struct task_states {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
};

/*
 * The same for kernels without task storage (before 5.11) and for programs that hold no typed pointer to a task: by thread
 * id, taken out when the thread ends.
 */
struct task_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_TASKS);
	__type(key, __u32);
	__type(value, struct task_state);
};

struct connecting {
	__u64 ns; /* since then */
	__u32 tgid, pid;
	char comm[CRUMB_COMM_BYTES];
};

/* Sockets that selected tasks asked to connect, by their addresses: one that is never seen again is pushed out. */
struct connects {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_MAX_CONNECTS);
	__type(key, __u64);
	__type(value, struct connecting);
};

/* Numbers of connections that are given out: only one program can make an entry. */
struct flow_ids {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4 * CRUMB_FLOW_IDS_KEPT);
	__type(key, __u32);
	__type(value, __u8);
};

/* Where an expression finds its packet when it cannot be on the stack, by crumb_cpu.level. */
#define CRUMB_LEVELS 8

struct filter_room {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CRUMB_LEVELS);
	__type(key, __u32);
	__type(value, struct crumb_filter_packet);
};

/* Where the bytes lie that --payload's text is looked for in, likewise: the stack is short where packets are seen. */
struct text { /* what --payload looks at */
	char bytes[CRUMB_PAYLOAD_SCAN + CRUMB_PATTERN_BYTES];
};

struct text_room {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CRUMB_LEVELS);
	__type(key, __u32);
	__type(value, struct text);
};

/* What is read of a packet (struct packet_head), likewise, by programs that have no room for it on their stack. It stays there for the next one. */
#define CRUMB_HEAD_ROOM 512

struct head_room {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CRUMB_LEVELS);
	__type(key, __u32);
	__type(value, __u64[CRUMB_HEAD_ROOM / 8]);
};

/* Tunnels that were told. */
struct tunnels {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_MAX_TUNNELS);
	__type(key, struct crumb_tunnel);
	__type(value, __u8);
};

/* Queueing disciplines that were told: the kernel's address of what they are (struct Qdisc_ops). */
struct qdisc_key {
	__u32 flow, netns, ifindex, handle;
};

struct qdiscs {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_MAX_QDISCS);
	__type(key, struct qdisc_key);
	__type(value, __u64);
};

/* What is in an skb that a WireGuard device got (struct sealed), by its address. */
#define CRUMB_SEALED_BYTES 112

struct seals {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_MAX_SEALS);
	__type(key, __u64);
	__type(value, __u64[CRUMB_SEALED_BYTES / 8]);
};

/* The names of a translated connection (struct nat_names), likewise. */
#define CRUMB_NAT_ROOM 320

struct nat_room {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CRUMB_LEVELS);
	__type(key, __u32);
	__type(value, __u64[CRUMB_NAT_ROOM / 8]);
};

/* Process ids of new children of selected processes: user space hooks their libc. */
struct news {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16384);
};

/* --functions: calls that have not returned, by the place of their frame on the stack. */
struct func_calls {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_FUNC_CALLS);
	__type(key, __u64);
	__type(value, struct crumb_func_call);
};

/* ... and CRUMB_FUNC_* of a function's arguments by its address, where no cookie tells them. */
struct func_args {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CRUMB_MAX_FUNCS);
	__type(key, __u64);
	__type(value, __u64);
};

/* Chains of netfilter that have not returned, by the place of their frame on the stack: a missed return is pushed out. */
struct verdicts {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CRUMB_MAX_VERDICTS);
	__type(key, __u64);
	__type(value, struct crumb_ev_decision);
};

extern struct verdicts verdicts SEC(".maps");
extern struct func_calls func_calls SEC(".maps");
extern struct func_args func_args SEC(".maps");
extern struct woken woken SEC(".maps");
extern struct calls_apart calls_apart SEC(".maps");
extern struct news news SEC(".maps");
extern struct rings rings SEC(".maps");
extern struct flows flows SEC(".maps");
extern struct flow_cells flow_cells SEC(".maps");
extern struct zones zones SEC(".maps");
extern struct listeners listeners SEC(".maps");
extern struct selected_tasks selected_tasks SEC(".maps");
extern struct task_states task_states SEC(".maps");
extern struct task_map task_map SEC(".maps");
extern struct readers readers SEC(".maps");
extern struct flow_ids flow_ids SEC(".maps");
extern struct connects connecting SEC(".maps");
extern struct filter_room filter_room SEC(".maps");
extern struct text_room text_room SEC(".maps");
extern struct head_room head_room SEC(".maps");
extern struct aliases aliases SEC(".maps");
extern struct nat_room nat_room SEC(".maps");
extern struct tunnels tunnels SEC(".maps");
extern struct seals seals SEC(".maps");
extern struct qdiscs qdiscs SEC(".maps");

extern const volatile struct crumb_settings crumb_cfg;
extern const volatile __u64 crumb_zeroes[192]; /* a task_state or a reader to begin with */
extern struct crumb_counters crumb_counters;
extern __u8 crumb_listen[65536];		/* ports in `listeners`, as a pre-check */
extern __u8 crumb_sock_marks[CRUMB_SOCK_MARKS]; /* SOCK_MARK_* of UDP sockets, by a hash of their address */
extern __u32 crumb_slots[CRUMB_BLOOM_SLOTS]; /* the cell of the newest flow there and one; 0: there was none */
extern struct crumb_zone crumb_zones[CRUMB_ZONE_SLOTS];
extern __u8 crumb_readers[CRUMB_READER_MARKS]; /* 1: a thread of this mark is in `readers` */
extern struct crumb_arrived crumb_arrived[CRUMB_MAX_CPUS];
extern struct crumb_cpu crumb_cpus[CRUMB_MAX_CPUS];
extern struct crumb_asked crumb_nf_asked[CRUMB_NF_SLOTS];
extern struct crumb_softirq crumb_softirqs[CRUMB_MAX_CPUS];
extern struct crumb_cards crumb_cards[CRUMB_MAX_CPUS];
extern struct crumb_irqs crumb_irqs;

/*
 * This CPU's place in an array of CRUMB_MAX_CPUS; NULL on a CPU beyond that bound: nothing of its own is known there. Verifiers until 6.1 forget
 * the bound on the way through the multiplication, and do not forget a mask.
 */
#define OF_THIS_CPU(array)                                           \
	({                                                           \
		__u32 cpu_ = bpf_get_smp_processor_id();             \
		typeof(&(array)[0]) at_ = NULL;                      \
                                                                     \
		if (cpu_ < CRUMB_MAX_CPUS) {                         \
			asm volatile("" : "+r"(cpu_));               \
			at_ = &(array)[cpu_ & (CRUMB_MAX_CPUS - 1)]; \
		}                                                    \
		at_;                                                 \
	})

#endif
