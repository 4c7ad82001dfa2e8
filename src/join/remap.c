// SPDX-License-Identifier: GPL-2.0-only
/* One host's numbers to those of all hosts: see remap.h. Which field is what stands in schema/event.h. */
#include "remap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "host_tag.h"
#include "owner.h"
#include "translated.h"
#include "wire.h"

#define IDLE_NS \
	120000000000ull /* a connection that ended is forgotten that long after its last event */
#define SWEEP_NS 10000000000ull
#define NETNS_FIRST \
	0xefffffffu /* numbers for namespaces whose own is taken; the kernel's begin at 0xf0000000 */

struct netns_key {
	uint32_t host, netns;
};

struct netns_map {
	struct netns_key key;
	uint32_t number;
	UT_hash_handle hh;
};

struct netns_taken {
	uint32_t number, host;
	UT_hash_handle hh;
};

struct joined { /* a connection of all hosts */
	uint64_t tuple;
	uint32_t number, refs;
	uint8_t proto;
	uint64_t sources;     /* bit per host that has a number of its own for it */
	struct joined *older; /* of the same addresses */
	UT_hash_handle hh;    /* the newest of a tuple is in the table */
};

struct flow_key {
	uint32_t source, flow;
};

struct flow_map {
	struct flow_key key;
	struct joined *to;
	uint64_t heard_ns;
	bool ending;
	bool swapped; /* its ends are in the other order than those of the name that all have for it */
	UT_hash_handle hh;
};

struct name_taken {
	char name[64];
	uint32_t host;
	UT_hash_handle hh;
};

struct remap {
	const struct clocks *clocks;
	struct translated *translated;
	struct netns_map *netns;
	struct netns_taken *taken;
	struct joined *joined; /* by tuple */
	struct flow_map *flows;
	struct owner *owners;
	struct name_taken *names;
	uint32_t next_flow, next_netns;
	uint64_t sweep_ns;
};

#define MAP_FIND(head, keyptr, out) HASH_FIND(hh, head, keyptr, sizeof(*(keyptr)), out)

struct remap *remap_new(const struct clocks *clocks, struct translated *names)
{
	struct remap *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->clocks = clocks;
	r->translated = names;
	r->next_flow = 1;
	r->next_netns = NETNS_FIRST;
	return r;
}

static void joined_put(struct remap *r, struct joined *j)
{
	struct joined *head, **link;

	if (--j->refs)
		return;
	MAP_FIND(r->joined, &j->tuple, head);
	if (head == j) {
		HASH_DEL(r->joined, j);
		if (j->older)
			HASH_ADD(hh, r->joined, tuple, sizeof(j->tuple), j->older);
		free(j);
		return;
	}
	for (link = &head->older; *link != j; link = &(*link)->older)
		;
	*link = j->older;
	free(j);
}

static void flow_forget(struct remap *r, struct flow_map *f)
{
	HASH_DEL(r->flows, f);
	joined_put(r, f->to);
	free(f);
}

void remap_free(struct remap *r)
{
	struct flow_map *f, *next;

	if (!r)
		return;
	HASH_ITER(hh, r->flows, f, next)
	{
		flow_forget(r, f);
	}
	HASH_FREE(r->netns);
	HASH_FREE(r->taken);
	owners_free(&r->owners);
	HASH_FREE(r->names);
	free(r);
}

/* ------------------------------------------------------------------------------------------------ numbers */

static uint64_t axis(const struct remap *r, const struct remap_from *from, uint64_t ns)
{
	int64_t at;

	if (!ns)
		return 0;
	at = clocks_axis(r->clocks, from->host, (int64_t)ns);
	return at > 0 ? (uint64_t)at : 1;
}

static uint64_t kernel_address(const struct remap_from *from, uint64_t addr)
{
	return addr ? addr ^ (uint64_t)from->host << 48 : 0;
}

static uint32_t thread(const struct remap_from *from, uint32_t pid)
{
	return pid ? pid | from->host << HOST_TAG_PID_BITS : 0;
}

static uint32_t reason(const struct remap_from *from, uint32_t value)
{
	return value | from->host << HOST_TAG_REASON_BITS;
}

static bool number_taken(struct remap *r, uint32_t number, uint32_t host)
{
	struct netns_taken *t;

	MAP_FIND(r->taken, &number, t);
	return t && t->host != host;
}

/* A namespace nobody has spoken of yet is introduced, so that its host is known whatever event comes first. */
static int netns_introduce(const struct netns_map *m, uint64_t time_ns, const struct remap_out *out)
{
	struct crumb_ev_netns ev = {
		.h = { .time_ns = time_ns, .type = CRUMB_EV_NETNS, .size = sizeof(ev) },
		.netns = m->number,
		.pad0 = m->number == m->key.netns ? 0 : m->key.netns,
	};

	return out->before(out->ctx, &ev.h);
}

/* A namespace's number among all hosts' namespaces: its own if no other host has it. NULL: no memory. */
static struct netns_map *netns_new(struct remap *r, const struct remap_from *from,
				   const struct netns_key *key, uint32_t number)
{
	struct netns_taken *t;
	struct netns_map *m;

	while (number_taken(r, number, from->host))
		number = r->next_netns--;
	HASH_NEW(r->netns, key, key, m);
	if (!m)
		return NULL;
	m->number = number;
	HASH_MAKE(r->taken, number, &number, t);
	if (!t)
		return NULL;
	t->host = from->host;
	return m;
}

static int netns_map(struct remap *r, const struct remap_from *from, uint64_t time_ns,
		     uint32_t *netns, const struct remap_out *out)
{
	struct netns_key key = { from->host, *netns };
	struct netns_map *m;
	int err = 0;

	if (!*netns)
		return 0;
	MAP_FIND(r->netns, &key, m);
	if (!m) {
		m = netns_new(r, from, &key, *netns);
		if (!m)
			return -ENOMEM;
		err = netns_introduce(m, time_ns, out);
	}
	*netns = m->number;
	return err;
}

/* Two hosts of one name would be one to the reader. */
static int name_map(struct remap *r, unsigned int host, char *name, size_t size)
{
	char wanted[64] = "";
	struct name_taken *t;

	snprintf(wanted, sizeof(wanted), "%.56s", name);
	for (unsigned int n = 2; *name; n++) {
		char key[64] = "";

		snprintf(key, sizeof(key), "%s", wanted);
		MAP_FIND(r->names, &key, t);
		if (!t) {
			HASH_NEW(r->names, name, key, t);
			if (!t)
				return -ENOMEM;
			t->host = host;
		}
		if (t->host == host)
			break;
		snprintf(wanted, sizeof(wanted), "%.56s#%u", name, n);
	}
	snprintf(name, size, "%s", wanted);
	return 0;
}

/* -------------------------------------------------------------------------------------------- connections */

static struct joined *joined_new(struct remap *r, uint64_t tuple)
{
	struct joined *j = calloc(1, sizeof(*j)), *head;

	if (!j)
		return NULL;
	j->tuple = tuple;
	j->number = r->next_flow++;
	MAP_FIND(r->joined, &tuple, head);
	if (head) {
		HASH_DEL(r->joined, head);
		j->older = head;
	}
	HASH_ADD(hh, r->joined, tuple, sizeof(tuple), j);
	if (!j->hh.tbl) {
		free(j);
		return NULL;
	}
	return j;
}

/*
 * The connection that a source announces: the newest of these addresses for which it has no number yet, else a new one (the port was
 * used again). Behind a translation it has other addresses: @ev gets those of its initiator.
 */
static int flow_announced(struct remap *r, const struct remap_from *from, struct crumb_ev_flow *ev,
			  uint64_t now_ns)
{
	struct flow_key key = { from->source, ev->flow };
	bool swapped = translated_rename(r->translated, ev);
	uint64_t tuple = wire_tuple(ev), bit = 1ull << (from->source % 64);
	struct flow_map *f;
	struct joined *j;

	MAP_FIND(r->flows, &key, f);
	if (f)
		return 0;
	MAP_FIND(r->joined, &tuple, j);
	if (!j || (j->sources & bit))
		j = joined_new(r, tuple);
	if (!j)
		return -ENOMEM;
	j->refs++;
	HASH_NEW(r->flows, key, &key, f);
	if (!f) {
		joined_put(r, j);
		return -ENOMEM;
	}
	j->sources |= bit;
	j->proto = ev->proto;
	f->to = j;
	f->swapped = swapped;
	f->heard_ns = now_ns;
	return 0;
}

static void flows_sweep(struct remap *r, uint64_t now_ns)
{
	struct flow_map *f, *next;

	if (now_ns < r->sweep_ns)
		return;
	r->sweep_ns = now_ns + SWEEP_NS;
	HASH_ITER(hh, r->flows, f, next)
	{
		if (f->ending && f->heard_ns + IDLE_NS < now_ns)
			flow_forget(r, f);
	}
}

/* False: it was never announced. */
static bool flow_map(struct remap *r, const struct remap_from *from, uint32_t *flow,
		     uint64_t now_ns, struct flow_map **ret)
{
	struct flow_key key = { from->source, *flow };
	struct flow_map *f;

	MAP_FIND(r->flows, &key, f);
	*ret = f;
	if (!f)
		return false;
	f->heard_ns = now_ns;
	*flow = f->to->number;
	return true;
}

void remap_release(struct remap *r, uint32_t source)
{
	owners_release(&r->owners, source);
}

/* ------------------------------------------------------------------------------------------------- fields */

#define T(p)	 ((p) = axis(r, from, (p)))
#define PID(p)	 ((p) = thread(from, (p)))
#define ADDR(p)	 ((p) = kernel_address(from, (p)))
#define NETNS(p) netns_map(r, from, ev->time_ns, &(p), out)

static int map_skb(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
		   const struct remap_out *out)
{
	struct crumb_ev_skb *e = (void *)ev;

	ADDR(e->skb);
	if (ev->type == CRUMB_EV_DROP) {
		struct crumb_ev_drop *d = (void *)ev;

		ADDR(d->location);
		d->reason = reason(from, d->reason);
	}
	if (ev->type == CRUMB_EV_SAMPLE)
		T(((struct crumb_ev_sample *)ev)->seen_ns);
	if (ev->type == CRUMB_EV_DECISION)
		T(((struct crumb_ev_decision *)ev)->enter_ns);
	return NETNS(e->netns);
}

static int map_sender(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
		      const struct remap_out *out)
{
	switch (ev->type) {
	case CRUMB_EV_SEND_BEGIN: {
		struct crumb_ev_send_begin *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		T(e->enter_ns);
		T(e->libc_ns);
		T(e->sock_ns);
		T(e->lock_ns);
		T(e->lock_until_ns);
		return NETNS(e->netns);
	}
	case CRUMB_EV_SEND_END: {
		struct crumb_ev_send_end *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		T(e->sock_ns);
		T(e->append_ns);
		return 0;
	}
	case CRUMB_EV_SEND_EXTENT:
	case CRUMB_EV_RECV_EXTENT: {
		struct crumb_ev_extent *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		return 0;
	}
	default: { /* CRUMB_EV_HELD */
		struct crumb_ev_held *e = (void *)ev;

		T(e->since_ns);
		return NETNS(e->netns);
	}
	}
}

static int map_receiver(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
			const struct remap_out *out)
{
	switch (ev->type) {
	case CRUMB_EV_WAKE: {
		struct crumb_ev_wake *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		PID(e->by_pid);
		return 0;
	}
	case CRUMB_EV_RUN: {
		struct crumb_ev_run *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		PID(e->prev_pid);
		T(e->woken_ns);
		return 0;
	}
	case CRUMB_EV_COPY: {
		struct crumb_ev_copy *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		return 0;
	}
	case CRUMB_EV_AWAY: {
		struct crumb_ev_away *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		PID(e->by_pid);
		T(e->off_ns);
		T(e->on_ns);
		return 0;
	}
	case CRUMB_EV_POLL: {
		struct crumb_ev_poll *e = (void *)ev;

		PID(e->by_pid);
		ADDR(e->skb);
		T(e->irq_ns);
		if (e->run_ns)
			T(e->run_ns);
		if (e->within_ns > CRUMB_WITHIN_UNTIMED)
			T(e->within_ns);
		return NETNS(e->netns);
	}
	default: { /* CRUMB_EV_RECV */
		struct crumb_ev_recv *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		T(e->enter_ns);
		T(e->libc_ns);
		T(e->copy_ns);
		T(e->sock_ns);
		T(e->tcp_ns);
		T(e->lock_ns);
		T(e->lock_until_ns);
		return NETNS(e->netns);
	}
	}
}

static int map_dgram(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
		     const struct remap_out *out)
{
	struct crumb_ev_dgram *e = (void *)ev;

	PID(e->tgid);
	PID(e->pid);
	ADDR(e->sk);
	ADDR(e->skb);
	T(e->enter_ns);
	T(e->libc_ns);
	T(e->sock_ns);
	return NETNS(e->netns);
}

static int map_other(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
		     const struct remap_out *out)
{
	switch (ev->type) {
	case CRUMB_EV_FLOW:
		return NETNS(((struct crumb_ev_flow *)ev)->netns);
	case CRUMB_EV_NAT: {
		struct crumb_ev_nat *e = (void *)ev;
		struct flow_map *f;

		for (int i = 0; i < 2; i++)
			if (e->other[i] && !flow_map(r, from, &e->other[i], e->h.time_ns, &f))
				e->other[i] = 0;
		return NETNS(e->netns);
	}
	case CRUMB_EV_TUNNEL:
		return NETNS(((struct crumb_ev_tunnel *)ev)->netns);
	case CRUMB_EV_QDISC:
		return NETNS(((struct crumb_ev_qdisc *)ev)->netns);
	case CRUMB_EV_STATE: {
		struct crumb_ev_state *e = (void *)ev;

		PID(e->tgid);
		return NETNS(e->netns);
	}
	case CRUMB_EV_RESET: {
		struct crumb_ev_reset *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		if (e->reason != CRUMB_REASON_NONE)
			e->reason = reason(from, e->reason);
		return NETNS(e->netns);
	}
	case CRUMB_EV_SOCK: {
		struct crumb_ev_sock *e = (void *)ev;

		PID(e->tgid);
		ADDR(e->skb);
		ADDR(e->sk);
		return NETNS(e->netns);
	}
	case CRUMB_EV_CALL: {
		struct crumb_ev_call *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		T(e->enter_ns);
		return NETNS(e->netns);
	}
	case CRUMB_EV_FUNC: {
		struct crumb_ev_func *e = (void *)ev;

		PID(e->tgid);
		PID(e->pid);
		ADDR(e->func);
		ADDR(e->skb);
		T(e->enter_ns);
		return NETNS(e->netns);
	}
	case CRUMB_EV_PROCESS:
		PID(((struct crumb_ev_process *)ev)->tgid);
		PID(((struct crumb_ev_process *)ev)->pid);
		return 0;
	case CRUMB_EV_NEIGH:
		return NETNS(((struct crumb_ev_neigh *)ev)->netns);
	default: { /* CRUMB_EV_STACK */
		struct crumb_ev_stack *e = (void *)ev;

		for (unsigned int i = 0; i < e->depth; i++)
			ADDR(e->ip[i]);
		return NETNS(e->netns);
	}
	}
}

static int map_fact(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
		    const struct remap_out *out)
{
	switch (ev->type) {
	case CRUMB_EV_HOST: {
		struct crumb_ev_host *e = (void *)ev;
		int err = name_map(r, from->host, e->name, sizeof(e->name));

		return err ? err : NETNS(e->netns);
	}
	case CRUMB_EV_NETNS: {
		struct crumb_ev_netns *e = (void *)ev;
		uint32_t own = e->netns;
		int err = name_map(r, from->host, e->host, sizeof(e->host));

		if (!err)
			err = NETNS(e->netns);
		e->pad0 = e->netns == own ? 0 : own;
		return err;
	}
	case CRUMB_EV_DEV: {
		struct crumb_ev_dev *e = (void *)ev;
		int err = NETNS(e->netns);

		return err ? err : NETNS(e->peer_netns);
	}
	case CRUMB_EV_FDB:
		return NETNS(((struct crumb_ev_fdb *)ev)->netns);
	case CRUMB_EV_RULE:
		T(((struct crumb_ev_rule *)ev)->since_ns);
		T(((struct crumb_ev_rule *)ev)->other_ns);
		__attribute__((fallthrough));
	case CRUMB_EV_PORT: /* which begins likewise */
	case CRUMB_EV_OFFLOAD:
	case CRUMB_EV_COUNT:
	case CRUMB_EV_FILTER:
	case CRUMB_EV_TRAP_SET:
		T(((struct crumb_ev_port *)ev)->read_ns);
		return NETNS(((struct crumb_ev_port *)ev)->netns);
	case CRUMB_EV_ROUTE:
		T(((struct crumb_ev_route *)ev)->read_ns);
		return NETNS(((struct crumb_ev_route *)ev)->netns);
	case CRUMB_EV_SYMBOL:
		ADDR(((struct crumb_ev_symbol *)ev)->addr);
		return 0;
	case CRUMB_EV_REASON: {
		struct crumb_ev_reason *e = (void *)ev;

		e->value = reason(from, e->value);
		return 0;
	}
	case CRUMB_EV_LOSS:
		T(((struct crumb_ev_loss *)ev)->from_ns);
		T(((struct crumb_ev_loss *)ev)->to_ns);
		return 0;
	default:
		return 0;
	}
}

static int map_fields(struct remap *r, const struct remap_from *from, struct crumb_event *ev,
		      const struct remap_out *out)
{
	switch (ev->type) {
	case CRUMB_EV_SKB:
	case CRUMB_EV_DROP:
	case CRUMB_EV_DECISION:
	case CRUMB_EV_TRAP:
	case CRUMB_EV_SAMPLE:
		return map_skb(r, from, ev, out);
	case CRUMB_EV_SEND_BEGIN:
	case CRUMB_EV_SEND_END:
	case CRUMB_EV_SEND_EXTENT:
	case CRUMB_EV_RECV_EXTENT:
	case CRUMB_EV_HELD:
		return map_sender(r, from, ev, out);
	case CRUMB_EV_WAKE:
	case CRUMB_EV_RUN:
	case CRUMB_EV_COPY:
	case CRUMB_EV_AWAY:
	case CRUMB_EV_POLL:
	case CRUMB_EV_RECV:
		return map_receiver(r, from, ev, out);
	case CRUMB_EV_DGRAM_SEND:
	case CRUMB_EV_DGRAM_RECV:
		return map_dgram(r, from, ev, out);
	case CRUMB_EV_FLOW:
	case CRUMB_EV_NAT:
	case CRUMB_EV_TUNNEL:
	case CRUMB_EV_QDISC:
	case CRUMB_EV_STATE:
	case CRUMB_EV_RESET:
	case CRUMB_EV_SOCK:
	case CRUMB_EV_CALL:
	case CRUMB_EV_FUNC:
	case CRUMB_EV_PROCESS:
	case CRUMB_EV_NEIGH:
	case CRUMB_EV_STACK:
		return map_other(r, from, ev, out);
	default:
		return map_fact(r, from, ev, out);
	}
}

/* The place of the connection's number in an event of that type; 0: it has none. */
static size_t flow_offset(unsigned int type)
{
	if (type == CRUMB_EV_CALL)
		return offsetof(struct crumb_ev_call, flow);
	if (type == CRUMB_EV_SAMPLE || type == CRUMB_EV_ROUTE)
		return offsetof(struct crumb_ev_skb, flow);
	return type >= CRUMB_EV_TRACE || type == CRUMB_EV_NEIGH || type == CRUMB_EV_PROCESS ?
		       0 :
		       offsetof(struct crumb_ev_skb, flow);
}

static bool flow_ends(const struct crumb_event *ev)
{
	if (ev->type == CRUMB_EV_STATE)
		return ((const struct crumb_ev_state *)ev)->new_state == 7; /* TCP_CLOSE */
	return ev->type == CRUMB_EV_SKB &&
	       (((const struct crumb_ev_skb *)ev)->tcp_flags & 5); /* FIN, RST */
}

/* @ev has its connection's new number. */
static int flow_event(struct remap *r, struct flow_map *f, struct crumb_event *ev)
{
	size_t dir = event_dir_offset(ev->type);

	f->ending |= flow_ends(ev);
	if (f->swapped && dir)
		((uint8_t *)ev)[dir] ^= 1;
	return ev->type == CRUMB_EV_NAT && r->translated ?
		       translated_add(r->translated, f->to->proto, (const void *)ev) :
		       0;
}

int remap_event(struct remap *r, const struct remap_from *from, const struct crumb_event *ev,
		void *buf, const struct remap_out *out)
{
	size_t at = flow_offset(ev->type), size = ev->size & ~7u;
	struct crumb_event *to = buf;
	struct flow_map *f;
	int err = 0;

	if (!event_type_size(ev->type)) /* of a newer crumb */
		return 0;
	if (size > EVENT_SCRATCH_BYTES)
		size = EVENT_SCRATCH_BYTES;
	memset(buf, 0, EVENT_SCRATCH_BYTES);
	memcpy(buf, ev, size);
	to->size = size;
	to->time_ns = axis(r, from, ev->time_ns);
	if (ev->type == CRUMB_EV_FLOW)
		err = flow_announced(r, from, buf, to->time_ns);
	if (err)
		return err;
	if (at) {
		uint32_t *flow = (uint32_t *)((char *)buf + at);

		if (*flow && !flow_map(r, from, flow, to->time_ns, &f))
			return 0;
		if (*flow)
			err = flow_event(r, f, to);
		if (err)
			return err;
	}
	flows_sweep(r, to->time_ns);
	err = map_fields(r, from, to, out);
	if (err)
		return err;
	return from->shared ? owner_tells(&r->owners, from, to) : 1;
}
