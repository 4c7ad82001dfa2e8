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
#define CRUMB_PORT_STAG	    0x10 /* its bridge's tags are 802.1ad's */

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

struct crumb_ev_rule {	      /* head as in crumb_ev_port */
	struct crumb_event h; /* time: of the drop that it is told for */
	__u64 read_ns;
	__u32 netns;
	__u8 made_here;	 /* of packets that are made there; else of those that come in */
	__u8 ip_version; /* ... of 4 or 6 */
	__u8 family;	 /* NFPROTO_* of its table */
	__u8 hook;	 /* NF_INET_* and the like; 0xff: its chain has none of its own */
	__u64 handle;	 /* as nft -a shows it; 0: the chain's policy */
	__u64 packets;	 /* that it had counted; CRUMB_RULE_UNCOUNTED */
	char table[CRUMB_NETFILTER_NAME]; /* "": several can have, or none */
	char chain[CRUMB_NETFILTER_NAME];
	__u64 since_ns; /* the rules were those already at that time; 0: nobody looked, or it is an older trace */
	__u64 other_ns; /* others were seen there last, before that; 0: none were */
	__u32 others; /* that would have dropped it as well, if they had not counted nothing by then */
	__u32 pad0;
};

#define CRUMB_ROUTE_MANY   0x01 /* several next hops: which of them, nobody tells */
#define CRUMB_ROUTE_DIRECT 0x02 /* no gateway: `via` is the destination itself */

/* Asked for once in so long, for one direction of a connection and device; of what is not told anew within that time nothing is known. */
#define CRUMB_ROUTE_FRESH_NS 1000000000ull

/* As a look-up finds it behind the packet, in the device that this one leaves by. */
struct crumb_ev_route {
	struct crumb_event h; /* time: of the packet that it is told for */
	__u32 flow;
	__u8 dir;
	__u8 ttl;    /* as the packet leaves */
	__u8 flags;  /* CRUMB_ROUTE_* */
	__u8 prefix; /* bits of dst */
	__u32 netns, ifindex;
	__u64 read_ns;
	__u32 table;	/* 254: main */
	__u8 protocol;	/* who made it: RTPROT_* */
	__u8 nud_state; /* of the next hop: NUD_*; 0 not known */
	__u8 lladdr[6]; /* ... */
	__u8 pad0[4];
	__u8 dst[16], via[16];
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

enum crumb_filter_action { /* what a tc filter does with a packet that it matches */
			   CRUMB_FILTER_NEXT, /* nothing is decided: the filters after it are asked */
			   CRUMB_FILTER_DROP,
			   CRUMB_FILTER_PASS, /* no other filter is asked, and it is not dropped here */
			   CRUMB_FILTER_GOTO, /* another chain is asked */
			   CRUMB_FILTER_OTHER, /* perhaps any of these: a program, a policer, chance */
};

#define CRUMB_FILTER_IN_HW   0x01 /* hardware has it */
#define CRUMB_FILTER_SKIP_SW 0x02 /* ... and the kernel does not ask it */
#define CRUMB_FILTER_DELAYED 0x04 /* ... whose counter comes late: TCA_ACT_USED_HW_STATS */
#define CRUMB_FILTER_MORE    0x08 /* it asks for more than is told here */
#define CRUMB_FILTER_SHARED  0x10 /* its action is others', too, and so are the counters */
#define CRUMB_FILTER_READING 0x20 /* no filter: those of this device are read; they follow */
#define CRUMB_FILTER_CUT     0x40 /* ... not all: there were too many */

/* A filter that asks for nothing has zeroes for masks, 0 to 65535 for ports. */
struct crumb_ev_filter {      /* head as in crumb_ev_port */
	struct crumb_event h; /* all of one reading have one time */
	__u64 read_ns;
	__u32 netns, ifindex; /* whose packets */
	__u32 chain, handle;
	__u16 pref;
	__u16 protocol; /* EtherType; 3 (ETH_P_ALL): any */
	__u8 egress;	/* else ingress */
	__u8 action;	/* enum crumb_filter_action */
	__u8 flags;	/* CRUMB_FILTER_* */
	__u8 ip_proto;	/* 0: any */
	__u64 packets;	/* that its deciding action has counted, and of these the hardware's */
	__u64 hw_packets;
	char kind[16]; /* "flower" */
	__u8 cookie[16];
	__u8 cookie_len;
	__u8 pad0;
	__u16 vlan, vlan_mask; /* VID */
	__u16 inner_protocol;  /* EtherType behind the tag; 0: any */
	__u16 sport[2], dport[2];
	__u8 src_mac[6], src_mac_mask[6], dst_mac[6], dst_mac_mask[6];
	__u8 src[16], src_mask[16], dst[16], dst_mask[16]; /* IPv4 as ::ffff:a.b.c.d */
};

enum crumb_trap_action {
	CRUMB_TRAP_DROPS = 1, /* DEVLINK_TRAP_ACTION_*, 1 more: dropped, and nothing is told */
	CRUMB_TRAP_TRAPS,     /* the CPU has the only copy */
	CRUMB_TRAP_MIRRORS,   /* it goes on in hardware, and the CPU has a copy */
	CRUMB_TRAP_DIFFERS,   /* several devices have such a trap, and not all do the same */
};

struct crumb_ev_trap_set { /* head as in crumb_ev_port */
	struct crumb_event h;
	__u64 read_ns;
	__u32 netns;
	__u8 action; /* enum crumb_trap_action */
	__u8 pad0[3];
	char name[48]; /* as in crumb_ev_trap */
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
