// SPDX-License-Identifier: GPL-2.0-only
/* Which of a stream's times can be: see believe.h. */
#include "believe.h"

static bool is_near(uint64_t a, uint64_t b)
{
	return a <= INT64_MAX && (a > b ? a - b : b - a) <= BELIEVE_NS;
}

bool believe_is_near(const struct believe *b, uint64_t time_ns)
{
	return !time_ns || is_near(time_ns, b->told_ns);
}

/* The recorder tells a time far from what it told before. Does it stay with it? */
static enum believed other_time(struct believe *b, uint64_t ns)
{
	if (ns > INT64_MAX)
		return BELIEVE_NOT;
	b->others = b->others && is_near(ns, b->other_ns) ? b->others + 1 : 1;
	b->other_ns = ns;
	if (b->others < BELIEVE_TIMES)
		return BELIEVE_NOT;
	b->others = 0;
	b->told_ns = ns;
	b->ticks = true;
	return BELIEVE_MOVED;
}

enum believed believe_look(struct believe *b, const struct crumb_event *ev)
{
	bool tick = ev->type == CRUMB_EV_TICK;

	if (!ev->time_ns)
		return BELIEVE_IT;
	if (!b->began) {
		b->began = ev->time_ns <= INT64_MAX;
		b->told_ns = b->began ? ev->time_ns : 0;
		return b->began ? BELIEVE_IT : BELIEVE_NOT;
	}
	if (!is_near(ev->time_ns, b->told_ns))
		return tick ? other_time(b, ev->time_ns) : BELIEVE_NOT;
	if (tick || (!b->ticks && ev->time_ns > b->told_ns)) {
		b->told_ns = ev->time_ns > b->told_ns || tick ? ev->time_ns : b->told_ns;
		b->ticks |= tick;
	}
	b->others = tick ? 0 : b->others;
	return BELIEVE_IT;
}
