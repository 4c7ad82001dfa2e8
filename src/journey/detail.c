// SPDX-License-Identifier: GPL-2.0-only
/*
 * State in words: see detail.h. Neighbour states:
 * linux/neighbour.h.
 */
#include "nat.h"
#include "qdisc.h"
#include "tunnel.h"

#include "detail.h"

#include <linux/neighbour.h>
#include <string.h>

#include "bridge.h"
#include "own_reason.h"
#include "repair.h"
#include "route.h"

static void say_pair(struct words *w, const char *what, uint64_t x, uint64_t of)
{
	words_put(w, what);
	words_u64(w, x);
	words_put(w, "/");
	words_u64(w, of);
}

static void say_thread(struct assembler *a, struct words *w, uint32_t pid, const char *comm)
{
	if (!comm || !*comm)
		comm = tasks_comm(a->tasks, pid);
	if (comm) {
		words_put(w, comm);
	} else {
		words_put(w, "thread ");
		words_u64(w, HOST_TAG_PID(pid));
	}
}

/* "write(3, ..., 6)": the descriptor, and how many bytes were offered where an argument says so. */
static void say_call(struct words *w, const struct crumb_ev_send_begin *b)
{
	static const struct {
		const char *name;
		uint8_t arg;
	} sized[] = {
		{ "write", 2 },	   { "sendto", 2 }, { "pwrite64", 2 },
		{ "sendfile", 3 }, { "splice", 4 },
	};
	const char *name = b->nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(b->nr);

	if (!name)
		return;
	words_put(w, name);
	words_put(w, "(");
	words_u64(w, (uint32_t)b->args[strcmp(name, "splice") ? 0 : 2]);
	for (size_t i = 0; i < sizeof(sized) / sizeof(sized[0]); i++) {
		if (strcmp(name, sized[i].name))
			continue;
		words_put(w, ", ..., ");
		words_u64(w, b->args[sized[i].arg]);
	}
	words_put(w, ")");
}

static void say_append(struct words *w, const struct crumb_ev_send_begin *b)
{
	words_put(w, "cwnd ");
	words_u64(w, b->snd_cwnd);
	words_put(w, ", in flight ");
	words_u64(w, b->packets_out);
	say_pair(w, ", sndbuf ", b->wmem_queued, b->sndbuf);
}

static void say_held(struct words *w, const struct crumb_ev_held *h)
{
	words_bytes(w, h->write_seq - h->snd_nxt);
	say_pair(w, " unsent; in flight ", h->in_flight, h->snd_cwnd);
	say_pair(w, ", window ", h->snd_nxt - h->snd_una, h->snd_wnd);
}

static void say_skb(const struct message *m, struct words *w, const struct path_step *s)
{
	words_put(w, "skb ");
	words_bytes(w, s->seen->dev.skb_len);
	if (s->seen->dev.gso_segs > 1) {
		words_put(w, ", ");
		words_u64(w, s->seen->dev.gso_segs);
		words_put(w, conn_is_udp(m->conn) ? " datagrams" : " TCP segments");
	}
}

/* "tbf 8002: 46 queued" */
static void say_qdisc(const struct message *m, struct words *w, const struct path_step *s)
{
	const char *kind = qdisc_kind(m, s);

	if (kind) {
		words_put(w, kind);
		words_put(w, " ");
	}
	words_hex(w, s->seen->dev.qdisc_handle >> 16, s->seen->dev.qdisc_handle >> 28 ? 4 : 1);
	words_put(w, ": ");
	words_u64(w, s->seen->dev.qlen);
	words_put(w, " queued");
}

static void say_wake(struct assembler *a, struct words *w, const struct path_step *s)
{
	if (s->unlocked) {
		words_put(w, "the lock was given back");
		return;
	}
	if (!s->wake) {
		words_put(w, "for something else");
		return;
	}
	words_put(w, "by ");
	if (s->wake->by_pid)
		say_thread(a, w, s->wake->by_pid, NULL);
	else
		words_put(w, "swapper");
	words_put(w, " on CPU ");
	words_u64(w, s->cpu);
}

static void say_run(struct assembler *a, struct words *w, const struct path_step *s)
{
	words_put(w, "on CPU ");
	words_u64(w, s->cpu);
	if (!s->wake)
		return;
	words_put(w, ", after ");
	if (s->wake->by_pid)
		say_thread(a, w, s->wake->by_pid, s->wake->by_comm);
	else
		words_put(w, "idle");
}

static void say_ms(struct words *w, uint64_t ns)
{
	words_u64(w, ns / 1000000);
	words_put(w, ".");
	words_u64(w, ns / 100000 % 10);
	words_put(w, " ms");
}

/* The call in which the reader slept: "epoll_wait", "read, descriptor 7". */
static void say_blocked(struct words *w, const struct crumb_ev_away *e)
{
	static const char *const of_descriptor[] = { "read",	   "pread64", "readv",
						     "write",	   "writev",  "recvfrom",
						     "recvmsg",	   "sendto",  "sendmsg",
						     "accept",	   "accept4", "connect",
						     "epoll_wait", "fsync",   "fdatasync" };
	const char *name = e->nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(e->nr);

	if (e->flags & CRUMB_AWAY_STOPPED)
		words_put(w, "stopped by a signal (SIGSTOP, SIGTSTP) or a debugger, ");
	else if (e->flags & CRUMB_AWAY_FROZEN)
		words_put(w, "its cgroup was frozen, ");
	words_put(w, "in ");
	words_put(w, name ? name : "no system call: a page fault, or a call that was not seen");
	for (size_t i = 0; name && i < sizeof(of_descriptor) / sizeof(of_descriptor[0]); i++) {
		if (strcmp(name, of_descriptor[i]))
			continue;
		words_put(w, ", descriptor ");
		words_u64(w, (uint32_t)e->arg0);
	}
}

static void say_by(struct assembler *a, struct words *w, uint32_t pid, const char *comm)
{
	if (!pid) {
		words_put(w, "idle");
		return;
	}
	say_thread(a, w, pid, comm);
	words_put(w, " (");
	words_u64(w, pid);
	words_put(w, ")");
}

/* What an absence was, or several in one. */
static void say_away(struct assembler *a, struct words *w, const struct crumb_ev_away *e)
{
	if (e->slept_ns >= e->waited_ns) {
		say_blocked(w, e);
	} else {
		words_put(w, "behind ");
		say_by(a, w, e->by_pid, e->by_comm);
	}
	if (e->times == 1)
		return;
	words_put(w, "; ");
	words_u64(w, e->times);
	words_put(w, " times off its CPU in ");
	say_ms(w, e->on_ns - e->off_ns);
	words_put(w, ": asleep ");
	say_ms(w, e->slept_ns);
	words_put(w, ", runnable ");
	say_ms(w, e->waited_ns);
	words_put(w, ", else on it");
}

/* Where it ran, and behind whom it waited; without a history of the reader that is who left the CPU to it. */
static void say_wakeup(struct assembler *a, struct words *w, const struct path_step *from,
		       const struct path_step *to)
{
	uint32_t by = to->wake ? to->wake->behind_pid : from->away ? from->away->by_pid : 0;
	const char *comm = to->wake   ? to->wake->behind_comm :
			   from->away ? from->away->by_comm :
					NULL;

	if (to->wake && !by) {
		by = to->wake->by_pid;
		comm = to->wake->by_comm;
	}
	if (from->wake && to->wake && from->cpu != to->cpu) {
		words_put(w, "woken from CPU ");
		words_u64(w, from->cpu);
		words_put(w, ", runs on CPU ");
		words_u64(w, to->cpu);
	}
	if (!by)
		return;
	words_put(w, w->len ? ", behind " : "behind ");
	say_by(a, w, by, comm);
}

static void say_busy(const struct path *p, struct words *w, const struct path_step *from)
{
	words_put(w, p->call->ev.comm);
	words_put(w, " (");
	words_u64(w, p->call->ev.pid);
	words_put(w, ")");
	if (from->away && from->away->times > 1) {
		words_put(w, ", ");
		words_u64(w, from->away->times);
		words_put(w, " times off its CPU");
	}
}

static void say_received(struct words *w, const struct path_step *s)
{
	say_pair(w, "receive buffer ", s->seen->sock.rmem_alloc, s->seen->sock.rcvbuf);
	if (s->seen->sock.gap) {
		words_put(w, "; out of order, ");
		words_bytes(w, s->seen->start - s->seen->sock.rcv_nxt);
		words_put(w, " missing before it");
	}
}

static void say_ready(struct words *w, const struct path_step *s)
{
	if (s->ready)
		say_pair(w, "receive buffer ", s->ready->rmem_alloc, s->ready->rcvbuf);
	else if (s->seen)
		say_pair(w, "receive buffer ", s->seen->sock.rmem_alloc, s->seen->sock.rcvbuf);
}

static void say_drop(struct assembler *a, struct words *w, const struct path_step *s)
{
	const char *func = facts_symbol(a->facts, s->seen->drop.location);

	words_put(w, facts_reason(a->facts, s->seen->drop.reason));
	if (func) {
		words_put(w, " in ");
		words_put(w, func);
	}
}

static void say_copy(struct words *w, const struct path *p, const struct path_step *s)
{
	if (s->count > 1) {
		words_u64(w, s->count);
		words_put(w, " copies");
	}
	if (p->reads > 1) {
		words_put(w, w->len ? ", " : "");
		words_u64(w, p->reads);
		words_put(w, " recv calls");
	}
}

/* "interrupt 27: this packet's, or an earlier one's": as far as it is known whose it is */
static void say_irq(struct words *w, const struct crumb_ev_poll *e)
{
	if (!e->irq) {
		words_put(w, "asked for again at the end of the softirq before");
		return;
	}
	words_put(w, "interrupt ");
	words_u64(w, e->irq);
	words_put(w, e->whose == CRUMB_POLL_OWN ?
			     ": this packet's, or an earlier one's" :
		     e->whose == CRUMB_POLL_OTHERS ?
			     ": another card's; this packet's came no earlier" :
			     ": this packet's, an earlier one's or another device's");
}

/* Where softirqs are put off ksoftirqd does them, a task like others; else they take the time of whoever was interrupted. */
static void say_softirq(struct assembler *a, struct words *w, const struct crumb_ev_poll *e)
{
	words_put(w, "in the time of ");
	say_by(a, w, e->by_pid, e->by_comm);
}

/* What the CPU did meanwhile, as far as it is known. */
static void say_late_softirq(struct words *w, const struct crumb_ev_poll *e)
{
	if (!strncmp(e->by_comm, "ksoftirqd/", 10)) {
		words_put(w, "until ");
		words_put(w, e->by_comm);
		words_put(w, " had the CPU");
		return;
	}
	if (!e->within_ns)
		return;
	words_put(w, "behind the receive softirq's run before");
	if (e->within_ns > CRUMB_WITHIN_UNTIMED) {
		words_put(w, ", which had begun ");
		say_ms(w, e->run_ns - e->within_ns);
		words_put(w, " before this one");
	}
}

const char *detail_step(struct assembler *a, const struct message *m, const struct path *p,
			const struct path_step *s)
{
	struct words w = { .len = 0 };

	switch (s->point) {
	case CRUMB_PT_SYS_SEND:
		say_call(&w, &m->begin);
		break;
	case CRUMB_PT_TCP_APPEND:
		if (s->last_bytes)
			words_put(&w, "the last bytes");
		else
			say_append(&w, &m->begin);
		break;
	case CRUMB_PT_SOCK_SEND_RETURN:
	case CRUMB_PT_TCP_HELD:
		if (s->held)
			say_held(&w, &s->held->ev);
		break;
	case CRUMB_PT_QDISC_ENQUEUE:
	case CRUMB_PT_QDISC_DEQUEUE:
		say_qdisc(m, &w, s);
		break;
	case CRUMB_PT_DEV_QUEUE:
	case CRUMB_PT_DEV_XMIT:
	case CRUMB_PT_DEV_BACKLOG:
	case CRUMB_PT_DEV_GRO:
	case CRUMB_PT_DEV_RECEIVE:
		say_skb(m, &w, s);
		if (s->point == CRUMB_PT_DEV_QUEUE)
			route_say(m, s, &w);
		if (s->superseded)
			words_put(&w, "; first transmission, sent again later");
		break;
	case CRUMB_PT_DEV_IRQ:
		say_irq(&w, s->poll);
		break;
	case CRUMB_PT_SOFTIRQ_RUN:
		say_softirq(a, &w, s->poll);
		break;
	case CRUMB_PT_BRIDGE_IN:
		bridge_say_in(a, &w, s);
		break;
	case CRUMB_PT_BRIDGE_FORWARD:
		bridge_say_forward(a, m, &w, s);
		break;
	case CRUMB_PT_TCP_RECEIVE:
		say_received(&w, s);
		break;
	case CRUMB_PT_SOCK_READY:
		say_ready(&w, s);
		break;
	case CRUMB_PT_SCHED_WAKE:
		say_wake(a, &w, s);
		break;
	case CRUMB_PT_SCHED_RUN:
		say_run(a, &w, s);
		break;
	case CRUMB_PT_SCHED_OFF:
		say_away(a, &w, s->away);
		break;
	case CRUMB_PT_SOCK_COPY:
		say_copy(&w, p, s);
		break;
	case CRUMB_PT_SKB_DROP:
	case CRUMB_PT_HW_DROP:
		say_drop(a, &w, s);
		break;
	case CRUMB_PT_HW_TRAP:
		if (own_reason_proof(a->reasons, s->seen->dev.trap))
			words_put(&w, own_reason_proof(a->reasons, s->seen->dev.trap));
		break;
	case CRUMB_PT_TCP_BACKLOG:
	case CRUMB_PT_TCP_OFO:
	case CRUMB_PT_TCP_QUEUE:
		say_pair(&w, "receive buffer ", s->seen->sock.rmem_alloc, s->seen->sock.rcvbuf);
		break;
	case CRUMB_PT_NETFILTER:
	case CRUMB_PT_IP_ROUTE:
	case CRUMB_PT_NEIGH_WAIT:
	case CRUMB_PT_BRIDGE_FDB:
		detail_decision(a, m, s, &w);
		break;
	default:
		break;
	}
	nat_say_step(m, p, s, &w);
	tunnel_say_step(m, p, s, &w);
	return words_keep(&a->scratch, &w);
}

/*
 * A hook in libc is a trap, and the traced program pays for it: say so where it shows. The cost is the mean of many: of a
 * segment that is shorter no more can be said than that it is the hook's.
 */
static void hook_cost(struct assembler *a, struct words *w, const struct path_step *from,
		      const struct path_step *to)
{
	uint64_t ns = facts_hook_cost_ns(a->facts, from->netns, from->point);

	if (!ns)
		return;
	if (ns >= to->ns - from->ns) {
		words_put(w, "the hook itself");
		return;
	}
	words_put(w, "hook ");
	words_micros(w, ns);
}

/* "slept 3 times; meanwhile receiver's window full" */
static void say_slept(struct words *w, const struct message *m)
{
	const char *why = path_held_mostly(m, m->begin.h.time_ns, m->end.append_ns);

	words_put(w, "slept ");
	words_u64(w, m->end.sleeps);
	words_put(w, m->end.sleeps == 1 ? " time" : " times");
	if (why) {
		words_put(w, "; meanwhile ");
		words_put(w, why);
	}
}

/* "± 12.3 µs" */
static void say_bound(struct words *w, uint64_t ns)
{
	if (ns == JOURNEY_BOUND_UNKNOWN) {
		words_put(w, "beyond the least delay seen");
		return;
	}
	words_put(w, "± ");
	words_micros(w, ns);
}

/* "fast retransmit": what sent the transmission that came next on the path. */
static void say_resent(struct words *w, const struct message *m, const struct path *p,
		       const struct path_step *from)
{
	uint64_t byte = from->seen->end < m->last ? from->seen->end - 1 : m->last - 1;
	const struct sighting *s;
	uint8_t how;

	if (!p->origin)
		return;
	s = sight_log_newest(p->origin, byte, from->ns + 1, p->came_ns ? p->came_ns : UINT64_MAX,
			     NULL);
	if (s && repair_resent(m, byte, s->time_ns, &how))
		words_put(w, resent_words(how));
}

/* "until 1448 B before it came, by fast retransmit" */
static void say_filled(struct words *w, const struct path_step *to)
{
	const struct ready *r = to->ready;

	if (!r || r->filled_to <= r->filled)
		return;
	words_put(w, "until ");
	words_bytes(w, r->filled_to - r->filled);
	words_put(w, " came");
	words_put(w, r->again_ns ? ": " : " late, not sent again");
	if (r->again_ns)
		words_put(w, resent_words(r->resent));
}

/* "tbf, 46 queued": what it was put into, and how many lay there then, itself included. */
static void say_queue(struct words *w, const struct message *m, const struct path_step *from)
{
	const char *kind = qdisc_kind(m, from);

	if (!kind)
		return;
	words_put(w, kind);
	words_put(w, ", ");
	words_u64(w, from->seen->dev.qlen);
	words_put(w, " queued");
}

const char *detail_segment(struct assembler *a, const struct message *m, const struct path *p,
			   const struct path_step *from, const struct path_step *to,
			   const struct journey_segment *s)
{
	const struct cause *cause = s->cause;
	struct words w = { .len = 0 };

	if (!cause)
		return NULL;
	if (s->across) {
		say_bound(&w, s->bound_ns);
		if (to->due)
			words_put(&w, "; due all the time, the way included");
		return words_keep(&a->scratch, &w);
	}
	if (!strcmp(cause->code, "tx.sndbuf"))
		say_slept(&w, m);
	else if (from->point == CRUMB_PT_QDISC_ENQUEUE && from->seen)
		say_queue(&w, m, from);
	else if (to->poll && (!strcmp(cause->code, "rx.irq") || !strcmp(cause->code, "net.irq")))
		say_late_softirq(&w, to->poll);
	else if (!strcmp(cause->code, "tx.enter") && m->same_call)
		words_put(&w, "after earlier messages of the same call");
	else if (!strcmp(cause->code, "tx.stream") ||
		 (!strcmp(cause->code, "tx.queue") && to->count > 1)) {
		words_put(&w, "last of ");
		words_u64(&w, to->count);
		words_put(&w, " skbs");
	} else if (!strcmp(cause->code, "rx.wakeup")) {
		say_wakeup(a, &w, from, to);
	} else if (!strcmp(cause->code, "rx.app_busy")) {
		say_busy(p, &w, from);
	} else if (from->away && (!strcmp(cause->code, "rx.app_blocked") ||
				  !strcmp(cause->code, "rx.app_stopped") ||
				  !strcmp(cause->code, "rx.preempted"))) {
		say_away(a, &w, from->away);
	} else if (to->poll && !to->poll->run_ns &&
		   (!strcmp(cause->code, "rx.napi") || !strcmp(cause->code, "net.napi"))) {
		words_put(&w, "behind other packets of the same softirq");
	} else if (!strcmp(cause->code, "net.wire") && from->netns == to->netns &&
		   from->ifindex == to->ifindex) {
		words_put(&w, "loopback");
	} else if (!strcmp(cause->code, "tx.retransmit")) {
		say_resent(&w, m, p, from);
	} else if (!strcmp(cause->code, "rx.hol")) {
		say_filled(&w, to);
	} else if (!strcmp(cause->code, "tx.libc") || !strcmp(cause->code, "rx.call")) {
		hook_cost(a, &w, from, to);
	}
	return words_keep(&a->scratch, &w);
}
