// SPDX-License-Identifier: GPL-2.0-only
/* What became of a datagram that was not read: nothing sends it again, so what was seen last decides. */
#include <string.h>

#include "assembly.h"
#include "path.h"

#define DROP_WAIT_NS 20000000ull /* another copy of a flooded frame may still arrive */

struct newest_drop {
	struct assembler *a;
	const struct sighting *drop;
};

static void drop_look(void *ctx, const struct sighting *s)
{
	struct newest_drop *n = ctx;

	if (n->drop && !sighting_after(s, n->drop))
		return;
	if (strcmp(facts_reason(n->a->facts, s->drop.reason), "OTHERHOST"))
		n->drop = s;
}

static const struct sighting *find_drop(struct assembler *a, const struct message *m,
					const struct sight_place **ret_place)
{
	const struct half *h = message_half(m);
	struct newest_drop n = { .a = a };

	for (uint32_t i = 0; i < h->bytes.log_count; i++) {
		const struct sight_log *l = &h->bytes.logs[i];
		const struct sighting *before = n.drop;

		if (l->place.kind != SIGHT_BYTES || l->place.point != CRUMB_PT_SKB_DROP)
			continue;
		sight_log_visit(l, &m->extents, 0, UINT64_MAX, drop_look, &n);
		if (n.drop != before)
			*ret_place = &l->place;
	}
	return n.drop;
}

static void set(struct fate *f, enum verdict v, const char *reason, const char *where)
{
	f->verdict = v;
	f->reason = reason;
	f->where = where;
}

static bool leads_out(struct assembler *a, const struct sight_place *p)
{
	const struct fact_dev *d = facts_dev(a->facts, p->netns, p->ifindex);

	return p->point == CRUMB_PT_DEV_XMIT && !(d && d->veth && d->peer && d->peer_netns);
}

void fate_dgram(struct assembler *a, const struct message *m, struct fate *f)
{
	const struct half *h = message_half(m);
	const struct sight_place *place = NULL;
	const struct sighting *last;

	f->drop = find_drop(a, m, &f->drop_place);
	last = fate_last_seen(h, f->byte, &place);
	if (f->drop && last && place->point == CRUMB_PT_SOCK_READY && sighting_after(last, f->drop))
		f->drop = NULL; /* the branch of a flooded frame that led elsewhere */
	if (f->drop) {
		f->byte = (f->drop->end < m->last ? f->drop->end : m->last) - 1;
		set(f, VERDICT_DROPPED, facts_reason(a->facts, f->drop->drop.reason),
		    fate_where(a, f->drop_place));
	} else if (!last) {
		set(f, VERDICT_WAITING, "not seen below the socket", NULL);
	} else if (place->point == CRUMB_PT_SOCK_READY) {
		set(f, VERDICT_WAITING,
		    m->taken ? "in the receive queue: the reader took a part of it" :
			       "in the receive queue: no recv call took it",
		    fate_where(a, place));
	} else if (!h->receiver_seen && leads_out(a, place)) {
		set(f, VERDICT_LEFT, NULL, fate_where(a, place));
	} else {
		set(f, VERDICT_WAITING, "on its way", fate_where(a, place));
	}
}

bool fate_dgram_open(struct assembler *a, const struct message *m, const struct fate *f)
{
	const struct sight_place *place;
	const struct sighting *last = f->drop ? f->drop :
						fate_last_seen(message_half(m), f->byte, &place);
	uint64_t since = last ? last->time_ns : m->begin.h.time_ns;
	uint64_t patience = UNREAD_KEEP_NS;

	if (f->verdict == VERDICT_DROPPED)
		patience = DROP_WAIT_NS;
	else if (f->verdict == VERDICT_LEFT)
		patience = LEFT_NS;
	return a->now_ns - since < patience;
}
