// SPDX-License-Identifier: GPL-2.0-only
/* The tunnels on a message's way: see tunnel.h. */
#include <errno.h>
#include <string.h>

#include "cause.h"
#include "proof.h"
#include "tunnel.h"

static bool same_tunnel(const struct crumb_ev_tunnel *a, const struct crumb_ev_tunnel *b)
{
	return a->kind == b->kind && a->has_key == b->has_key && a->key == b->key &&
	       !memcmp(a->from, b->from, sizeof(a->from)) && !memcmp(a->to, b->to, sizeof(a->to));
}

int ingest_tunnel(struct assembler *a, const struct crumb_ev_tunnel *ev)
{
	struct conn *c = assembler_conn(a, ev->flow);
	struct crumb_ev_tunnel *t;

	if (!c)
		return 0;
	for (uint32_t i = 0; i < c->tunnels.count; i++) {
		t = ring_at(&c->tunnels, i);
		if (t->netns == ev->netns && t->dir == ev->dir && same_tunnel(t, ev))
			return 0;
	}
	t = ring_push(&c->tunnels);
	if (!t)
		return -ENOMEM;
	*t = *ev;
	return 0;
}

uint16_t tunnel_number(const struct message *m, const struct path_step *s)
{
	const struct crumb_ev_decision *decision;
	const struct crumb_ev_drop *drop;

	if (!s->seen)
		return 0;
	if (point_is_drop(s->point)) {
		drop = proof_find(message_half(m), s->seen);
		return drop && (drop->s.flags & CRUMB_SKB_TUNNEL) ? drop->s.ip_id : 0;
	}
	if (point_is_out(s->point) || point_is_in(s->point))
		return s->seen->dev.tunnel;
	decision = point_get(s->point)->deep ? path_decision(message_half(m), s->seen) : NULL;
	return decision && (decision->s.flags & CRUMB_SKB_TUNNEL) ? decision->s.ip_id : 0;
}

/* NULL: not told, or two have that number. */
static const struct crumb_ev_tunnel *tunnel_find(const struct message *m, uint32_t netns,
						 uint16_t number)
{
	const struct conn *c = m->conn;
	const struct crumb_ev_tunnel *found = NULL;

	for (uint32_t i = 0; i < c->tunnels.count; i++) {
		const struct crumb_ev_tunnel *t = ring_at(&c->tunnels, i);

		if (t->number != number || t->netns != netns || t->dir != m->dir)
			continue;
		if (found)
			return NULL;
		found = t;
	}
	return found;
}

const struct journey_tunnel *tunnel_of(struct assembler *a, const struct message *m,
				       const struct path_step *s)
{
	uint16_t number = tunnel_number(m, s);
	const struct crumb_ev_tunnel *t;
	struct journey_tunnel *out;

	if (!number)
		return NULL;
	out = scratch_take(&a->scratch, sizeof(*out));
	if (!out)
		return NULL;
	*out = (struct journey_tunnel){ .kind = 0 };
	t = tunnel_find(m, s->netns, number);
	if (!t)
		return out;
	out->kind = t->kind;
	out->has_key = t->has_key;
	out->key = t->key;
	memcpy(out->from, t->from, sizeof(out->from));
	memcpy(out->to, t->to, sizeof(out->to));
	return out;
}

static bool is_of_packet(const struct path_step *s)
{
	return point_is_out(s->point) || point_is_in(s->point) || point_get(s->point)->deep;
}

uint32_t tunnel_facts(const struct message *m, const struct path_step *from,
		      const struct path_step *to)
{
	uint16_t before = tunnel_number(m, from), after = tunnel_number(m, to);

	if (!is_of_packet(from) || !is_of_packet(to) || before == after)
		return 0;
	return after ? GAP_INTO_TUNNEL : GAP_OUT_OF_TUNNEL;
}

static void say_tunnel(struct words *w, const struct crumb_ev_tunnel *t)
{
	words_put(w, tunnel_kind_words(t->kind));
	if (t->has_key) {
		words_put(w, " ");
		words_u64(w, t->key);
	}
	words_put(w, ", ");
	words_address(w, t->from);
	words_put(w, " > ");
	words_address(w, t->to);
}

void tunnel_say_step(const struct message *m, const struct path *p, const struct path_step *s,
		     struct words *w)
{
	uint16_t number = tunnel_number(m, s);
	const struct crumb_ev_tunnel *t;

	if (!number || (s > p->steps && tunnel_number(m, s - 1) == number && s[-1].netns == s->netns))
		return;
	t = tunnel_find(m, s->netns, number);
	words_put(w, w->len ? "; in " : "in ");
	if (t)
		say_tunnel(w, t);
	else
		words_put(w, "a tunnel");
}
