/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every bound of the recorder has a name here. Reaching one is counted and reported, never silent.
 * Included by the BPF programs and by user space.
 */
#ifndef CRUMB_LIMITS_H
#define CRUMB_LIMITS_H

/*
 * Rings: one per CPU, a power of two; this much for all, but not more or less than that for each. --ring-size. Older kernels refuse a map's value
 * of more than 4 MiB: there it is the least.
 */
#define CRUMB_RING_BYTES     (8u << 20)
#define CRUMB_RING_BYTES_MAX (4u << 20)
#define CRUMB_RING_BYTES_MIN (2u << 20)
#define CRUMB_RING_BYTES_ASKED \
	(256u << 20)		 /* more a verifier does not count with (BPF_MAX_VAR_OFF) */
#define CRUMB_POLL_TOLD_NS 20000 /* shorter waits from interrupt to packet are not told */
#define CRUMB_MAX_CONNECTS 4096	 /* sockets of selected tasks that are connecting */
#define CRUMB_MAX_CPUS	   512
#define CRUMB_MAX_FLOWS	   65536 /* connections followed at once, --max-flows */
#define CRUMB_CELL_TRIES   16	 /* numbers drawn for a new one whose cells others have */
#define CRUMB_MAX_ALIASES \
	32768 /* names of followed connections behind translations; the newest are kept */
#define CRUMB_MAX_TUNNELS  4096 /* told: of one direction of a connection in one namespace each */
#define CRUMB_MAX_QDISCS   4096 /* told: of one connection each */
#define CRUMB_MAX_SEGMENTS 128	/* into which an skb is cut (GSO) that a WireGuard device has got */
#define CRUMB_MAX_SEALS \
	4096 /* packets that a WireGuard device has got and that may be on their way still: the oldest go */
#define CRUMB_TUNNEL_PORTS   8	   /* ports of VXLAN and Geneve that are looked at */
#define CRUMB_MAX_TASKS	     16384 /* processes in the selected set */
#define CRUMB_MAX_FUNCS	     8192  /* functions hooked by --functions */
#define CRUMB_MAX_FUNC_CALLS 16384 /* ... and calls of them under way at once */
#define CRUMB_MAX_VERDICTS   1024  /* chains of netfilter under way at once */
#define CRUMB_NF_SLOTS	     4096 /* packets at a hook of netfilter at once, by a hash; a power of two */
#define CRUMB_MAX_APART	     4096 /* tasks whose state could not be made at once, at a time */
#define CRUMB_STACK_DEPTH    48	  /* frames kept of one kernel stack */
#define CRUMB_SNAP_BYTES     128 /* bytes of a packet that `record` keeps, from the link layer on */
#define CRUMB_SNAP_SHORT \
	80 /* ... all of it that most packets have: Ethernet, IPv4 or IPv6, TCP with timestamps */
#define CRUMB_FILTER_BYTES \
	128 /* bytes of a packet that a pcap-filter expression can test, from IP on */
#define CRUMB_HEAD_BYTES \
	64 /* bytes read of every packet, from IP on: IPv6 and TCP with their usual options */
#define CRUMB_PAYLOAD_SCAN  128	  /* first bytes of a message that --payload looks at */
#define CRUMB_PATTERN_BYTES 32	  /* longest --payload text */
#define CRUMB_SOCK_MARKS    4096  /* marks of UDP sockets that matter; a power of two */
#define CRUMB_READERS	    1024  /* threads whose absences are kept: of those that read last */
#define CRUMB_READER_MARKS  65536 /* marks of thread ids among them; a power of two */
#define CRUMB_AWAYS	    16 /* absences kept of one; older ones are put together; a power of two */
#define CRUMB_BLOOM_SLOTS   65536 /* places of the flow pre-check; a power of two */
#define CRUMB_ZONE_SLOTS    256	  /* places of namespaces that have a zone; a power of two */

/* Interrupts of network cards that are told apart: their numbers, and cards on one CPU. */
#define CRUMB_IRQS  1024
#define CRUMB_CARDS 4

#endif
