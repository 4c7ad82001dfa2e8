// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps that --deep adds: all that was seen of the byte in the namespaces that the path passes, while it was there. A
 * place may have been passed several times (one chain of netfilter after the other), so each sighting is a step.
 */
#include "path.h"

struct passing {
	const struct message *m;
	const struct sight_log *log;
	struct path *p;
	uint64_t byte;
	struct range time;
	uint32_t base; /* steps before any of these */
};

/* When the path is in @netns; false: never. Of a transmission that did not make it nothing is added: the next one's steps count. */
static bool time_in(const struct path *p, uint32_t count, uint32_t netns, struct range *ret)
{
	uint64_t superseded = 0;
	bool found = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct path_step *s = &p->steps[i];

		if (s->netns != netns)
			continue;
		if (!found || s->ns < ret->start)
			ret->start = s->ns;
		if (!found || s->ns > ret->end)
			ret->end = s->ns;
		if (s->superseded)
			superseded = s->ns;
		found = true;
	}
	if (!superseded)
		return found;
	ret->start = ret->end;
	for (uint32_t i = 0; i < count; i++) {
		const struct path_step *s = &p->steps[i];

		if (s->netns == netns && s->ns > superseded && s->ns < ret->start)
			ret->start = s->ns;
	}
	return found;
}

enum skb_is {
	SKB_UNKNOWN, /* no other step there knows its skb */
	SKB_ANOTHER, /* of a copy that came twice, or was sent twice */
	SKB_THIS,
};

static enum skb_is skb_of(const struct passing *k, const struct sighting *seen)
{
	enum skb_is is = SKB_UNKNOWN;

	for (uint32_t i = 0; i < k->base; i++) {
		const struct path_step *s = &k->p->steps[i];

		if (!s->seen || s->netns != k->log->place.netns)
			continue;
		if (s->seen->skb == seen->skb)
			return SKB_THIS;
		is = SKB_ANOTHER;
	}
	return is;
}

/*
 * Of a hook as a whole it is known when it got the packet. A chain's verdict comes at its end, too, but there nothing is known of the
 * chains before it.
 */
static void add_asked(const struct passing *k, const struct path_step *verdict)
{
	const struct crumb_ev_decision *d = path_decision(message_half(k->m), verdict->seen);
	struct path_step *s;

	if (!d || d->table[0] || d->enter_ns < k->time.start || d->enter_ns > verdict->ns ||
	    k->p->count - k->base >= PATH_DEEP_STEPS)
		return;
	s = path_add(k->p, verdict->point, d->enter_ns, verdict->order);
	if (!s)
		return;
	s->netns = verdict->netns;
	s->ifindex = verdict->ifindex;
	s->cpu = verdict->cpu;
	s->seen = verdict->seen;
	s->exact = verdict->exact;
	s->asked = true;
}

static void passed(void *ctx, const struct sighting *seen)
{
	const struct passing *k = ctx;
	enum skb_is is = skb_of(k, seen);
	uint64_t ns = seen->time_ns;
	struct path_step *s;

	if (is == SKB_ANOTHER || k->byte < seen->start || k->byte >= seen->end ||
	    k->p->count - k->base >= PATH_DEEP_STEPS)
		return;
	/* The packet was dropped before its chain returned: it was there when the chain was asked. */
	if (ns > k->time.end) {
		const struct crumb_ev_decision *d = path_decision(message_half(k->m), seen);

		ns = d ? d->enter_ns : 0;
		if (ns < k->time.start || ns > k->time.end)
			return;
	}
	s = path_add(k->p, k->log->place.point, ns, PATH_ORDER_SEEN + seen->serial);
	if (!s)
		return;
	s->netns = k->log->place.netns;
	s->ifindex = k->log->place.ifindex;
	s->cpu = seen->cpu;
	s->seen = seen;
	s->exact = is == SKB_THIS;
	if (s->point == CRUMB_PT_NETFILTER && ns == seen->time_ns)
		add_asked(k, s);
}

void path_find_deep(const struct message *m, const struct fate *f, struct path *p)
{
	const struct half *h = message_half(m);
	struct passing k = { .m = m, .p = p, .byte = f->byte, .base = p->count };

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		k.log = &h->bytes.logs[i];
		if (k.log->place.kind == SIGHT_DEEP && time_in(p, k.base, k.log->place.netns, &k.time))
			sight_log_visit(k.log, &m->extents, k.time.start, UINT64_MAX, passed, &k);
	}
}

const struct crumb_ev_decision *path_decision(const struct half *h, const struct sighting *s)
{
	for (uint32_t i = h->decisions.count; i-- > 0;) {
		const struct crumb_ev_decision *d = ring_at(&h->decisions, i);

		if (d->s.h.time_ns == s->time_ns && d->s.skb == s->skb)
			return d;
	}
	return NULL;
}
