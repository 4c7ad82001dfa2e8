/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of one byte of a message, chosen from all that was seen of it: from the reader backward,
 * the last byte, that one transmission which arrived. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_PATH_H
#define CRUMB_JOURNEY_PATH_H

#include "assembly.h"

/* What the reader does from a step on, until it calls recv. */
enum reader_does {
	READER_UNKNOWN,
	READER_WAITING,	 /* asleep for these very bytes */
	READER_BLOCKED,	 /* asleep for something else */
	READER_STOPPED,	 /* by a signal, a tracer, its cgroup */
	READER_RUNNABLE, /* woken, without a CPU yet */
	READER_PUT_OFF,	 /* put off its CPU */
	READER_ASKS,	 /* on a CPU, after it was woken for these bytes */
	READER_BUSY,	 /* on a CPU */
	READER_UNSEEN,	 /* its account begins later */
};

/* The socket's lock was given back, and who had waited for it was woken. */
enum unlocked { UNLOCKED_NOBODY, UNLOCKED_SENDER, UNLOCKED_READER };

struct path_step {
	uint64_t ns, order; /* at the same time the lower order comes first */
	uint64_t first_ns;
	uint32_t count;
	uint32_t netns, ifindex, cpu;
	uint16_t point;
	bool exact;
	bool asked;	 /* netfilter: when the hook got the packet, before its verdict */
	bool superseded; /* a transmission that did not make it: the next step is a later one */
	bool later_skb;	 /* tcp.write: by then other calls had sent skbs of the message */
	bool last_bytes; /* tcp.append once more: of the message's last bytes, after the call had slept */
	const struct sighting *seen; /* device and TCP points */
	const struct ready *ready;   /* sock.ready */
	const struct wake *wake;     /* sched.wake, sched.run */
	enum unlocked unlocked;	     /* sched.wake: of whom */
	enum reader_does does;
	const struct crumb_ev_away *away; /* the absence that this step is of, or the last one before it */
	const struct crumb_ev_poll *poll; /* dev.irq, softirq.run, and what comes out of a poll without them */
	bool due;			  /* ... it was asked for before the packet left */
	const struct held *held; /* sock.send.return, tcp.held: what keeps the bytes from then on */
};

struct path {
	struct path_step *steps;
	uint32_t count, room;
	const struct recv_call *call; /* the one that took the message's last missing byte; NULL none */
	uint32_t reads;		      /* calls that took bytes of it */
	uint64_t skb;		      /* address of the one that arrived; 0 unknown */
	bool call_went_on;	      /* the call copied later bytes after these */
	uint64_t appended_ns;	      /* its last bytes were in the stream by then */
	bool held;	  /* sock.send.return is on the path: they waited in the send queue */
	uint64_t came_ns; /* TCP had the path's byte; 0 not seen */
	const struct sight_log *origin; /* where each transmission is seen first; NULL none was seen */
};

/* The copy of @byte that TCP at the receiver kept, until @to_ns; NULL none. */
const struct sighting *path_receive(const struct message *m, uint64_t byte, uint64_t to_ns,
				    const struct sight_log **ret_log, uint32_t *ret_others);

/* In scratch. 0 or -ENOMEM. */
int path_find(struct assembler *a, const struct message *m, const struct fate *f,
	      struct path *ret_path);

/* path_net.c: the steps below the sockets, up to @to_ns. */
void path_find_net(struct assembler *a, const struct message *m, const struct fate *f,
		   uint64_t to_ns, struct path *p);

/*
 * When @byte last came to the first of the namespaces between its origin's and its reader's; 0: never. A later transmission did not come
 * there: where an earlier one did, that one arrived.
 */
uint64_t path_between_ns(const struct half *h, uint64_t byte, const struct range *time,
			 uint32_t origin_netns);

/* path_poll.c: late polls among the net's steps, which are those from @from on, the newest first. */
void path_find_poll(struct assembler *a, const struct message *m, uint32_t from, struct path *p);

/* path_held.c: the steps of a wait in the send queue, up to the first dev.queue of @p. */
#define PATH_HELD_STEPS 24 /* of a wait with more changes of its reason, see path_find_held() */
void path_find_held(const struct message *m, struct path *p);
void path_find_slept(const struct message *m, struct path *p);

/* path_reader.c: between readiness at @ready_ns and the copy at @to_ns: each step only if it came after readiness. */
#define PATH_READER_STEPS (3 * TASK_AWAYS)
void path_find_reader(const struct message *m, uint64_t ready_ns, uint64_t to_ns, struct path *p);

/* path_deep.c: what --deep saw of the byte, where the path passes. After all other steps. */
#define PATH_DEEP_STEPS 32 /* more are left out */
void path_find_deep(const struct message *m, const struct fate *f, struct path *p);

/* The record of the decision that was sighted as @s; NULL: it is none, or forgotten. */
const struct crumb_ev_decision *path_decision(const struct half *h, const struct sighting *s);

/* @s, which may be NULL, is at the receiving host. */
void path_at_reader(const struct half *h, struct path_step *s, uint32_t cpu);

/* What held the queue most of the time in between, in words; NULL if nothing did. */
const char *path_held_mostly(const struct message *m, uint64_t from_ns, uint64_t to_ns);

/* enum gap_fact of what @h says about the bytes of @m; 0: no reason that is known. */
uint32_t path_held_fact(const struct message *m, const struct held *h);

/* The sender's first dev.queue on the path, NULL if none. */
const struct path_step *path_first_queue(const struct message *m, const struct path *p);

/* A step at the end of @p, in no order yet; NULL if there is no room. */
struct path_step *path_add(struct path *p, uint16_t point, uint64_t ns, uint64_t order);

/* A wait for the socket's lock, and its end if that was seen (0: not); it was had by @had_ns. */
struct path_lock {
	uint64_t since_ns, until_ns, had_ns, order;
	enum unlocked who;
};
void path_add_lock(struct path *p, const struct path_lock *l);

/* The step of what was seen, with the sightings of the message there until @end_ns. NULL when memory is out. */
struct path_step *path_add_seen(struct path *p, const struct message *m, const struct sight_log *log,
				const struct sighting *seen, uint64_t end_ns);

/* Orders of same-time steps: the sender's call, what was seen (by serial), the reader's. */
#define PATH_ORDER_SENDER 0
#define PATH_ORDER_SEEN	  16
#define PATH_ORDER_READER (UINT64_MAX - 64)

static inline bool point_is_out(uint16_t pt)
{
	return pt == CRUMB_PT_IP_OUTPUT || pt == CRUMB_PT_DEV_QUEUE ||
	       pt == CRUMB_PT_QDISC_ENQUEUE || pt == CRUMB_PT_QDISC_DEQUEUE ||
	       pt == CRUMB_PT_DEV_XMIT || pt == CRUMB_PT_BRIDGE_FORWARD;
}

static inline bool point_is_in(uint16_t pt)
{
	return pt == CRUMB_PT_HW_TRAP || pt == CRUMB_PT_DEV_BACKLOG || pt == CRUMB_PT_DEV_GRO ||
	       pt == CRUMB_PT_DEV_RECEIVE || pt == CRUMB_PT_BRIDGE_IN || pt == CRUMB_PT_IP_RECEIVE;
}

static inline bool point_is_poll(uint16_t pt)
{
	return pt == CRUMB_PT_DEV_IRQ || pt == CRUMB_PT_SOFTIRQ_RUN;
}

#endif
