// SPDX-License-Identifier: GPL-2.0-only
/* Translations of a connection's addresses: see nat.h. */
#include <errno.h>
#include <string.h>

#include "nat.h"

static bool address_is(const struct journey_address *a, const uint8_t addr[16], uint16_t port)
{
	return a->port == port && !memcmp(a->addr, addr, 16);
}

static struct journey_address address_of(const uint8_t addr[16], uint16_t port)
{
	struct journey_address a = { .port = port };

	memcpy(a.addr, addr, sizeof(a.addr));
	return a;
}

static struct conn_nat nat_of(const struct crumb_ev_nat *ev)
{
	struct conn_nat n = { .netns = ev->netns, .how = ev->how, .dir = ev->dir };

	/* Bytes of direction d come from end d: the event has the initiator first. */
	for (int i = 0; i < 2; i++) {
		int end = ev->dir ^ i;

		n.before[end] = address_of(ev->before[i], ev->port_before[i]);
		n.after[end] = address_of(ev->after[i], ev->port_after[i]);
	}
	return n;
}

/* Taken by a name behind the translation: from now on it has that of its initiator. */
static void conn_rename(struct flow *f, const struct conn_nat *n)
{
	for (int end = 0; end < 2; end++)
		if (!address_is(&n->after[end], f->addr[end], f->port[end]))
			return;
	for (int end = 0; end < 2; end++) {
		memcpy(f->addr[end], n->before[end].addr, sizeof(f->addr[end]));
		f->port[end] = n->before[end].port;
	}
}

int ingest_nat(struct assembler *a, const struct crumb_ev_nat *ev)
{
	struct conn *c = assembler_conn(a, ev->flow), *other;
	struct conn_nat n = nat_of(ev), *slot = NULL;

	if (!c)
		return 0;
	for (int i = 0; i < 2; i++) {
		other = ev->other[i] ? assembler_conn(a, ev->other[i]) : NULL;
		if (other && other != c)
			other->split = true;
	}
	conn_rename(&c->flow, &n);
	/* A namespace translates a connection once: the newest counts. */
	for (uint32_t i = 0; i < c->nats.count && !slot; i++) {
		slot = ring_at(&c->nats, i);
		if (slot->netns != n.netns)
			slot = NULL;
	}
	if (!slot)
		slot = ring_push(&c->nats);
	if (!slot)
		return -ENOMEM;
	*slot = n;
	return 0;
}

static bool is_initiators(const struct conn *c, const struct conn_nat *n)
{
	for (uint32_t i = 0; i < c->nats.count; i++) {
		const struct conn_nat *k = ring_at(&c->nats, i);

		if (k != n && !memcmp(k->before, n->after, sizeof(k->before)))
			return false;
	}
	return true;
}

uint16_t nat_last_port(const struct conn *c, uint8_t dir)
{
	for (uint32_t i = 0; i < c->nats.count; i++) {
		const struct conn_nat *n = ring_at(&c->nats, i);

		if (n->dir == dir && is_initiators(c, n))
			return n->after[!dir].port;
	}
	return c->flow.port[!dir];
}

static const struct conn_nat *nat_at(const struct conn *c, uint32_t netns)
{
	for (uint32_t i = 0; i < c->nats.count; i++) {
		const struct conn_nat *n = ring_at(&c->nats, i);

		if (n->netns == netns)
			return n;
	}
	return NULL;
}

static bool step_is_behind(const struct path_step *s)
{
	return (point_is_out(s->point) && s->point != CRUMB_PT_IP_OUTPUT) ||
	       s->point == CRUMB_PT_TCP_RECEIVE || s->point == CRUMB_PT_SOCK_READY;
}

/* The translation that lies between step @s and the one before it; NULL none. */
static const struct conn_nat *nat_before(const struct conn *c, const struct path *p,
					 const struct path_step *s)
{
	const struct conn_nat *n = c->nats.count && step_is_behind(s) ? nat_at(c, s->netns) : NULL;

	for (const struct path_step *k = p->steps; n && k < s; k++)
		if (k->netns == s->netns && step_is_behind(k))
			return NULL;
	return n;
}

static struct journey_nat nat_shown(struct assembler *a, const struct message *m,
				    const struct conn_nat *n)
{
	bool on = m->dir == n->dir;
	const struct journey_address *from = on ? n->before : n->after,
				     *to = on ? n->after : n->before;

	return (struct journey_nat){
		.host = facts_host(a->facts, n->netns),
		.netns = facts_netns_number(a->facts, n->netns),
		.how = n->how,
		.before = { from[m->dir], from[!m->dir] },
		.after = { to[m->dir], to[!m->dir] },
	};
}

int nat_build(struct assembler *a, const struct message *m, const struct path *p, struct journey *j)
{
	const struct conn *c = m->conn;
	struct journey_nat *all;
	uint32_t n = 0;

	if (!c->nats.count)
		return 0;
	all = scratch_take(&a->scratch, c->nats.count * sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count && n < c->nats.count; i++) {
		const struct conn_nat *k = nat_before(c, p, &p->steps[i]);

		if (k)
			all[n++] = nat_shown(a, m, k);
	}
	j->nats = all;
	j->nat_count = n;
	return 0;
}

static void say_address(struct words *w, const struct journey_address *a)
{
	bool is_v4 = address_is_v4(a->addr);

	words_put(w, is_v4 ? "" : "[");
	words_address(w, a->addr);
	words_put(w, is_v4 ? ":" : "]:");
	words_u64(w, a->port);
}

void nat_say_step(const struct message *m, const struct path *p, const struct path_step *s,
		  struct words *w)
{
	const struct conn_nat *n = nat_before(m->conn, p, s);
	const struct journey_address *to;

	if (!n)
		return;
	to = m->dir == n->dir ? n->after : n->before;
	words_put(w, w->len ? "; now " : "now ");
	say_address(w, &to[m->dir]);
	words_put(w, " > ");
	say_address(w, &to[!m->dir]);
}
