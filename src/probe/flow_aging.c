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
#define TCP_CLOSED     7	      /* TCP_CLOSE of net/tcp_states.h */

struct aged {
	uint32_t flow;	      /* key */
	uint8_t seen, closed; /* bit 0 and 1: the ends */
	struct crumb_ev_flow ev;
	uint64_t due_ns, last_ns; /* last_ns: UDP only */
	struct aged **list;	  /* the one that it waits in, NULL none */
	struct aged *prev, *next;
	UT_hash_handle hh;
};

struct flow_aging {
	flow_forget_fn forget;
	void *ctx;
	struct aged *all;
	struct aged *both, *one, *idle; /* waiting, soonest first: each list has one waiting time */
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

static int on_flow(struct flow_aging *a, const struct crumb_ev_flow *ev)
{
	struct aged *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->flow = ev->flow;
	e->ev = *ev;
	HASH_ADD_INT(a->all, flow, e);
	if (ev->proto == IPPROTO_UDP)
		wait_in(e, &a->idle, ev->h.time_ns + UDP_IDLE_NS);
	return 0;
}

/* Looked at again when the time has come, so that a packet costs no more than this. */
static void on_packet(struct flow_aging *a, const struct crumb_ev_skb *ev)
{
	struct aged *e = a->recent;

	if (!e || e->flow != ev->flow)
		HASH_FIND_INT(a->all, &ev->flow, e);
	if (!e || e->ev.proto != IPPROTO_UDP)
		return;
	a->recent = e;
	e->last_ns = ev->h.time_ns;
}

static void on_state(struct flow_aging *a, const struct crumb_ev_state *ev)
{
	struct aged *e;

	HASH_FIND_INT(a->all, &ev->flow, e);
	if (!e)
		return;
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
	if (ev->type == CRUMB_EV_SKB && a->idle)
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
			DL_DELETE(*list, e);
			e->list = NULL;
		}
	}
}

static void forget_idle(struct flow_aging *a, uint64_t now_ns)
{
	while (a->idle && a->idle->due_ns < now_ns) {
		struct aged *e = a->idle;
		uint64_t due_ns = e->last_ns + UDP_IDLE_NS;

		if (due_ns > now_ns) {
			wait_in(e, &a->idle, due_ns);
		} else {
			a->forget(a->ctx, &e->ev);
			drop(a, e);
		}
	}
}

void flow_aging_tick(struct flow_aging *a, uint64_t now_ns)
{
	forget_idle(a, now_ns);
	forget_due(a, &a->both, now_ns);
	forget_due(a, &a->one, now_ns);
}
