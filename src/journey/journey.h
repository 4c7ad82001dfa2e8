/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A journey: all that was seen of one message, in causal order, from the sender's call to the receiver's
 * return. Built by assemble.c, read by the renderers through const; every pointer in it is borrowed and lives
 * for the length of the callback that hands it over.
 *
 * Accounting identity (law 1): segments are the gaps between neighbouring steps, so their sum is total_ns;
 * those without a cause add up to unexplained_ns; none is negative.
 */
#ifndef CRUMB_JOURNEY_JOURNEY_H
#define CRUMB_JOURNEY_JOURNEY_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "point.h"

enum verdict {
	VERDICT_DELIVERED,
	VERDICT_DROPPED,
	VERDICT_WAITING,
	VERDICT_LEFT,
	VERDICT_INCOMPLETE,
	VERDICT_MAX,
};

const char *verdict_name(enum verdict v);

struct cause {
	const char *code;  /* "tx.libc": stable, in JSON */
	const char *words; /* "kernel entry, file look-up, socket lock" */
};

struct journey_address {
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
};

struct journey_end { /* a process at one end; known = false: nobody was seen there */
	bool known;
	const char *host;
	uint32_t tgid, pid;
	const char *comm;
	int fd;		  /* -1 unknown */
	const char *call; /* "write", "recvfrom": the syscall; NULL unknown */
	uint64_t args[6]; /* its argument registers */
	int64_t ret;	  /* what it returned; only if returned */
	bool returned;
	const char *cgroup;  /* "/system.slice/nginx.service", of version 2; NULL unknown */
	uint32_t pid_inside; /* in a PID namespace of its own; 0: none, or unknown */
};

struct journey_function { /* --functions: one call of a kernel function */
	const char *name;
	int64_t t_ns; /* entry, from the journey's first step; negative: a reader that was blocked before */
	uint64_t ns;	  /* until it returned */
	uint64_t self_ns; /* of that, not in functions that are told as well */
	uint16_t level;	  /* how deep below the outermost of this step */
	bool after;	  /* no step follows in its place: it came after this one, not before it */
};

struct journey_tunnel { /* whose packet carries the message's, in the direction of the message */
	uint8_t kind;	/* enum crumb_tunnel_kind; 0: not known which */
	bool has_key;
	uint32_t key;		  /* VNI, GRE's key */
	uint8_t from[16], to[16]; /* of the outer packet */
};

const char *tunnel_kind_name(uint8_t kind);  /* "vxlan"; NULL not known */
const char *tunnel_kind_words(uint8_t kind); /* "VXLAN" */

struct journey_step {
	uint16_t point; /* enum crumb_point */
	const char *host;
	uint32_t netns;
	uint64_t t_ns; /* from the journey's first step */
	uint32_t cpu;
	const char *dev; /* interface name, NULL where there is none */
	enum hook_kind via;
	const char *func;  /* kernel or libc function in which the hook stands */
	bool exact;	   /* false: this sighting was joined to the message by inference */
	uint32_t count;	   /* sightings of the message's bytes at this point: skbs, copies; >= 1 */
	uint64_t first_ns; /* the first of them (t_ns is the one that carried the last byte) */
	const char *detail; /* state seen, in words: "FDB 02:47:..: swp2, learned, 3 ms old"; NULL none */
	const char *const *path; /* functions that led here since the previous step, outermost first; NULL unknown */
	uint32_t path_len;
	const struct journey_tunnel *tunnel; /* NULL: in none */
	const struct journey_function *functions; /* --functions: those that led here, as they called each other */
	uint32_t function_count;
	bool path_borrowed; /* the path was sampled on another TCP segment of this path, not on this one */
};

/*
 * A switch between the two ends of a segment whose hardware forwarded: its CPU saw nothing. What was decided, and what proves it. In no
 * order if there are several.
 */
struct journey_hardware {
	const char *host;
	uint32_t netns;
	const char *in, *out; /* ports; in NULL: not known; out NULL: one of several next hops' */
	bool routed;
	uint8_t mac[6]; /* the FDB's entry by which it went out, flag `offload`; zeroes: it needed none */
	uint16_t vlan;			   /* ... its VLAN, 0 none */
	bool extern_learn;		   /* ... the hardware learned it */
	uint8_t addr[16], prefix, via[16]; /* routed: the route, flag `offload`; via zeroes: none */
	uint32_t table;			   /* ... its table, if it is a VRF's; else 0 */
	bool counted;		/* readings of the counters of both ports, before and after: */
	int64_t from_ns, to_ns; /* from the journey's first step */
	const char *clock; /* ... how well the clocks compare by which that is told: as clock_state; "none": by the dates of both */
	uint64_t in_packets,
		out_packets; /* all that came in by, went out of these ports within that time */
	uint64_t cpu_in, cpu_out;	      /* of these the CPU's; CRUMB_COUNT_UNKNOWN */
	const struct crumb_ev_sample *sample; /* a packet of it was sampled there; NULL none was */
	const char *sample_in, *sample_out;   /* ... its ports; NULL: not told */
	int64_t sample_ns;		      /* ... when the CPU was told, from the first step */
};

struct journey_segment {
	uint32_t from, to; /* indices in steps[] */
	uint64_t ns;
	const struct cause *cause; /* NULL: unexplained */
	const char *note; /* what qualifies the cause here: "2 skbs", "woken from CPU 1, runs on CPU 0"; NULL none */
	const struct journey_hardware *hardware;
	uint32_t hardware_count;
	bool across; /* its ends are on two kernels with a clock each */
	uint64_t bound_ns; /* then: ns is the truth ± bound_ns; JOURNEY_BOUND_UNKNOWN: relative to the least delay only */
};

enum sent_fate {		  /* what became of one transmission */
		 SENT_UNSEEN,	  /* neither that it came nor that it was dropped */
		 SENT_ARRIVED,	  /* TCP at the receiver kept this copy */
		 SENT_DROPPED,	  /* ... see `lost` */
		 SENT_LATE,	  /* it came, and one that was sent later had come before it */
		 SENT_NOT_NEEDED, /* one that was sent earlier had come */
		 SENT_FATES,
};

const char *sent_fate_name(enum sent_fate f); /* "not_needed" */
const char *resent_name(uint8_t how);	      /* enum crumb_resent: "rto"; and in words */
const char *resent_words(uint8_t how);

struct journey_loss {		   /* where a copy of the bytes was dropped */
	const char *host, *dev;	   /* dev: NULL none */
	const char *reason, *func; /* func: NULL unknown */
	uint64_t t_ns;
};

struct journey_transmission { /* of bytes of the message; only where some were sent again, or a copy was dropped */
	uint32_t number;     /* from 1, in the order of time */
	uint8_t how;	     /* enum crumb_resent; 0: the first, or not seen what sent it again */
	uint64_t t_ns;	     /* at the sender's device */
	uint64_t start, end; /* its bytes of the message, counted as journey.offset is */
	uint32_t skbs;	     /* the first: in so many skbs; else 1 */
	enum sent_fate fate; /* of its last byte; the first one's: the worst of its skbs */
	const struct journey_loss *lost; /* NULL: not seen */
	uint32_t after; /* number of the transmission of its last byte before it; 0 it is the first */
	enum sent_fate before; /* what became of that one, and where */
	const struct journey_loss *before_lost;
	uint64_t cost_ns; /* by which the message was whole later than it would have been with the one before */
};

struct journey_reset {	  /* an RST ended the connection before the message was read whole */
	bool by_sender;	  /* the end that wrote the message, else the one that should read it */
	const char *host; /* where it was sent, or seen first; NULL unknown */
	const char *what; /* "aborted", "answered", "packet": no socket was seen to send it */
	uint32_t tgid;	  /* of the program whose call it was; 0 none */
	const char *comm;
	const char *reason;	    /* the kernel's, "TCP_ABORT_ON_CLOSE"; NULL unknown */
	const char *why;	    /* in words */
	int64_t t_ns;		    /* from the journey's first step */
	int64_t got_ns;		    /* when the other socket got it; INT64_MIN not seen */
	uint64_t read, thrown_away; /* bytes of the message; together all of them */
};

struct journey_call { /* what the sender did before its first message: getaddrinfo, socket, connect */
	const char *host;
	enum crumb_layer_of_call layer;
	const char *name;
	const char *text; /* "b\t4747" for getaddrinfo, else NULL */
	int64_t t_ns;	  /* entry, from the journey's first step: negative */
	uint64_t ns;	  /* how long it took */
	int64_t ret;
	uint32_t pid;
	bool has_to;
	struct journey_address to; /* connect(): where to, if that was recorded */
};

struct journey_nat { /* where addresses are translated, in the direction of the message */
	const char *host;
	uint32_t netns;
	uint8_t how;				    /* CRUMB_NAT_* */
	struct journey_address before[2], after[2]; /* source, destination */
};

struct journey_extent { /* bytes [start, end) of the direction, counted as journey.offset is */
	uint64_t start, end;
};

struct journey {
	uint8_t id[16];
	enum verdict verdict;
	const char *reason; /* drop reason, or what is waited for; NULL none */
	const char *where; /* "b dev.receive eth0": where it was dropped, waits or was last seen; NULL delivered */
	const char *proof; /* dropped: the state that shows why, in words; NULL none */
	uint8_t proto;
	struct journey_address src, dst;
	uint64_t offset; /* of the first byte in its direction of the stream */
	bool offset_known; /* false: the connection is older than the trace, offset counts from the first byte seen */
	uint64_t bytes;
	const struct journey_extent *extents; /* more than one: other writers of the socket came between */
	uint32_t extent_count;
	const struct journey_nat *nats; /* on its way, in order */
	uint32_t nat_count;
	struct journey_end sender, receiver;
	uint64_t start_ns; /* of the first step on the host's clock, from the trace's first event */
	uint64_t total_ns;
	uint64_t unexplained_ns;

	const struct journey_step *steps;
	uint32_t step_count;
	const struct journey_segment *segments;
	uint32_t segment_count;
	const struct journey_step *side_steps; /* seen, but not on the way: the sender's own return */
	uint32_t side_step_count;
	const struct journey_call *calls; /* only with the first message of a connection */
	uint32_t call_count;
	const struct journey_transmission *transmissions;
	uint32_t transmission_count;
	const struct journey_reset *reset; /* NULL: none, or after it was read */
	uint32_t transmissions_more;	   /* not listed: there were too many */
	uint64_t repair_ns;		   /* sum of their costs */

	const char *clock_state; /* "exact": one kernel; else that of the worst of its segments across kernels */
	uint64_t clock_bound_ns; /* of its first host's clock against its last one's */
	uint32_t retransmits;	 /* TCP segments, with bytes of it */
	uint64_t lost_events;	 /* events lost during its life that it may have needed */
	uint64_t waiting_ns;	 /* not delivered: from its last step until the verdict was given */
	uint32_t function_calls; /* --functions: in all steps */
	uint64_t functions_missed; /* ... and how many may be missing */
	uint64_t observer_ns; /* crumb's own time inside total_ns that was measured (stack walks) */
	uint32_t reads;	      /* recv calls that took its bytes */
};

#define JOURNEY_BOUND_UNKNOWN UINT64_MAX

struct trace_hook {
	uint16_t point;
	bool visible;
	const char *via, *target, *why;
};

struct trace_host { /* a further kernel of a joined trace */
	const char *host, *release, *machine;
	uint8_t boot_id[16];
	struct trace_hook hooks[CRUMB_PT_MAX];
	uint32_t hook_count;
};

struct trace_info { /* what `begin` gets; facts read so far */
	const char *version;
	const char *selection;
	uint32_t flags;	  /* CRUMB_TRACE_* */
	const char *host; /* kernel's host name */
	const char *release;
	const char *machine;
	uint8_t boot_id[16];
	struct trace_hook hooks[CRUMB_PT_MAX];
	uint32_t hook_count;
	const struct trace_host *more; /* the other hosts of a joined trace */
	uint32_t more_count;
};

struct trace_loss {
	uint16_t cause, point; /* enum crumb_loss_cause, enum crumb_point */
	uint64_t count;
};

struct trace_absence { /* a host of a joined trace was not recorded while others were */
	const char *host;
	uint64_t from_ns, to_ns; /* from the trace's first event; to UINT64_MAX: until the end */
};

#define TRACE_UNMADE_MAX  16
#define TRACE_HOST_BYTES  64
#define TRACE_PLACE_BYTES 40
#define TRACE_PROOF_BYTES 256

struct trace_unmade { /* a connection that was asked for and did not come about: no message, no journey */
	struct journey_address src, dst;
	const char *outcome; /* "refused": an RST answered; "dropped": the SYN was; "unanswered" so far */
	char host[TRACE_HOST_BYTES];   /* ... by whom, where; else where the SYN was seen last */
	char place[TRACE_PLACE_BYTES]; /* "dev.receive eth0" */
	char reason[48];	       /* the kernel's; "" unknown */
	char proof[TRACE_PROOF_BYTES]; /* what the SYN's drop shows, or makes likely; "" nothing */
};

#define TRACE_FAILED_MAX 16

struct trace_failed { /* a call of a selected process that failed: no message, no journey */
	uint32_t tgid;
	char comm[CRUMB_COMM_BYTES];
	const char *call; /* "connect"; of the C library: "getaddrinfo" */
	bool libc;
	bool later; /* a connect() that had not waited, or may not have: what became of it */
	bool has_to;
	struct journey_address to;	  /* where to, if the call was told */
	char text[CRUMB_CALL_TEXT_BYTES]; /* getaddrinfo: "node\tservice" */
	int64_t ret;			  /* -errno; of getaddrinfo EAI_* */
	uint64_t count;			  /* equal ones */
};

#define TRACE_OUTSIDE_MAX 16

struct trace_outside { /* TCP segments with bytes of no message, outside of the receiver's window: dropped */
	struct journey_address src, dst;
	char host[TRACE_HOST_BYTES];
	char place[TRACE_PLACE_BYTES]; /* "skb.drop eth0" */
	char reason[48];	       /* the kernel's */
	uint64_t segments, bytes;
};

struct trace_unusual; /* unusual.h */

struct trace_summary {
	uint64_t journeys;
	uint64_t verdicts[VERDICT_MAX];
	uint64_t events; /* records from the kernel */
	uint64_t lost_events;
	const struct trace_loss *losses;
	uint32_t loss_count;
	const char *const *unobservable; /* names of points that this kernel cannot show */
	uint32_t unobservable_count;
	uint64_t flows;
	uint64_t bytes;	  /* of all journeys */
	uint64_t stacked; /* journeys that paid for stack samples */
	bool truncated;	  /* the trace has no end record: recording was cut short */
	const struct trace_absence *absences;
	uint32_t absence_count;
	const struct trace_unusual *unusual; /* of all journeys, not only those shown; NULL: not compared */
	struct trace_unmade unmade[TRACE_UNMADE_MAX];
	uint64_t unmade_count; /* those that are not listed, too */
	struct trace_failed failed[TRACE_FAILED_MAX];
	uint32_t failed_listed;
	uint64_t failed_count; /* calls, also of those that are not listed */
	struct trace_outside outside[TRACE_OUTSIDE_MAX];
	unsigned int outside_count;
	uint64_t outside_segments;	 /* those that are not listed, too */
	uint64_t aside[CRUMB_ASIDE_MAX]; /* seen and not followed, by enum crumb_aside */
};

#endif
