/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of event.h that user space tells of switches: what a bridge and the hardware in its place know. Included there. */
#ifndef CRUMB_EVENT_SWITCH_H
#define CRUMB_EVENT_SWITCH_H

struct crumb_ev_fdb {
	struct crumb_event h;
	__u32 netns;
	__u32 bridge, port; /* ifindex */
	__u8 mac[6];
	__u16 vlan;
	__u32 state;	  /* NUD_*: PERMANENT, NOARP = static, REACHABLE = learned */
	__u32 flags;	  /* NTF_* */
	__u32 updated_ms; /* since it was last refreshed when read */
	__u32 used_ms;	  /* since it was last used */
	__u32 removed;
	__u32 pad0;
};

#define CRUMB_PORT_VLANS    32	 /* ranges told of one port */
#define CRUMB_PORT_NO_FLOOD 0x01 /* unknown unicast is not sent there */
#define CRUMB_PORT_ISOLATED 0x02 /* nor anything from other isolated ports */
#define CRUMB_PORT_HAIRPIN  0x04 /* frames may leave where they came in */
#define CRUMB_PORT_MORE	    0x08 /* more ranges of VLANs than there is room for */

struct crumb_ev_port {
	struct crumb_event h; /* time: of the event that it is told for */
	__u64 read_ns;
	__u32 netns, ifindex;
	__u32 bridge, mtu;
	__u8 state;	/* BR_STATE_* */
	__u8 filtering; /* its bridge looks at VLANs */
	__u8 flags;	/* CRUMB_PORT_* */
	__u8 ranges;
	__u16 pvid; /* of what comes without a tag; 0: that is dropped */
	__u16 pad0;
	struct {
		__u16 first, last;
	} vlan[CRUMB_PORT_VLANS];
};

enum crumb_offload_kind {
	CRUMB_OFFLOAD_ROUTE = 1, /* unicast */
	CRUMB_OFFLOAD_NEIGH,
};

#define CRUMB_OFFLOAD_DONE   0x01 /* hardware has it: RTM_F_OFFLOAD, NTF_OFFLOADED */
#define CRUMB_OFFLOAD_TRAP   0x02 /* hardware has it, and gives the packets to the CPU: RTM_F_TRAP */
#define CRUMB_OFFLOAD_FAILED 0x04 /* RTM_F_OFFLOAD_FAILED (Linux 5.12) */
#define CRUMB_OFFLOAD_MANY   0x08 /* several next hops: by which one is the hardware's choice */
#define CRUMB_OFFLOAD_CUT \
	0x10 /* more routes than were told: none can be said to be the longest prefix */

struct crumb_ev_offload {     /* head as in crumb_ev_port */
	struct crumb_event h; /* all of one reading have one time */
	__u64 read_ns;
	__u32 netns, ifindex; /* out of which it leads; 0 none, or several */
	__u8 kind;	      /* enum crumb_offload_kind */
	__u8 family;	      /* AF_INET, AF_INET6 */
	__u8 prefix;	      /* a route's: bits of addr */
	__u8 flags;	      /* CRUMB_OFFLOAD_* */
	__u32 metric;	      /* a route's */
	__u8 addr[16];	      /* destination, or the neighbour's */
	__u8 via[16];	      /* a route's gateway; zeroes: none */
	__u8 lladdr[8];	      /* a neighbour's, first 6 */
	__u32 table;	      /* a route's; 0, of older traces: the main one */
	__u32 pad0;
};

#define CRUMB_COUNT_UNKNOWN (~0ull)

struct crumb_ev_count { /* head as in crumb_ev_port */
	struct crumb_event h;
	__u64 read_ns;
	__u32 netns, ifindex;
	__u64 rx_packets, tx_packets, rx_bytes,
		tx_bytes; /* IFLA_STATS_LINK_64: the hardware's, where it forwards */
	__u64 cpu_rx_packets,
		cpu_tx_packets; /* of these the CPU's: IFLA_OFFLOAD_XSTATS_CPU_HIT; CRUMB_COUNT_UNKNOWN */
};

#define CRUMB_SAMPLE_UNKNOWN (~0ull)
#define CRUMB_SAMPLE_NO_TC   0xffff

struct crumb_ev_sample {
	struct crumb_ev_skb s; /* no point, no skb; ifindex: the port by which it came in, 0 not told */
	__u64 seen_ns; /* when the kernel was told of it: after it was forwarded, perhaps by much */
	__u64 latency_ns;  /* in the hardware; CRUMB_SAMPLE_UNKNOWN */
	__u64 queue_bytes; /* that were in its queue; likewise */
	__u32 out;	   /* the port by which it left, 0 not told */
	__u32 rate;	   /* one of so many is sampled */
	__u32 group, group_seq;
	__u16 out_tc; /* traffic class; CRUMB_SAMPLE_NO_TC */
	__u8 pad0[6];
};

#endif
