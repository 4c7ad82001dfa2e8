// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assembler: each event to whom it concerns, time-outs in stream time, finished messages held
 * until no loss can touch them any more, then built and handed out. The rules are in
 * docs/JOURNEYS.md.
 */
#include <errno.h>
#include <stdlib.h>

#include "assembly.h"
#include "bridge.h"
#include "failed.h"
#include "filter_proof.h"
#include "filters.h"
#include "hardware.h"
#include "own_reason.h"
#include "reset.h"
#include "unmade.h"

#define KERNEL_EVENTS_BELOW CRUMB_EV_TRACE

int assembler_new(const struct assembler_sink *sink, struct assembler **ret)
{
	struct assembler *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->sink = *sink;
	ring_init(&a->hold, sizeof(struct message *));
	a->facts = facts_new();
	a->stacks = stacks_new();
	a->tasks = tasks_new();
	a->usocks = usocks_new();
	a->bridges = bridges_new();
	a->hardware = hardware_new();
	a->filters = filters_new();
	a->reasons = own_reasons_new();
	if (!a->facts || !a->stacks || !a->tasks || !a->usocks || !a->bridges || !a->hardware ||
	    !a->filters || !a->reasons) {
		assembler_free(a);
		return -ENOMEM;
	}
	*ret = a;
	return 0;
}

void assembler_free(struct assembler *a)
{
	if (!a)
		return;
	while (a->flows.all) {
		struct flow *f = a->flows.all;

		flow_table_remove(&a->flows, f);
		conn_free((struct conn *)f);
	}
	ring_done(&a->hold);
	usocks_free(a->usocks);
	tasks_free(a->tasks); /* after those who wait for its threads */
	stacks_free(a->stacks);
	bridges_free(a->bridges);
	hardware_free(a->hardware);
	filters_free(a->filters);
	trap_sets_free(a);
	own_reasons_free(a->reasons);
	facts_free(a->facts);
	losses_done(&a->losses);
	losses_done(&a->func_losses);
	absences_done(&a->absences);
	scratch_done(&a->scratch);
	free(a);
}

/*
 * ------------------------------------------------------------------------------------- handing out
 */

static int begin_once(struct assembler *a)
{
	struct trace_info info;

	if (a->began)
		return 0;
	a->began = true;
	if (facts_info(a->facts, &info))
		return -ENOMEM;
	return a->sink.begin ? a->sink.begin(a->sink.ctx, &info) : 0;
}

/* Has it bytes that are not followed any more? How they were read, or whether, was not seen. */
static bool is_unfollowed(const struct message *m)
{
	const struct half *h = message_half(m);

	return h->left && m->last > h->left_at && m->taken < m->bytes;
}

static int message_emit(struct assembler *a, struct message *m)
{
	struct journey j;
	int err;

	if (is_unfollowed(m))
		return 0;
	if ((facts_flags(a->facts) & CRUMB_TRACE_TASKS) && !m->selected)
		return 0;
	err = begin_once(a);
	if (!err)
		err = journey_build(a, m, &j);
	if (err)
		return err;
	a->sum.journeys++;
	a->sum.verdicts[j.verdict]++;
	a->sum.bytes += j.bytes;
	a->sum.stacked += j.observer_ns > 0;
	return a->sink.journey ? a->sink.journey(a->sink.ctx, &j) : 0;
}

static int message_release(struct assembler *a, struct message *m)
{
	struct half *h = message_half(m);
	int err = message_emit(a, m);

	half_drop(h, m);
	if (++h->trims >= TRIM_EVERY || !h->messages.count)
		half_trim(h, a->now_ns);
	return err;
}

int assembler_done(struct assembler *a, struct message *m)
{
	struct message **slot = ring_push(&a->hold);

	if (!slot)
		return -ENOMEM;
	*slot = m;
	m->done_ns = a->now_ns;
	return 0;
}

/* Is its reader's return from libc still to come? */
static bool libc_awaited(const struct message *m)
{
	const struct half *h = message_half(m);

	for (uint32_t i = half_piece_index(h, m->last - 1); i < h->pieces.count; i++) {
		const struct piece *p = half_piece(h, i);

		if (p->start >= m->last)
			break;
		if (p->call->libc.link)
			return true;
	}
	return false;
}

static uint64_t hold_ns(const struct assembler *a)
{
	return hardware_known(a->hardware) ? HARDWARE_HOLD_NS : HOLD_NS;
}

static int release_held(struct assembler *a, bool all)
{
	while (a->hold.count) {
		struct message *m = *(struct message **)ring_at(&a->hold, 0);
		uint64_t held = a->now_ns - m->done_ns;
		int err;

		if (!all && (held < hold_ns(a) || (held < LIBC_WAIT_NS && libc_awaited(m))))
			return 0;
		ring_pop(&a->hold, 1);
		err = message_release(a, m);
		if (err)
			return err;
	}
	return 0;
}

/*
 * --------------------------------------------------------------------------------------- time-outs
 */

static int half_tick(struct assembler *a, struct half *h)
{
	for (uint32_t i = 0; i < h->messages.count; i++) {
		struct message *m = half_message(h, i);
		int err;

		if (!m->check_ns)
			m->check_ns = conn_is_udp(m->conn) ? a->now_ns : m->begin.h.time_ns + LEFT_NS;
		if (m->done_ns || m->check_ns > a->now_ns || fate_open(a, m))
			continue;
		err = assembler_done(a, m);
		if (err)
			return err;
	}
	if (!h->messages.count && !h->sending)
		half_trim(h, a->now_ns);
	return 0;
}

static bool conn_has_socket(const struct conn *c)
{
	return c->half[0].sender_seen || c->half[1].sender_seen || c->half[0].receiver_seen ||
	       c->half[1].receiver_seen;
}

static bool conn_over(const struct assembler *a, const struct conn *c)
{
	uint64_t idle = a->now_ns > c->last_ns ? a->now_ns - c->last_ns : 0;

	if (conn_busy(c))
		return false;
	if (conn_is_udp(c))
		return idle >= IDLE_NS;
	if (c->sampled && !conn_has_socket(c))
		return idle >= SAMPLED_NS;
	return (c->closed[0] && c->closed[1] && idle >= LINGER_NS) ||
	       ((c->fin || c->closed[0] || c->closed[1]) && idle >= IDLE_NS);
}

static int tick(struct assembler *a)
{
	struct flow *f, *next;

	for (f = a->flows.all; f; f = next) {
		struct conn *c = (struct conn *)f;
		int err;

		next = f->hh.next;
		err = half_tick(a, &c->half[0]);
		if (!err)
			err = half_tick(a, &c->half[1]);
		if (err)
			return err;
		if (conn_over(a, c)) {
			unmade_note(a, c);
			flow_table_remove(&a->flows, f);
			conn_free(c);
		}
	}
	if (a->now_ns > IDLE_NS) {
		tasks_trim(a->tasks, a->now_ns - IDLE_NS);
		usocks_trim(a->usocks, a->now_ns - IDLE_NS);
	}
	return 0;
}

/*
 * ------------------------------------------------------------------------------------------ events
 */

static void aside_add(struct assembler *a, const struct crumb_ev_aside *ev)
{
	if (ev->what && ev->what < CRUMB_ASIDE_MAX)
		a->sum.aside[ev->what] += ev->count;
}

/*
 * A call that --functions missed takes nothing from the journey itself, nor does a sample: its verdict stands. They are counted all the
 * same.
 */
static int take_loss(struct assembler *a, const struct crumb_ev_loss *ev)
{
	if (ev->cause == CRUMB_LOSS_FUNCS) {
		int err = losses_add(&a->func_losses, ev);

		return err ? err : losses_count(&a->losses, ev);
	}
	if (ev->cause == CRUMB_LOSS_SAMPLES)
		return losses_count(&a->losses, ev);
	return losses_add(&a->losses, ev);
}

static int dispatch_user(struct assembler *a, const struct crumb_event *ev)
{
	int err;

	switch (ev->type) {
	case CRUMB_EV_LOSS:
		return take_loss(a, (const void *)ev);
	case CRUMB_EV_PORT:
		return bridges_port(a->bridges, (const void *)ev);
	case CRUMB_EV_FDB:
		err = bridges_fdb(a->bridges, (const void *)ev);
		return err ? err : hardware_fdb(a->hardware, (const void *)ev);
	case CRUMB_EV_DEV:
		err = facts_event(a->facts, ev);
		return err ? err : hardware_dev(a->hardware, (const void *)ev);
	case CRUMB_EV_OFFLOAD:
		return hardware_offload(a->hardware, (const void *)ev);
	case CRUMB_EV_SAMPLE:
		return ingest_sample(a, (const void *)ev);
	case CRUMB_EV_COUNT:
		return hardware_count(a->hardware, (const void *)ev);
	case CRUMB_EV_FILTER:
		return filters_event(a->filters, (const void *)ev);
	case CRUMB_EV_ROUTE:
		return ingest_route(a, (const void *)ev);
	case CRUMB_EV_TRAP_SET:
		return ingest_trap_set(a, (const void *)ev);
	case CRUMB_EV_ASIDE:
		aside_add(a, (const void *)ev);
		return 0;
	case CRUMB_EV_END:
		a->ended = true;
		a->sum.lost_events = ((const struct crumb_ev_end *)ev)->lost;
		return 0;
	default:
		return facts_event(a->facts, ev);
	}
}

/* The bridge's have mostly no reason of the kernel's: one is found by what it looked at. Of tc's the filter is named. */
static int take_drop(struct assembler *a, const struct crumb_ev_drop *ev)
{
	struct crumb_ev_drop drop = *ev;
	int err = bridge_name_drop(a, &drop);

	filter_name_drop(a, &drop);
	return err ? err : ingest_drop(a, &drop);
}

static int dispatch(struct assembler *a, const struct crumb_event *ev)
{
	switch (ev->type) {
	case CRUMB_EV_SKB:
		return ingest_skb(a, (const void *)ev);
	case CRUMB_EV_SOCK:
		return ingest_sock(a, (const void *)ev);
	case CRUMB_EV_SEND_BEGIN:
		return ingest_send_begin(a, (const void *)ev);
	case CRUMB_EV_SEND_EXTENT:
		return ingest_send_extent(a, (const void *)ev);
	case CRUMB_EV_SEND_END:
		return ingest_send_end(a, (const void *)ev);
	case CRUMB_EV_NEIGH:
		neighs_add(&a->neighs, (const void *)ev);
		return 0;
	case CRUMB_EV_WAKE:
		return ingest_wake(a, (const void *)ev);
	case CRUMB_EV_RUN:
		return ingest_run(a, (const void *)ev);
	case CRUMB_EV_DGRAM_SEND:
		return ingest_dgram_send(a, (const void *)ev);
	case CRUMB_EV_DGRAM_RECV:
		return ingest_dgram_recv(a, (const void *)ev);
	case CRUMB_EV_HELD:
		return ingest_held(a, (const void *)ev);
	case CRUMB_EV_AWAY:
		return tasks_away(a->tasks, (const void *)ev);
	case CRUMB_EV_PROCESS:
		return tasks_process(a->tasks, (const void *)ev);
	case CRUMB_EV_COPY:
		return ingest_copy(a, (const void *)ev);
	case CRUMB_EV_RECV_EXTENT:
		return ingest_recv_extent(a, (const void *)ev);
	case CRUMB_EV_RECV:
		return ingest_recv(a, (const void *)ev);
	case CRUMB_EV_CALL:
		failed_call(a, (const void *)ev);
		if (((const struct crumb_ev_call *)ev)->layer == CRUMB_CALLED_SOCKET)
			return 0;
		return tasks_call(a->tasks, (const void *)ev);
	case CRUMB_EV_DROP:
		return take_drop(a, (const void *)ev);
	case CRUMB_EV_TRAP:
		return ingest_trap(a, (const void *)ev);
	case CRUMB_EV_RESET:
		return ingest_reset(a, (const void *)ev);
	case CRUMB_EV_DECISION:
		return ingest_decision(a, (const void *)ev);
	case CRUMB_EV_POLL:
		return ingest_poll(a, (const void *)ev);
	case CRUMB_EV_STACK:
		return ingest_stack(a, (const void *)ev);
	case CRUMB_EV_FUNC:
		return ingest_func(a, (const void *)ev);
	case CRUMB_EV_NAT:
		return ingest_nat(a, (const void *)ev);
	case CRUMB_EV_TUNNEL:
		return ingest_tunnel(a, (const void *)ev);
	case CRUMB_EV_QDISC:
		return ingest_qdisc(a, (const void *)ev);
	case CRUMB_EV_UNFOLLOWED:
		return ingest_unfollowed(a, (const void *)ev);
	case CRUMB_EV_STATE:
		return ingest_state(a, (const void *)ev);
	case CRUMB_EV_FLOW:
		return ingest_flow(a, (const void *)ev);
	default:
		return dispatch_user(a, ev);
	}
}

int assembler_event(void *assembler, const struct crumb_event *ev)
{
	struct assembler *a = assembler;
	int err;

	if (a->stopped)
		return a->stopped;
	if (!a->first_ns) {
		a->first_ns = ev->time_ns;
		a->tick_ns = ev->time_ns + TICK_NS;
	}
	if (ev->time_ns > a->now_ns)
		a->now_ns = ev->time_ns;
	a->serial++;
	a->sum.events += ev->type < KERNEL_EVENTS_BELOW;
	err = dispatch(a, ev);
	if (!err && a->now_ns >= a->tick_ns) {
		a->tick_ns = a->now_ns + TICK_NS;
		err = tick(a);
	}
	if (!err)
		err = release_held(a, false);
	a->stopped = err;
	return err;
}

void assembler_from(struct assembler *a, unsigned int host)
{
	a->host = host;
	facts_from(a->facts, host);
}

void assembler_set_clocks(struct assembler *a, const struct assembler_clocks *clocks)
{
	a->clocks = *clocks;
}

int assembler_absent(struct assembler *a, unsigned int host, uint64_t from_ns, uint64_t to_ns)
{
	struct absence one = { from_ns, to_ns, host };

	return absences_add(&a->absences, &one);
}

/*
 * ---------------------------------------------------------------------------------------- the end
 */

static int half_finish(struct assembler *a, struct half *h)
{
	int err = 0;

	while (h->sending && !err) { /* a call that blocks, or its thread died in it */
		struct message *m = h->sending;

		h->sending = m->next;
		m->next = NULL;
		err = ingest_cut(a, m, UINT64_MAX);
	}
	for (uint32_t i = 0; i < h->messages.count && !err; i++) {
		struct message *m = half_message(h, i);

		if (!m->done_ns)
			err = assembler_done(a, m);
	}
	return err;
}

static int summary_absences(struct assembler *a)
{
	const struct absences *l = &a->absences;
	struct trace_absence *out;

	scratch_reset(&a->scratch);
	out = scratch_take(&a->scratch, l->count * sizeof(*out) + 1);
	if (!out)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->count; i++) {
		const struct absence *k = &l->all[i];

		out[i] = (struct trace_absence){
			.host = facts_kernel_name(a->facts, k->host),
			.from_ns = k->from_ns > a->first_ns ? k->from_ns - a->first_ns : 0,
			.to_ns = k->to_ns == UINT64_MAX ? UINT64_MAX :
				 k->to_ns > a->first_ns ? k->to_ns - a->first_ns :
							  0,
		};
	}
	a->sum.absences = out;
	a->sum.absence_count = l->count;
	return 0;
}

static int summary(struct assembler *a)
{
	const char *unobservable[CRUMB_PT_MAX];
	struct trace_summary *s = &a->sum;

	if (s->lost_events < a->losses.total)
		s->lost_events = a->losses.total;
	s->losses = a->losses.kinds;
	s->loss_count = a->losses.kind_count;
	s->unobservable_count = facts_unobservable(a->facts, unobservable);
	s->unobservable = unobservable;
	s->truncated = !a->ended;
	if (summary_absences(a))
		return -ENOMEM;
	return a->sink.end ? a->sink.end(a->sink.ctx, s) : 0;
}

int assembler_finish(struct assembler *a)
{
	int err = a->stopped;

	for (struct flow *f = a->flows.all; f && !err; f = f->hh.next) {
		a->finished = true;
		err = half_finish(a, &((struct conn *)f)->half[0]);
		if (!err)
			err = half_finish(a, &((struct conn *)f)->half[1]);
		unmade_note(a, (struct conn *)f);
	}
	failed_finish(a);
	a->finished = true;
	if (!err)
		err = release_held(a, true);
	if (!err)
		err = begin_once(a);
	if (!err)
		err = summary(a);
	a->stopped = err;
	return err;
}
