// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wait in the send queue, cut where its reason changes. The records (CRUMB_EV_HELD) say what held the sender's first
 * unsent byte, and since when; what holds the first holds all behind it. Each is true until the next one:
 *
 *	├── small-queue limit ───────────┤├────── congestion window ──────────┤
 *	a send call returned              the last transmission,              an ACK comes
 *	                                  which filled the window
 */
#include <string.h>

#include "cause.h"
#include "path.h"

#define HELD_FACTS 9	  /* that path_held_fact() can tell */
#define MSG_MORE   0x8000 /* include/linux/socket.h */

/*
 * In the order in which tcp_write_xmit() asks, but for pacing, which it asks first: the pacing timer runs out by itself, without a
 * record, and what lasts until the next one, an ACK, is then the window that is full, too.
 */
uint32_t held_reason(const struct crumb_ev_held *ev)
{
	uint16_t why = ev->why;

	if (!(why & CRUMB_HELD_UNSENT))
		return HELD_NOTHING;
	if ((why & CRUMB_HELD_RECOVERY) && (why & CRUMB_HELD_CWND))
		return GAP_RECOVERY;
	if (why & CRUMB_HELD_CWND)
		return GAP_CWND;
	if (why & CRUMB_HELD_RWND)
		return GAP_RWND;
	if (why & CRUMB_HELD_PACING)
		return GAP_PACING;
	if (why & CRUMB_HELD_CORK)
		return GAP_CORK;
	if (why & CRUMB_HELD_NAGLE)
		return GAP_NAGLE;
	if (why & CRUMB_HELD_TSQ)
		return why & CRUMB_HELD_PARTIAL ? GAP_AUTOCORK : GAP_TSQ;
	if (why & CRUMB_HELD_PARTIAL)
		return HELD_SMALL;
	return ev->in_flight ? GAP_TSO_DEFER : 0;
}

uint32_t path_held_fact(const struct message *m, const struct held *h)
{
	if (h->reason == HELD_SMALL)
		return message_flag(m, MSG_MORE) ? GAP_CORK : 0;
	return h->reason == HELD_NOTHING ? 0 : h->reason;
}

/* Index of the record that holds at @ns; the ring's count if none does. */
static uint32_t held_at(const struct ring *r, uint64_t ns)
{
	uint32_t lo = 0, hi = r->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (((const struct held *)ring_at(r, mid))->from_ns > ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo ? lo - 1 : r->count;
}

struct held_sum {
	uint32_t fact;
	uint64_t ns;
};

static void held_add(struct held_sum *sums, uint32_t fact, uint64_t ns)
{
	while (sums->fact && sums->fact != fact)
		sums++;
	sums->fact = fact;
	sums->ns += ns;
}

const char *path_held_mostly(const struct message *m, uint64_t from_ns, uint64_t to_ns)
{
	const struct ring *r = &message_half(m)->held;
	struct held_sum sums[HELD_FACTS + 1] = { 0 }, *most = sums;
	const struct cause_row *row;
	uint32_t at = held_at(r, from_ns);

	for (at = at < r->count ? at : 0; at < r->count; at++) {
		const struct held *h = ring_at(r, at);
		const struct held *next = at + 1 < r->count ? ring_at(r, at + 1) : NULL;
		uint64_t from = h->from_ns > from_ns ? h->from_ns : from_ns;
		uint64_t to = next && next->from_ns < to_ns ? next->from_ns : to_ns;
		uint32_t fact = path_held_fact(m, h);

		if (h->from_ns >= to_ns)
			break;
		if (fact && to > from)
			held_add(sums, fact, to - from);
	}
	for (uint32_t i = 1; i < HELD_FACTS; i++)
		most = sums[i].ns > most->ns ? &sums[i] : most;
	row = most->ns > (to_ns - from_ns) / 2 ?
		      cause_find(CRUMB_PT_TCP_HELD, CRUMB_PT_DEV_QUEUE, most->fact) :
		      NULL;
	return row ? row->cause.words : NULL;
}

static struct path_step *held_step(struct path *p, const struct message *m, uint16_t point,
				   uint64_t ns, const struct held *h)
{
	struct path_step *s = path_add(p, point, ns, PATH_ORDER_SENDER + 3);

	if (!s)
		return NULL;
	s->netns = m->begin.netns;
	s->cpu = h && ns == h->ev.h.time_ns ? h->ev.h.cpu : m->end.h.cpu;
	s->held = h;
	return s;
}

/*
 * The call slept for buffer space: when its last bytes entered the stream. Not if the path is that of an earlier byte
 * (which was dropped), for then these came later.
 */
void path_find_slept(const struct message *m, struct path *p)
{
	const struct path_step *queue = path_first_queue(m, p);
	uint64_t ns = m->end.append_ns;
	struct path_step *s;

	if (m->inferred || !m->returned || !m->end.sleeps || !queue || ns > queue->ns ||
	    ns <= m->begin.h.time_ns || ns > m->end.h.time_ns)
		return;
	s = path_add(p, CRUMB_PT_TCP_APPEND, ns, PATH_ORDER_SENDER + 2);
	if (!s)
		return;
	s->netns = m->begin.netns;
	s->cpu = m->end.h.cpu;
	s->last_bytes = true;
	p->appended_ns = ns;
}

/* TCP sends them then, perhaps on another CPU while the call still returns. 0: not on the path. */
static uint64_t held_until(const struct message *m, const struct path *p)
{
	const struct path_step *queue = path_first_queue(m, p);
	uint64_t until = queue ? queue->ns : 0;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct path_step *s = &p->steps[i];

		if ((s->point == CRUMB_PT_TCP_WRITE || s->point == CRUMB_PT_TCP_XMIT) && s->ns < until)
			until = s->ns;
	}
	return until;
}

struct held_changes {
	const struct held *first[PATH_HELD_STEPS];
	uint32_t count; /* of all */
	uint64_t left_out_ns;
};

/* The first record behind @at that tells another fact; the ring's count if none does. */
static uint32_t held_next(const struct message *m, const struct ring *r, uint32_t at)
{
	uint32_t fact = path_held_fact(m, ring_at(r, at));

	for (at++; at < r->count && path_held_fact(m, ring_at(r, at)) == fact; at++)
		;
	return at;
}

/*
 * Where the reason changes, from record @at on, without reasons that last less than @least_ns, in however many records: they are
 * part of the one before.
 */
static void held_changes(const struct message *m, uint32_t at, uint64_t to_ns, uint64_t least_ns,
			 struct held_changes *ret)
{
	const struct ring *r = &message_half(m)->held;
	uint32_t fact = path_held_fact(m, ring_at(r, at));

	ret->count = 0;
	ret->left_out_ns = 0;
	for (at = held_next(m, r, at); at < r->count; at = held_next(m, r, at)) {
		const struct held *h = ring_at(r, at);
		uint32_t behind = held_next(m, r, at);
		const struct held *next = behind < r->count ? ring_at(r, behind) : NULL;
		uint64_t until = next && next->from_ns < to_ns ? next->from_ns : to_ns;

		if (h->from_ns >= to_ns)
			break;
		if (path_held_fact(m, h) == fact)
			continue;
		if (until - h->from_ns < least_ns) {
			ret->left_out_ns += until - h->from_ns;
			continue;
		}
		fact = path_held_fact(m, h);
		if (ret->count < PATH_HELD_STEPS)
			ret->first[ret->count] = h;
		ret->count++;
	}
}

void path_find_held(const struct message *m, struct path *p)
{
	const struct ring *r = &message_half(m)->held;
	uint64_t from_ns = m->end.sock_ns, to_ns = held_until(m, p), least_ns = 1000;
	struct held_changes c;
	const struct held *h;
	uint32_t at;

	if (m->inferred || !m->returned || from_ns < m->begin.h.time_ns || to_ns <= from_ns)
		return;
	at = held_at(r, from_ns);
	if (at == r->count) /* an older trace, or nothing was ever held */
		return;
	h = ring_at(r, at);
	if (h->reason == HELD_NOTHING)
		return;
	p->held = held_step(p, m, CRUMB_PT_SOCK_SEND_RETURN, from_ns, h) != NULL;
	held_changes(m, at, to_ns, 0, &c);
	/* A window that each acknowledgement opens for a moment: short reasons are left out, if all of them are not a hundredth of the wait. */
	for (; c.count > PATH_HELD_STEPS; least_ns *= 2)
		held_changes(m, at, to_ns, least_ns, &c);
	if (c.left_out_ns > (to_ns - from_ns) / 100)
		held_changes(m, at, to_ns, 0, &c);
	for (uint32_t i = 0; i < c.count && i < PATH_HELD_STEPS; i++)
		held_step(p, m, CRUMB_PT_TCP_HELD, c.first[i]->from_ns,
			  i + 1 == PATH_HELD_STEPS && c.count > PATH_HELD_STEPS ? NULL : c.first[i]);
}
