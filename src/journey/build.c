// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a message and its path to the journey that renderers read: steps, segments, ends, identity.
 */
#include <errno.h>
#include <string.h>

#include "cause.h"
#include "detail.h"
#include "failed.h"
#include "filter_proof.h"
#include "funcs.h"
#include "hardware_hop.h"
#include "nat.h"
#include "proof.h"
#include "repair.h"
#include "reset.h"
#include "tunnel.h"

/*
 * ------------------------------------------------------------------------------------- call paths
 */

/* Does the step begin a new context: a softirq, or the reader back on its CPU? */
static bool context_begins(const struct path_step *s, const struct path_step *before)
{
	switch (s->point) {
	case CRUMB_PT_DEV_GRO:
	case CRUMB_PT_DEV_RECEIVE:
	case CRUMB_PT_BRIDGE_IN:
		return before->point == CRUMB_PT_DEV_BACKLOG || point_is_out(before->point) ||
		       point_is_poll(before->point);
	case CRUMB_PT_SCHED_RUN:
	case CRUMB_PT_LIBC_RECV:
	case CRUMB_PT_SYS_RECV:
		return true;
	default:
		return false;
	}
}

/* The stack taken at this very sighting; else, borrowed, the newest of that place. */
static const struct stack *step_stack(struct assembler *a, const struct message *m,
				      const struct fate *f, const struct path_step *s,
				      bool *ret_borrowed, bool *ret_control)
{
	const struct sight_log *l = byte_stream_find(&message_half(m)->bytes,
						     &(struct sight_place){ .kind = SIGHT_STACK,
									    .point = s->point,
									    .netns = s->netns,
									    .ifindex = s->ifindex });
	const struct sighting *own = l ? sight_log_newest(l, f->byte, s->ns, s->ns, NULL) : NULL;

	*ret_control = false;
	*ret_borrowed = !(own && own->stack.stack);
	if (!*ret_borrowed)
		return own->stack.stack;
	return stacks_newest(a->stacks, s->point, s->netns, s->ifindex, ret_control);
}

static void build_paths(struct assembler *a, const struct message *m, const struct fate *f,
			const struct path *p, struct journey_step *steps)
{
	const struct stack *before = NULL;

	if (!stacks_any(a->stacks))
		return;
	for (uint32_t i = 0; i < p->count; i++) {
		bool borrowed, control;
		const struct stack *k = step_stack(a, m, f, &p->steps[i], &borrowed, &control);
		struct stack_path path;

		if (i && context_begins(&p->steps[i], &p->steps[i - 1]))
			before = NULL;
		if (!k)
			continue;
		path = stacks_path(a->facts, k, before, control);
		steps[i].path = path.names;
		steps[i].path_len = path.count;
		steps[i].path_borrowed = path.count && borrowed;
		before = k;
	}
}

/* What stack walks cost while the message was on its way. */
static void cost_add(void *ctx, const struct sighting *s)
{
	*(uint64_t *)ctx += s->stack.cost_ns;
}

static uint64_t observer_ns(const struct message *m, uint64_t end_ns)
{
	const struct half *h = message_half(m);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < h->bytes.log_count; i++)
		if (h->bytes.logs[i].place.kind == SIGHT_STACK)
			sight_log_visit(&h->bytes.logs[i], &m->extents, m->begin.h.time_ns, end_ns,
					cost_add, &sum);
	return sum;
}

/*
 * -------------------------------------------------------------------------------- steps and
 * segments
 */

static const char *step_func(struct assembler *a, const struct message *m, const struct path *p,
			     const struct path_step *s)
{
	const struct libc_wait *libc = NULL;
	uint16_t nr = CRUMB_CALL_NO_NR;

	switch (s->point) {
	case CRUMB_PT_LIBC_SEND:
	case CRUMB_PT_LIBC_SEND_RETURN:
		libc = &m->libc;
		nr = m->begin.nr;
		break;
	case CRUMB_PT_LIBC_RECV:
	case CRUMB_PT_LIBC_RECV_RETURN:
		libc = &p->call->libc;
		nr = p->call->ev.nr;
		break;
	case CRUMB_PT_SYS_SEND:
	case CRUMB_PT_SYS_SEND_RETURN:
		return facts_syscall_func(a->facts, m->begin.netns, m->begin.nr);
	case CRUMB_PT_SYS_RECV:
	case CRUMB_PT_SYS_RECV_RETURN:
		return facts_syscall_func(a->facts, p->call->ev.netns, p->call->ev.nr);
	default: {
		const char *func = point_get(s->point)->func;

		return func && *func ? func : NULL;
	}
	}
	return libc->return_ns ? libc_func_name(libc->func) : syscall_name(nr);
}

static void build_step(struct assembler *a, const struct message *m, const struct path *p,
		       uint64_t start_ns, const struct path_step *s, struct journey_step *out)
{
	out->point = s->point;
	out->host = facts_host(a->facts, s->netns);
	out->netns = facts_netns_number(a->facts, s->netns);
	out->t_ns = s->ns - start_ns;
	out->cpu = s->cpu;
	out->dev = facts_dev_name(a->facts, s->netns, s->ifindex);
	out->via = facts_via(a->facts, s->netns, s->point);
	out->func = step_func(a, m, p, s);
	out->exact = s->exact;
	out->count = s->count;
	out->first_ns = s->first_ns > start_ns ? s->first_ns - start_ns : 0;
	out->tunnel = tunnel_of(a, m, s);
	out->detail = detail_step(a, m, p, s);
}

struct turns { /* where the path leaves the sender's host, and enters the receiver's */
	uint32_t first_in, last_out; /* indices; last_out + 1 */
};

static struct turns path_turns(const struct path *p)
{
	struct turns t = { p->count, 0 };

	for (uint32_t i = 0; i < p->count; i++) {
		if (i < t.first_in && point_is_in(p->steps[i].point))
			t.first_in = i;
		if (point_is_out(p->steps[i].point))
			t.last_out = i + 1;
	}
	return t;
}

static uint32_t reader_fact(enum reader_does does)
{
	static const uint32_t facts[] = {
		[READER_BUSY] = GAP_BUSY,	[READER_BLOCKED] = GAP_BLOCKED,
		[READER_PUT_OFF] = GAP_PUT_OFF, [READER_RUNNABLE] = GAP_RUNNABLE,
		[READER_UNSEEN] = GAP_UNSEEN,	[READER_STOPPED] = GAP_STOPPED,
	};

	return does < sizeof(facts) / sizeof(facts[0]) ? facts[does] : 0;
}

/* What a packet found at the device that it is to leave by. */
static uint64_t queue_facts(struct assembler *a, const struct path_step *from)
{
	const struct fact_dev *dev;
	uint64_t facts = 0;

	if (from->point == CRUMB_PT_DEV_XMIT) {
		dev = facts_dev(a->facts, from->netns, from->ifindex);
		return dev && dev->veth ? GAP_VETH : 0;
	}
	if (from->point != CRUMB_PT_QDISC_ENQUEUE)
		return 0;
	if (from->seen->dev.flags & CRUMB_SKB_DRIVER_XOFF)
		facts |= GAP_DRIVER_XOFF;
	if (from->seen->dev.flags & CRUMB_SKB_STACK_XOFF)
		facts |= GAP_STACK_XOFF;
	if (from->seen->dev.flags & CRUMB_SKB_PACED)
		facts |= GAP_PACED;
	return facts;
}

static uint64_t gap_facts(struct assembler *a, const struct message *m, const struct path *p,
			  const struct turns *t, uint32_t i)
{
	const struct path_step *from = &p->steps[i], *to = &p->steps[i + 1];
	uint64_t returned = !m->returned ? 0 : m->end.sock_ns ? m->end.sock_ns : m->end.h.time_ns;
	uint64_t facts = 0;

	if (conn_is_udp(m->conn))
		facts |= GAP_DATAGRAM;
	if (returned && to->ns > returned)
		facts |= GAP_AFTER_RETURN;
	if (from->superseded)
		facts |= GAP_RETRANSMIT;
	if (to->later_skb || (to->count > 1 && to->first_ns < to->ns))
		facts |= GAP_LATER_SKB;
	if (from->netns == to->netns)
		facts |= GAP_SAME_HOST;
	else if (facts_kernel(a->facts, from->netns) != facts_kernel(a->facts, to->netns))
		facts |= GAP_OTHER_KERNEL;
	if (i < t->first_in && !m->inferred)
		facts |= GAP_AT_SENDER;
	if (i + 1 >= t->last_out)
		facts |= GAP_AT_RECEIVER;
	if (from->point == CRUMB_PT_TCP_RECEIVE && from->seen->sock.gap)
		facts |= GAP_OUT_OF_ORDER;
	if (from->cpu != to->cpu)
		facts |= GAP_OTHER_CPU;
	if (p->call_went_on)
		facts |= GAP_CALL_WENT_ON;
	if (from->held)
		facts |= path_held_fact(m, from->held);
	facts |= queue_facts(a, from);
	if (from->asked)
		facts |= GAP_HOOKED;
	if (to->asked)
		facts |= GAP_TO_HOOK;
	if (to->due)
		facts |= GAP_POLL_DUE;
	if (to->unlocked == UNLOCKED_SENDER)
		facts |= GAP_SENDER_WOKEN;
	facts |= reader_fact(from->does);
	facts |= tunnel_facts(m, from, to);
	if (to->point == CRUMB_PT_TCP_RECEIVE && to->seen->sock.backlog)
		facts |= GAP_BACKLOG;
	if (to->last_bytes && m->end.slept_ns >= (to->ns - from->ns) / 2)
		facts |= GAP_SLEPT;
	return facts;
}

/* The journey crosses to another kernel's clock. */
static void build_across(struct assembler *a, struct path_step *const ends[2],
			 struct journey_segment *s, struct journey *j)
{
	unsigned int from = facts_kernel(a->facts, ends[0]->netns);
	unsigned int to = facts_kernel(a->facts, ends[1]->netns);
	const char *state;

	if (from == to || !a->clocks.between)
		return;
	s->across = true;
	state = a->clocks.between(a->clocks.ctx, from, to, ends[1]->ns, &s->bound_ns);
	/* of several: one without a bound, else the one with the largest */
	if (!j->clock_bound_ns ||
	    (s->bound_ns >= j->clock_bound_ns && j->clock_bound_ns != JOURNEY_BOUND_UNKNOWN))
		j->clock_state = state;
	if (s->bound_ns > j->clock_bound_ns)
		j->clock_bound_ns = s->bound_ns;
}

/* Of the whole: its last step's time against its first one's. */
static void build_clock(struct assembler *a, const struct path *p, struct journey *j)
{
	const struct path_step *first = &p->steps[0], *last = &p->steps[p->count - 1];
	unsigned int from = facts_kernel(a->facts, first->netns),
		     to = facts_kernel(a->facts, last->netns);
	uint64_t bound = 0;

	if (from == to || !a->clocks.between)
		return;
	a->clocks.between(a->clocks.ctx, from, to, last->ns, &bound);
	if (bound > j->clock_bound_ns)
		j->clock_bound_ns = bound;
}

static int build_steps(struct assembler *a, const struct message *m, const struct path *p,
		       struct journey *j)
{
	struct turns turns = path_turns(p);
	uint64_t start_ns = p->steps[0].ns;
	struct journey_segment *segments;
	struct journey_step *steps;

	steps = scratch_take(&a->scratch, p->count * sizeof(*steps));
	segments = scratch_take(&a->scratch, p->count * sizeof(*segments));
	if (!steps || !segments)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count; i++)
		build_step(a, m, p, start_ns, &p->steps[i], &steps[i]);
	for (uint32_t i = 0; i + 1 < p->count; i++) {
		const struct path_step *from = &p->steps[i], *to = &p->steps[i + 1];
		const struct journey_hardware *hw =
			hardware_between(a, m, p, i, &segments[i].hardware_count);
		const struct cause_row *row =
			cause_find(from->point, to->point,
				   gap_facts(a, m, p, &turns, i) | (hw ? GAP_HARDWARE : 0));

		segments[i].hardware = hw;
		segments[i].from = i;
		segments[i].to = i + 1;
		segments[i].ns = to->ns - from->ns;
		segments[i].cause = row ? &row->cause : NULL;
		build_across(a, (struct path_step *const[2]){ &p->steps[i], &p->steps[i + 1] },
			     &segments[i], j);
		segments[i].note = detail_segment(a, m, p, from, to, &segments[i]);
		if (!row)
			j->unexplained_ns += segments[i].ns;
	}
	j->steps = steps;
	j->step_count = p->count;
	j->segments = segments;
	j->segment_count = p->count - 1;
	build_clock(a, p, j);
	j->start_ns = start_ns > a->first_ns ? start_ns - a->first_ns : 0;
	j->total_ns = p->steps[p->count - 1].ns - start_ns;
	return 0;
}

struct retransmit {
	const struct range_set *bytes; /* of the message */
	const struct sighting *newest;
	uint32_t count, segments;
};

/* TCP segments of the skb that have bytes of the message, as the kernel counts them (TcpRetransSegs). */
static uint32_t segments_of(const struct sighting *s, const struct range_set *bytes)
{
	uint32_t n = 0, segs = s->sock.segs;

	if (segs < 2 || !s->sock.mss)
		return 1;
	for (uint64_t from = s->start; segs-- && from < s->end; from += s->sock.mss) {
		uint64_t to = from + s->sock.mss;

		n += range_set_overlap(bytes, from, to < s->end ? to : s->end) ? 1 : 0;
	}
	return n;
}

static void retransmit_add(void *ctx, const struct sighting *s)
{
	struct retransmit *r = ctx;

	r->count++;
	r->segments += segments_of(s, r->bytes);
	if (!r->newest || sighting_after(s, r->newest))
		r->newest = s;
}

/* What happened beside the way: the sender's own return; a retransmission. */
static int build_side(struct assembler *a, const struct message *m, const struct path *p,
		      struct journey *j)
{
	const struct sight_log *again =
		byte_stream_find(&message_half(m)->bytes,
				 &(struct sight_place){ .point = CRUMB_PT_TCP_RETRANSMIT,
							.netns = m->begin.netns });
	struct path_step side[4] = { 0 };
	struct retransmit r = { .bytes = &m->extents };
	struct journey_step *steps;
	uint32_t n = 0;

	if (again)
		sight_log_visit(again, &m->extents, m->begin.h.time_ns, UINT64_MAX, retransmit_add,
				&r); /* also one too many, after the bytes were read: the sender did not know */
	j->retransmits = r.segments;
	if (r.newest)
		side[n++] = (struct path_step){ .point = CRUMB_PT_TCP_RETRANSMIT,
						.ns = r.newest->time_ns,
						.cpu = r.newest->cpu,
						.count = r.count };
	if (m->returned && m->end.sock_ns && !p->held)
		side[n++] = (struct path_step){ .point = CRUMB_PT_SOCK_SEND_RETURN,
						.ns = m->end.sock_ns,
						.cpu = m->end.h.cpu };
	if (m->returned && m->end.nr != CRUMB_CALL_NO_NR)
		side[n++] = (struct path_step){ .point = CRUMB_PT_SYS_SEND_RETURN,
						.ns = m->end.h.time_ns,
						.cpu = m->end.h.cpu };
	if (m->libc.return_ns)
		side[n++] = (struct path_step){ .point = CRUMB_PT_LIBC_SEND_RETURN,
						.ns = m->libc.return_ns,
						.cpu = m->end.h.cpu };
	steps = scratch_take(&a->scratch, n * sizeof(*steps) + 1);
	if (!steps)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		side[i].netns = m->begin.netns;
		side[i].exact = true;
		side[i].count = side[i].count ? side[i].count : 1;
		side[i].first_ns = side[i].ns;
		build_step(a, m, p, p->steps[0].ns, &side[i], &steps[i]);
	}
	j->side_steps = steps;
	j->side_step_count = n;
	return 0;
}

/*
 * ---------------------------------------------------------------------------------------------
 * ends
 */

static int call_fd(uint16_t nr, const __u64 *args, bool sends)
{
	const char *name = nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(nr);

	if (!name || !strncmp(name, "io_", 3))
		return -1;
	return (int32_t)args[sends && !strcmp(name, "splice")	 ? 2 :
			     !sends && !strcmp(name, "sendfile") ? 1 :
								   0];
}

static const char *call_name(uint16_t nr)
{
	return nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(nr);
}

static void build_sender(struct assembler *a, const struct message *m, struct journey_end *e)
{
	const struct crumb_ev_send_begin *b = &m->begin;

	*e = (struct journey_end){ .fd = -1 };
	if (m->inferred)
		return;
	e->known = true;
	e->host = facts_host(a->facts, b->netns);
	e->tgid = HOST_TAG_PID(b->tgid);
	e->pid = HOST_TAG_PID(b->pid);
	e->comm = b->comm;
	e->cgroup = tasks_cgroup(a->tasks, b->pid);
	e->pid_inside = tasks_pid_inside(a->tasks, b->pid);
	e->fd = call_fd(b->nr, b->args, true);
	e->call = call_name(b->nr);
	memcpy(e->args, b->args, sizeof(e->args));
	e->returned = m->returned;
	e->ret = m->returned ? m->end.ret : 0;
}

static void build_receiver(struct assembler *a, const struct half *h, const struct recv_call *call,
			   struct journey_end *e)
{
	*e = (struct journey_end){ .fd = -1 };
	if (!call)
		return;
	e->known = true;
	e->host = facts_host(a->facts, h->receiver_netns);
	e->tgid = HOST_TAG_PID(call->ev.tgid);
	e->pid = HOST_TAG_PID(call->ev.pid);
	e->comm = call->ev.comm;
	e->cgroup = tasks_cgroup(a->tasks, call->ev.pid);
	e->pid_inside = tasks_pid_inside(a->tasks, call->ev.pid);
	e->fd = call_fd(call->ev.nr, call->ev.args, false);
	e->call = call_name(call->ev.nr);
	memcpy(e->args, call->ev.args, sizeof(e->args));
	e->returned = true;
	e->ret = call->ev.ret;
}

/* The call that took the last byte of it that was read; NULL none. */
static const struct recv_call *newest_reader(const struct message *m)
{
	const struct half *h = message_half(m);
	const struct recv_call *call = NULL;

	if (!m->taken)
		return NULL;
	for (uint32_t i = half_piece_index(h, m->first); i < h->pieces.count; i++) {
		if (half_piece(h, i)->start >= m->last)
			break;
		call = half_piece(h, i)->call;
	}
	return call;
}

/* Is it of this message's socket? getaddrinfo opens and closes others on its way. */
static bool call_concerns(const struct crumb_ev_call *ev, int fd)
{
	bool libc = ev->layer == CRUMB_CALLED_LIBC;
	const char *name = libc ? libc_func_name(ev->nr) : syscall_name(ev->nr);

	if (!name)
		return false;
	if (!strcmp(name, "getaddrinfo"))
		return true;
	if (fd < 0)
		return true;
	if (!strcmp(name, "socket") || !strncmp(name, "accept", 6))
		return ev->ret == fd;
	return !strcmp(name, "connect") && (int)ev->args[0] == fd;
}

static bool call_is_inside(const struct crumb_ev_call *ev, const struct task_calls *calls)
{
	for (uint32_t i = 0; i < calls->count; i++) {
		const struct crumb_ev_call *outer = &calls->call[i];

		if (outer != ev && outer->layer == CRUMB_CALLED_LIBC &&
		    outer->nr == CRUMB_LIBC_GETADDRINFO && ev->enter_ns >= outer->enter_ns &&
		    ev->h.time_ns <= outer->h.time_ns)
			return true;
	}
	return false;
}

static int build_calls(struct assembler *a, const struct message *m, uint64_t start_ns,
		       struct journey *j)
{
	int fd = call_fd(m->begin.nr, m->begin.args, true);
	struct journey_call *calls;
	uint32_t n = 0;

	if (!m->calls)
		return 0;
	calls = scratch_take(&a->scratch, m->calls->count * sizeof(*calls));
	if (!calls)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->calls->count; i++) {
		const struct crumb_ev_call *ev = &m->calls->call[i];

		if (!call_concerns(ev, fd) || call_is_inside(ev, m->calls))
			continue;
		calls[n] = (struct journey_call){
			.host = facts_host(a->facts, ev->netns ? ev->netns : m->begin.netns),
			.layer = ev->layer,
			.ret = ev->ret,
			.pid = HOST_TAG_PID(ev->pid),
			.name = ev->layer == CRUMB_CALLED_LIBC ? libc_func_name(ev->nr) :
								 syscall_name(ev->nr),
			.text = ev->layer == CRUMB_CALLED_LIBC && ev->text[0] ? ev->text : NULL,
			.t_ns = (int64_t)(ev->enter_ns - start_ns),
			.ns = ev->h.time_ns - ev->enter_ns,
		};
		calls[n].has_to = failed_address(ev, &calls[n].to);
		for (uint32_t k = n++; k > 0 && calls[k].t_ns < calls[k - 1].t_ns; k--) {
			struct journey_call later =
				calls[k - 1]; /* told on return: an outer one last */

			calls[k - 1] = calls[k];
			calls[k] = later;
		}
	}
	j->calls = calls;
	j->call_count = n;
	return 0;
}

static int build_extents(struct assembler *a, const struct message *m, struct journey *j)
{
	const struct range *r = range_set_ranges(&m->extents);
	struct journey_extent *extents;

	extents = scratch_take(&a->scratch, m->extents.count * sizeof(*extents));
	if (!extents)
		return -ENOMEM;
	for (uint32_t i = 0; i < m->extents.count; i++) {
		extents[i].start = conn_is_udp(m->conn) ?
					   r[i].start - m->first :
					   byte_stream_offset(&message_half(m)->bytes, r[i].start);
		extents[i].end = extents[i].start + (r[i].end - r[i].start);
	}
	j->extents = extents;
	j->extent_count = m->extents.count;
	return 0;
}

static const char *drop_proof(struct assembler *a, const struct message *m, const struct fate *f)
{
	const struct crumb_ev_drop *d = f->verdict == VERDICT_DROPPED && f->drop ?
						proof_find(message_half(m), f->drop) :
						NULL;

	return d ? proof_words(a, m->conn, d) : NULL;
}

/* What a filter in a switch's hardware has done to it, most likely, comes before how far it has come. */
static const char *build_proof(struct assembler *a, const struct message *m, const struct fate *f)
{
	const char *filter = filter_suspected(a, m, f);

	if (filter)
		return filter;
	return f->verdict == VERDICT_WAITING ? proof_wait(a, m) : drop_proof(a, m, f);
}

/* Each reader of a multicast datagram has a message of its own, and may be on a host of its own. */
static void build_datagram(const struct message *m, struct journey *j)
{
	struct half *h = message_half(m);
	uint32_t i = half_piece_index(h, m->last - 1);

	j->offset_known = true;
	j->bytes = m->dgram ? m->dgram->bytes : m->bytes;
	if (i < h->pieces.count && half_piece(h, i)->start < m->last)
		h->receiver_netns = half_piece(h, i)->call->ev.netns;
}

int journey_build(struct assembler *a, struct message *m, struct journey *j)
{
	const struct half *h = message_half(m);
	struct fate f;
	struct path p;
	int err;

	scratch_reset(&a->scratch);
	a->mark++;
	*j = (struct journey){ .bytes = m->bytes, .clock_state = "exact" };
	if (conn_is_udp(m->conn))
		build_datagram(m, j);
	fate_decide(a, m, &f);
	err = path_find(a, m, &f, &p);
	if (err)
		return err;
	if (!p.count)
		return -EINVAL;
	j->verdict = f.verdict;
	j->reason = f.reason;
	j->proof = build_proof(a, m, &f);
	j->where = f.where;
	j->lost_events = f.lost_events;
	if (!conn_is_udp(m->conn)) {
		j->offset = byte_stream_offset(&h->bytes, m->first);
		j->offset_known = h->bytes.offset_known;
	}
	j->reads = p.reads;
	j->proto = m->conn->flow.proto;
	conn_addresses(m->conn, m->dir, &j->src, &j->dst);
	build_sender(a, m, &j->sender);
	build_receiver(a, h, p.call ? p.call : newest_reader(m), &j->receiver);
	err = build_extents(a, m, j);
	if (!err)
		err = build_steps(a, m, &p, j);
	if (!err)
		err = nat_build(a, m, &p, j);
	if (!err)
		err = m->inferred ? 0 : build_side(a, m, &p, j);
	if (!err)
		err = build_calls(a, m, p.steps[0].ns, j);
	if (!err)
		err = repair_build(a, m, &f, &p, j);
	if (!err)
		err = reset_build(a, m, p.steps[0].ns, p.steps[p.count - 1].ns, j);
	if (err)
		return err;
	build_paths(a, m, &f, &p, (struct journey_step *)j->steps);
	err = funcs_build(a, m, &f, &p, j);
	if (err)
		return err;
	if (j->verdict != VERDICT_DELIVERED && a->now_ns > p.steps[p.count - 1].ns)
		j->waiting_ns = a->now_ns - p.steps[p.count - 1].ns;
	j->observer_ns = stacks_any(a->stacks) ? observer_ns(m, p.steps[p.count - 1].ns) : 0;
	journey_identify(j, m->dgram ? (uint64_t)m->dgram->nth << 32 | m->dgram->digest.whole :
				       (uint32_t)m->first);
	return a->scratch.failed ? -ENOMEM : 0;
}
