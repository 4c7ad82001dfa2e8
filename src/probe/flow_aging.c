// SPDX-License-Identifier: GPL-2.0-only
#include "flow_aging.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#define BOTH_CLOSED_NS 2000000000ull
#define ONE_CLOSED_NS  60000000000ull
#define UDP_IDLE_NS    30000000000ull /* there is no end: silence is */
#define SAMPLE_IDLE_NS 60000000000ull /* nor is one seen where only samples are */
#define TCP_CLOSED     7	      /* TCP_CLOSE of net/tcp_states.h */

struct aged {
	uint32_t flow;	      /* key */
	uint8_t seen, closed; /* bit 0 and 1: the ends */
	struct crumb_ev_flow ev;
	uint64_t due_ns, last_ns; /* last_ns: of those in idle and sampled */
	struct aged **list;	  /* the one that it waits in, NULL none */
	struct aged *prev, *next;
	UT_hash_handle hh;
};

struct flow_aging {
	flow_forget_fn forget;
	void *ctx;
	struct aged *all;
	struct aged *both, *one, *idle,
		*sampled; /* waiting, soonest first: each list has one waiting time */
	struct aged *recent;
};

int flow_aging_new(flow_forget_fn forget, void *ctx, struct flow_aging **ret)
{
	struct flow_aging *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->forget = forget;
	a->ctx = ctx;
	*ret = a;
	return 0;
}

static void drop(struct flow_aging *a, struct aged *e)
{
	if (a->recent == e)
		a->recent = NULL;
	if (e->list)
		DL_DELETE(*e->list, e);
	HASH_DEL(a->all, e);
	free(e);
}

void flow_aging_free(struct flow_aging *a)
{
	struct aged *e, *next;

	if (!a)
		return;
	HASH_ITER(hh, a->all, e, next)
	drop(a, e);
	free(a);
}

static void wait_in(struct aged *e, struct aged **list, uint64_t due_ns)
{
	if (e->list)
		DL_DELETE(*e->list, e);
	e->list = list;
	e->due_ns = due_ns;
	DL_APPEND(*list, e);
}

static void wait_no_more(struct aged *e)
{
	if (e->list)
		DL_DELETE(*e->list, e);
	e->list = NULL;
}

static struct aged *get(struct flow_aging *a, uint32_t flow)
{
	struct aged *e = a->recent;

	if (e && e->flow == flow)
		return e;
	HASH_FIND_INT(a->all, &flow, e);
	a->recent = e ? e : a->recent;
	return e;
}

/* A hook has seen it: it is one like any other. */
static void hooked(struct flow_aging *a, struct aged *e)
{
	if (e->list == &a->sampled)
		wait_no_more(e);
}

static int on_flow(struct flow_aging *a, const struct crumb_ev_flow *ev)
{
	struct aged *e = get(a, ev->flow);

	if (e) { /* a sample of it came, and the hook's record was still on its way */
		if (ev->why != CRUMB_WHY_SAMPLE)
			hooked(a, e);
		return 0;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->flow = ev->flow;
	e->ev = *ev;
	HASH_ADD_INT(a->all, flow, e);
	if (ev->proto == IPPROTO_UDP)
		wait_in(e, &a->idle, ev->h.time_ns + UDP_IDLE_NS);
	else if (ev->why == CRUMB_WHY_SAMPLE)
		wait_in(e, &a->sampled, ev->h.time_ns + SAMPLE_IDLE_NS);
	return 0;
}

/* Looked at again when the time has come, so that a packet costs no more than this. */
static void on_packet(struct flow_aging *a, const struct crumb_ev_skb *ev)
{
	struct aged *e = get(a, ev->flow);

	if (!e)
		return;
	e->last_ns = ev->h.time_ns;
	if (ev->h.type == CRUMB_EV_SKB)
		hooked(a, e);
}

static void on_state(struct flow_aging *a, const struct crumb_ev_state *ev)
{
	struct aged *e;

	HASH_FIND_INT(a->all, &ev->flow, e);
	if (!e)
		return;
	hooked(a, e);
	e->seen |= 1 << ev->end;
	if (ev->new_state != TCP_CLOSED)
		return;
	e->closed |= 1 << ev->end;
	if (e->closed == 3)
		wait_in(e, &a->both, ev->h.time_ns + BOTH_CLOSED_NS);
	else if (e->closed == e->seen)
		wait_in(e, &a->one, ev->h.time_ns + ONE_CLOSED_NS);
}

int flow_aging_event(struct flow_aging *a, const struct crumb_event *ev)
{
	if (ev->type == CRUMB_EV_FLOW)
		return on_flow(a, (const void *)ev);
	if (ev->type == CRUMB_EV_STATE)
		on_state(a, (const void *)ev);
	if ((ev->type == CRUMB_EV_SKB || ev->type == CRUMB_EV_SAMPLE) && (a->idle || a->sampled))
		on_packet(a, (const void *)ev);
	return 0;
}

static void forget_due(struct flow_aging *a, struct aged **list, uint64_t now_ns)
{
	while (*list && (*list)->due_ns < now_ns) {
		struct aged *e = *list;

		/* The other end spoke up since: it is waited for without limit. */
		if (e->closed == 3 || e->closed == e->seen) {
			a->forget(a->ctx, &e->ev);
			drop(a, e);
		} else {
			wait_no_more(e);
		}
	}
}

static void forget_silent(struct flow_aging *a, struct aged **list, uint64_t idle_ns, uint64_t now_ns)
{
	while (*list && (*list)->due_ns < now_ns) {
		struct aged *e = *list;
		uint64_t due_ns = e->last_ns + idle_ns;

		if (due_ns > now_ns) {
			wait_in(e, list, due_ns);
		} else {
			a->forget(a->ctx, &e->ev);
			drop(a, e);
		}
	}
}

void flow_aging_tick(struct flow_aging *a, uint64_t now_ns)
{
	forget_silent(a, &a->idle, UDP_IDLE_NS, now_ns);
	forget_silent(a, &a->sampled, SAMPLE_IDLE_NS, now_ns);
	forget_due(a, &a->both, now_ns);
	forget_due(a, &a->one, now_ns);
}
