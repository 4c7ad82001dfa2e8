/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection under analysis: its two byte streams, the messages in them that are not finished,
 * and the recv calls that took their bytes. Private to journey/; the rules are in docs/JOURNEYS.md.
 */
#ifndef CRUMB_JOURNEY_CONN_H
#define CRUMB_JOURNEY_CONN_H

#include <linux/in.h>

#include "byte_stream.h"
#include "dgram.h"
#include "flow_table.h"
#include "journey.h"
#include "task.h"

struct conn;

/* A recv call that took bytes. Lives as long as one of its pieces is in half.pieces. */
struct recv_call {
	struct crumb_ev_recv ev;
	struct libc_wait libc; /* its CRUMB_EV_CALL */
	uint64_t first, last;  /* positions: of its first byte, after its last one */
	uint32_t refs;
	uint32_t mark;		     /* the journey that counted it last */
	struct crumb_ev_away *aways; /* of its thread, while bytes were ready for it; oldest first */
	uint32_t away_count;
	uint64_t history_ns; /* no absence is missing since then; 0: nothing is known of them */
	bool multi; /* one of several datagrams of its call: ev.h.time_ns is the socket layer's return */
};

void recv_call_put(struct recv_call *call); /* one reference less */

struct piece { /* contiguous bytes taken by one call */
	uint64_t start, end;
	struct recv_call *call;
};

struct part { /* a finished extent of a recv call that has not returned */
	struct part *next;
	uint64_t start, end;
	uint32_t pid;
};

struct ready {
	uint64_t time_ns, rcv_nxt;
	uint32_t cpu, netns, rmem_alloc, rcvbuf;
	uint64_t filled,
		filled_to; /* bytes that came last, for which those behind them waited; 0, 0 none */
	uint64_t again_ns; /* ... they had been sent again then; 0: they came out of order */
	uint8_t resent;	   /* ... by what: enum crumb_resent */
};

struct wake { /* or a run */
	uint64_t time_ns;
	uint64_t woken_ns; /* run only */
	uint32_t cpu, tgid, pid, by_pid;
	char by_comm[CRUMB_COMM_BYTES];
	uint32_t behind_pid; /* run only: who had the CPU meanwhile; 0 unknown */
	char behind_comm[CRUMB_COMM_BYTES];
};

struct held {
	struct crumb_ev_held ev;
	uint64_t from_ns; /* true from then on, until the next one's */
	uint32_t reason;
};

/* What a record says, whoever's bytes they are: enum gap_fact, 0 (no reason that is known), or one of these. */
#define HELD_NOTHING 0x80000000u /* there was nothing to send */
#define HELD_SMALL   0x40000000u /* less than a TCP segment, for no reason but perhaps MSG_MORE */
uint32_t held_reason(const struct crumb_ev_held *ev);

struct dgram_last { /* for the stack that follows a sighting */
	uint64_t at, time_ns;
};

struct sight_where {
	uint64_t ns; /* 0: not seen */
	uint32_t netns, ifindex;
	uint16_t point;
	uint32_t reason; /* of a drop */
	uint16_t tci;	 /* of its tag, and ... */
	uint8_t src_mac[6], dst_mac[6];
	bool tunnel; /* ... it was in one */
};

/* Where an RST was seen first on its way. */
struct rst_seen {
	uint64_t ns; /* 0: not seen */
	uint32_t netns, ifindex;
	uint16_t point;
};

struct half { /* one direction */
	struct byte_stream bytes;
	struct ring messages; /* struct message *: ended send calls by first byte, until handed out */
	struct message *sending; /* send calls that have not returned */
	struct part *parts;
	struct ring pieces; /* struct piece, by first byte */
	struct ring ready, wakes, runs;
	struct ring held;	/* struct held, by from_ns: the sender's queue */
	struct ring drops;	/* struct crumb_ev_drop, by time: what proves them */
	struct ring decisions;	/* struct crumb_ev_decision, by time */
	struct ring samples;	/* struct crumb_ev_sample, as they came */
	struct ring polls;	/* struct crumb_ev_poll, by time */
	struct range_set taken; /* bytes that recv calls took */
	uint64_t taken_to;	/* after the highest of them */
	uint64_t sure;		/* ... what a socket has said of the newest byte; 0: none has */
	uint64_t rcv_nxt; /* position up to which the receiver has the bytes in order; 0 unknown */
	uint64_t came, came_to, came_skb; /* the newest bytes in order that TCP got */
	uint32_t receiver_netns;
	uint64_t connected_ns; /* the sender's socket got the answer to its SYN; 0 not seen */
	uint32_t connected_cpu;
	bool sender_seen; /* a socket of the sending end is on this machine */
	bool receiver_seen;
	bool reset; /* an RST went this way */
	bool fin;   /* ... a FIN */
	bool left;  /* bytes from left_at on are not followed */
	uint64_t left_at;
	bool syn;		     /* ... a SYN */
	struct sight_where syn_at;   /* ... seen there last */
	struct rst_seen rst;	     /* ... seen on its way, too */
	uint64_t gone_ns;	     /* its socket was destroyed; 0 not */
	uint64_t receiver_closed_ns; /* its socket went to CLOSE; 0 not */
	bool closed_on_unread; /* ... by close(2) with bytes in its queue: nobody can read them */
	uint32_t trims;	       /* messages handed out since the logs were trimmed */
	struct dgrams *dgrams; /* UDP; else NULL */
	struct dgram_last last;
};

struct conn {
	struct flow flow; /* first: found through the flow table */
	struct half half[2];
	struct ring funcs;   /* struct func_call, by their returns */
	struct ring resets;  /* struct crumb_ev_reset, by time: the first RESETS_MAX */
	struct ring nats;    /* struct conn_nat */
	struct ring tunnels; /* struct crumb_ev_tunnel */
	struct ring routes;  /* struct crumb_ev_route, by time: the newest ROUTES_KEPT */
	struct ring qdiscs;  /* struct crumb_ev_qdisc, as they were told: the newest QDISCS_KEPT */
	bool closed[2], fin;
	bool sampled; /* nothing but samples of a switch's hardware, and its traps, tell of it */
	bool established; /* a socket of it got so far */
	bool split; /* it is another one, by the name that it has behind a translation: what comes goes there */
	uint64_t last_ns; /* newest event */
	uint64_t hosts;	  /* a bit for each that announced it */
};

struct message {
	struct conn *conn;
	struct message *next; /* in half.sending */
	struct crumb_ev_send_begin begin;
	struct crumb_ev_send_end end;
	struct libc_wait libc;
	struct range_set extents;
	uint64_t first, last; /* positions: of the first byte, after the last one */
	uint64_t last_before; /* highest `last` among it and those before it in half.messages */
	uint64_t bytes, taken;
	uint64_t done_ns;	  /* nothing more is expected: waits to be handed out; 0 open */
	uint64_t check_ns;	  /* look again whether it can still be delivered */
	uint64_t hole_ns;	  /* since when bytes behind it are known to be read, and it not */
	struct task_calls *calls; /* what the sender did before; NULL nothing */
	uint8_t dir;
	bool returned; /* `end` is filled in */
	bool inferred; /* the sender is elsewhere: made from one recv call */
	bool selected;
	bool cut;		   /* the record of its return is missing */
	bool same_call;		   /* not the first message of its syscall */
	bool out;		   /* handed out */
	const struct dgram *dgram; /* UDP, while it is not out */
};

static inline struct half *message_half(const struct message *m)
{
	return &m->conn->half[m->dir];
}

static inline bool conn_is_udp(const struct conn *c)
{
	return c->flow.proto == IPPROTO_UDP;
}

/* A socket of this machine has bytes up to @pos. */
static inline void half_sure(struct half *h, uint64_t pos)
{
	if (pos > h->sure)
		h->sure = pos;
}

struct conn *conn_new(const struct crumb_ev_flow *ev); /* NULL: no memory */
void conn_free(struct conn *c);

/* From which end to which the bytes of direction @dir go. */
void conn_addresses(const struct conn *c, uint8_t dir, struct journey_address *ret_src,
		    struct journey_address *ret_dst);

/* Is anything unfinished? */
bool conn_busy(const struct conn *c);

/*
 * The message has ended: into half.messages, with the bytes that were taken before. 0 or -ENOMEM.
 */
int half_insert(struct half *h, struct message *m);

/* @m was handed out: forget it, and what only it needed. */
void half_drop(struct half *h, struct message *m);

/*
 * Forget what no message can need: below the oldest one that is open. If none is, what is older
 * than this; more patiently where a reader of this machine may still make a message of it (its
 * sender is elsewhere).
 */
#define SIGHT_KEEP_NS  1000000000ull
#define UNREAD_KEEP_NS 60000000000ull
void half_trim(struct half *h, uint64_t now_ns);

/* Index of the first message that begins at or above @pos. */
uint32_t half_index(const struct half *h, uint64_t pos);

static inline struct message *half_message(const struct half *h, uint32_t i)
{
	return *(struct message **)ring_at(&h->messages, i);
}

/* The bytes [@start, @end) were taken by @call: noted in pieces and taken. 0 or -ENOMEM. */
int half_take(struct half *h, struct recv_call *call, uint64_t start, uint64_t end);

/* Index of the first piece with a byte at or above @pos. */
uint32_t half_piece_index(const struct half *h, uint64_t pos);

static inline struct piece *half_piece(const struct half *h, uint32_t i)
{
	return ring_at(&h->pieces, i);
}

/* The first readiness at or after @from_ns with all bytes below @pos there; NULL none. */
const struct ready *half_ready(const struct half *h, uint64_t pos, uint64_t from_ns);

/* Has the send call that wrote the message the MSG_* flag (include/linux/socket.h)? */
bool message_flag(const struct message *m, uint32_t flag);

struct message *message_new(struct conn *c, uint8_t dir); /* NULL: no memory */
void message_free(struct message *m);

#endif
