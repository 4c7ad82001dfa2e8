/* SPDX-License-Identifier: GPL-2.0-only */
/* The assembler's inside, shared by the files that make it up. Private to journey/. */
#ifndef CRUMB_JOURNEY_ASSEMBLY_H
#define CRUMB_JOURNEY_ASSEMBLY_H

#include "absence.h"
#include "assemble.h"
#include "conn.h"
#include "facts.h"
#include "host_tag.h"
#include "losses.h"
#include "neigh.h"
#include "scratch.h"
#include "stacks.h"
#include "task.h"

/* All in stream time, so that a recorded trace gives the journeys of the live one. */
#define HOLD_NS \
	30000000ull /* a finished journey waits: a loss is told at the next drain of the rings */
#define LIBC_WAIT_NS 1000000000ull  /* ... and for its reader to leave the libc function */
#define LEFT_NS	     1000000000ull  /* last seen leaving this machine: the far end is not on it */
#define HOLE_NS	     1000000000ull  /* later bytes were read, these were not: events are missing */
#define GIVE_UP_NS   10000000000ull /* dropped and not sent again, or the reader's socket is gone */
#define LINGER_NS \
	1000000000ull /* a closed connection with nothing open is forgotten; sightings of no message */
#define IDLE_NS 60000000000ull /* ... also one that is half closed, and a thread not heard of */
#define SAMPLED_NS \
	(2 * IDLE_NS) /* of one known by samples only: its recorder forgets it before, and announces it again */
#define BLOCKED_NS 1000000ull	/* a send call that takes longer sleeps for buffer space */
#define TICK_NS	   100000000ull /* how often time-outs are looked at */
#define TRIM_EVERY 16		/* messages handed out between two trims of a stream's logs */

#define FAILED_LATE 32

struct failed { /* failed.c: calls that failed, the newest */
	struct failed_late {
		uint64_t since_ns, ns;
		uint32_t pid;
		struct trace_failed call;
	} late[FAILED_LATE];
	uint32_t count;
};

struct assembler {
	struct assembler_sink sink;
	struct facts *facts;
	struct bridges *bridges;
	struct hardware *hardware;
	struct filters *filters; /* of tc */
	struct trap_set *trap_sets;
	struct own_reasons *reasons;
	struct stacks *stacks;
	struct tasks *tasks;
	struct losses losses;
	struct losses func_losses; /* of calls of --functions: they touch no verdict */
	struct absences absences;
	struct assembler_clocks clocks;
	struct neighs neighs;
	struct usocks *usocks;
	struct flow_table flows;
	struct failed failed;
	struct ring hold; /* struct message *: finished, in the order in which they finished */
	struct scratch scratch;
	uint64_t now_ns, first_ns, tick_ns;
	unsigned int host; /* whose event it is */
	uint64_t serial;   /* events so far */
	uint32_t mark;	   /* journeys built so far */
	bool began, ended, finished;
	int stopped; /* the sink's or an allocation's result */
	struct trace_summary sum;
};

static inline struct conn *assembler_conn(struct assembler *a, uint32_t number)
{
	return (struct conn *)flow_table_find(&a->flows, number);
}

/* ingest_send.c, ingest_recv.c, ingest_path.c: one event each into its connection. 0 or -ENOMEM. */
int ingest_send_begin(struct assembler *a, const struct crumb_ev_send_begin *ev);
int ingest_send_extent(struct assembler *a, const struct crumb_ev_extent *ev);
int ingest_send_end(struct assembler *a, const struct crumb_ev_send_end *ev);
int ingest_recv_extent(struct assembler *a, const struct crumb_ev_extent *ev);
int ingest_recv(struct assembler *a, const struct crumb_ev_recv *ev);
int ingest_copy(struct assembler *a, const struct crumb_ev_copy *ev);
int ingest_flow(struct assembler *a, const struct crumb_ev_flow *ev);
int ingest_state(struct assembler *a, const struct crumb_ev_state *ev);
int ingest_unfollowed(struct assembler *a, const struct crumb_ev_unfollowed *ev);
int ingest_skb(struct assembler *a, const struct crumb_ev_skb *ev);
int ingest_skb_seen(struct assembler *a, const struct crumb_ev_skb *ev,
		    struct sighting **ret); /* NULL: of no bytes */
int ingest_decision(struct assembler *a, const struct crumb_ev_decision *ev);
int ingest_poll(struct assembler *a, const struct crumb_ev_poll *ev);
int ingest_drop(struct assembler *a, const struct crumb_ev_drop *ev);
int ingest_trap(struct assembler *a, const struct crumb_ev_trap *ev); /* trap.c */
int ingest_trap_set(struct assembler *a, const struct crumb_ev_trap_set *ev);
void trap_sets_free(struct assembler *a);
int ingest_sample(struct assembler *a, const struct crumb_ev_sample *ev); /* sample.c */
int ingest_sock(struct assembler *a, const struct crumb_ev_sock *ev);
int ingest_wake(struct assembler *a, const struct crumb_ev_wake *ev);
int ingest_run(struct assembler *a, const struct crumb_ev_run *ev);
int ingest_held(struct assembler *a, const struct crumb_ev_held *ev);
int ingest_stack(struct assembler *a, const struct crumb_ev_stack *ev);
int ingest_nat(struct assembler *a, const struct crumb_ev_nat *ev);	  /* nat.c */
int ingest_tunnel(struct assembler *a, const struct crumb_ev_tunnel *ev); /* tunnel.c */
int ingest_route(struct assembler *a, const struct crumb_ev_route *ev);	  /* route.c */
int ingest_qdisc(struct assembler *a, const struct crumb_ev_qdisc *ev);	  /* qdisc.c */
int ingest_func(struct assembler *a, const struct crumb_ev_func *ev);	  /* funcs.c */

/* ingest_udp.c: the same where the flow's datagrams are the messages. */
int ingest_dgram_send(struct assembler *a, const struct crumb_ev_dgram *ev);
int ingest_dgram_recv(struct assembler *a, const struct crumb_ev_dgram *ev);
int ingest_dgram_skb(struct assembler *a, struct conn *c, const struct crumb_ev_skb *ev,
		     struct sighting **ret);
int ingest_dgram_ready(struct assembler *a, struct conn *c, const struct crumb_ev_sock *ev);

/* The positions of what @l says of the half's datagrams, which was just seen: for a stack. False: not known. */
bool ingest_dgram_place(const struct half *h, const struct crumb_ev_stack *ev, uint64_t *ret_at);

/* ingest_recv.c: [@start, @end) was taken by @call; messages that are whole now are done. 0 or -ENOMEM. */
int ingest_take(struct assembler *a, struct half *h, struct recv_call *call, uint64_t start,
		uint64_t end, bool *ret_known);

/* The sender of what @call took is on another machine: a message of it. 0 or -ENOMEM. */
int ingest_infer(struct assembler *a, struct conn *c, uint8_t dir, const struct recv_call *call,
		 struct message **ret);

/* The sockets that datagrams were queued in. */
struct usocks *usocks_new(void);
void usocks_free(struct usocks *us);
void usocks_trim(struct usocks *us, uint64_t before_ns);

/* ingest_path.c: nothing more is expected of any message of @h. 0 or -ENOMEM. */
int ingest_give_up(struct assembler *a, struct half *h);

/* Nothing more is expected of @m: it is handed out once HOLD_NS have passed. 0 or -ENOMEM. */
int assembler_done(struct assembler *a, struct message *m);

/*
 * A call whose return was not seen: a message of all the bytes it offered, but for those at @limit
 * and above.
 */
int ingest_cut(struct assembler *a, struct message *m, uint64_t limit);

/* What became of a message, and on which of its bytes that hangs. */
struct fate {
	enum verdict verdict;
	const char *reason;
	const char *where;
	uint64_t byte;		     /* the path is that of this byte */
	const struct sighting *drop; /* dropped: where */
	const struct sight_place *drop_place;
	uint64_t lost_events;
	bool absent; /* a host of it is not recorded any more: nothing will change */
};

/* Shared by both kinds of fate. The newest drop of its bytes since @from_ns that was not a flooded frame's other copy. */
const struct sighting *fate_newest_drop(struct assembler *a, const struct message *m,
					uint64_t from_ns, const struct sight_place **ret_place);
void fate_set(struct fate *f, enum verdict v, const char *reason, const char *where);
bool fate_leads_out(struct assembler *a, const struct sight_place *p); /* to another machine */

/* fate_udp.c: of a datagram that was not read; and whether it still can be. */
void fate_dgram(struct assembler *a, const struct message *m, struct fate *f);
bool fate_dgram_open(struct assembler *a, const struct message *m, const struct fate *f);

#define FATE_OTHER_HOST \
	"OTHERHOST" /* the copy of a flooded frame that was not meant for this host */

/* As of now. Texts are in scratch. */
void fate_decide(struct assembler *a, const struct message *m, struct fate *ret_fate);

/* Can @m still be delivered at @a->now_ns? Sets check_ns if so. */
bool fate_open(struct assembler *a, struct message *m);

/* "sw dev.xmit swp2", in scratch. */
const char *fate_where(struct assembler *a, const struct sight_place *p);

/* The newest sighting of byte @pos anywhere below the socket; NULL none. */
const struct sighting *fate_last_seen(const struct half *h, uint64_t pos,
				      const struct sight_place **ret_place);

/* The journey of @m, in scratch. 0 or -ENOMEM. */
int journey_build(struct assembler *a, struct message *m, struct journey *j);

/* Fills in id. @seq: UDP, the digest and how many like it came before. */
void journey_identify(struct journey *j, uint64_t seq);

#endif
