// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples into slots of 100 ms, each reduced to its hulls; for each slot the window of WINDOW_SLOTS before it and AHEAD_SLOTS
 * behind it, 10 s at most, in which a clock's rate may be taken as constant; about once a second a node of the line. See
 * clock_pair.h and docs/CLOCKS.md.
 */
#include "clock_pair.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "corridor.h"
#include "ns.h"

#define SLOT_NS	     100000000ll
#define WINDOW_SLOTS 80
#define AHEAD_SLOTS  10
#define NODE_SLOTS   10 /* from one node to the next */
#define LIVE_AHEAD   1
#define LIVE_NODES   4096 /* the older half is forgotten: minutes */
#define SIDE_FULL    256  /* samples of a slot that are kept before they become a hull */
#define REPAIRS	     64	  /* nodes put between two, where the straight line would break a sample */
#define GAP_NS	     10000000000ll
#define GAP_RATE     50e-6 /* how far a rate may stray while nobody looks */

struct side {
	struct corridor_point *p; /* x from the slot's begin, y from the pair's base */
	size_t n, cap;
};

#define SIDES 4 /* packets' and reports' (NTP, PTP), above and below each */

struct slot {
	int64_t number;
	struct side side[SIDES];
};

struct clock_pair {
	struct slot *slots; /* ascending, none empty */
	size_t n_slots, cap_slots;
	size_t next;	/* the first that has not been processed */
	int64_t regime; /* number of the first slot since the last step */
	bool stepped;	/* the next node is the first after a step */
	bool based;
	int64_t base_ns; /* offsets are near it */
	struct clock_node *nodes;
	size_t n_nodes, cap_nodes;
	struct corridor_point *work[2];
	size_t work_cap[2];
	uint64_t samples[2], outliers, refuted;
	int64_t newest[2]; /* number of the last slot with packets, with reports */
	bool any[2];
	int ahead, node_slots;
	bool live;
	int64_t final; /* live: number of the first slot whose node may still be made */
	bool no_memory;
};

static const char *const names[CLOCK_STATES] = { "exact",   "bounded",	    "synced",
						 "one_way", "inconsistent", "none" };

const char *clock_state_name(enum clock_state s)
{
	return s < CLOCK_STATES ? names[s] : "none";
}

struct clock_pair *clock_pair_new(void)
{
	struct clock_pair *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->ahead = AHEAD_SLOTS;
	p->node_slots = NODE_SLOTS;
	return p;
}

void clock_pair_set_live(struct clock_pair *p)
{
	p->live = true;
	p->final = INT64_MIN;
	p->ahead = LIVE_AHEAD;
	p->node_slots = 1;
}

static void slot_done(struct slot *s)
{
	for (int k = 0; k < SIDES; k++)
		free(s->side[k].p);
}

void clock_pair_free(struct clock_pair *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_slots; i++)
		slot_done(&p->slots[i]);
	free(p->slots);
	free(p->nodes);
	free(p->work[0]);
	free(p->work[1]);
	free(p);
}

/* ------------------------------------------------------------------------------------------------ samples */

static int by_x(const void *a, const void *b)
{
	const struct corridor_point *p = a, *q = b;

	if (p->x != q->x)
		return p->x < q->x ? -1 : 1;
	return (p->y > q->y) - (p->y < q->y);
}

static void side_reduce(struct side *s, bool lower)
{
	if (s->n > 1)
		qsort(s->p, s->n, sizeof(*s->p), by_x);
	s->n = corridor_hull(s->p, s->n, lower);
}

static int side_add(struct side *s, double x, double y, bool lower)
{
	if (s->n >= SIDE_FULL && s->n == s->cap)
		side_reduce(s, lower);
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		struct corridor_point *p = realloc(s->p, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		s->p = p;
		s->cap = cap;
	}
	s->p[s->n++] = (struct corridor_point){ x, y };
	return 0;
}

/* The slot of that number, made if need be; NULL: no memory. @ret_late: it was processed and is gone. */
static struct slot *slot_get(struct clock_pair *p, int64_t number, bool *ret_late)
{
	size_t at = p->n_slots;

	*ret_late = false;
	while (at > 0 && p->slots[at - 1].number > number)
		at--;
	if (at > 0 && p->slots[at - 1].number == number) {
		*ret_late = at - 1 < p->next;
		return &p->slots[at - 1];
	}
	if (at < p->next) {
		*ret_late = true;
		return NULL;
	}
	if (p->n_slots == p->cap_slots) {
		size_t cap = p->cap_slots ? 2 * p->cap_slots : 128;
		struct slot *s = realloc(p->slots, cap * sizeof(*s));

		if (!s)
			return NULL;
		p->slots = s;
		p->cap_slots = cap;
	}
	memmove(&p->slots[at + 1], &p->slots[at], (p->n_slots - at) * sizeof(*p->slots));
	p->n_slots++;
	p->slots[at] = (struct slot){ .number = number };
	return &p->slots[at];
}

static int64_t slot_number(int64_t x_ns)
{
	return x_ns / SLOT_NS - (x_ns % SLOT_NS < 0);
}

static int64_t slot_x(const struct slot *s, double x)
{
	return s->number * SLOT_NS + ns_round(floor(x));
}

/* @reports: these count as well. */
static bool slot_empty(const struct slot *s, bool reports)
{
	for (int k = 0; k < (reports ? SIDES : 2); k++)
		if (s->side[k].n)
			return false;
	return true;
}

/* The first and last sample of a slot, of any kind. @reports: these count as well. */
static void slot_span(const struct slot *s, bool reports, int64_t *ret_first, int64_t *ret_last)
{
	double first = INFINITY, last = -INFINITY;

	for (int k = 0; k < (reports ? SIDES : 2); k++) {
		for (size_t i = 0; i < s->side[k].n; i++) {
			first = fmin(first, s->side[k].p[i].x);
			last = fmax(last, s->side[k].p[i].x);
		}
	}
	*ret_first = slot_x(s, first);
	*ret_last = slot_x(s, last);
}

/* ------------------------------------------------------------------------------------------------ windows */

struct window {
	size_t from, to;   /* slots [from, to) */
	size_t without;	   /* but this one; SIZE_MAX none */
	int64_t origin_ns; /* x of the corridor's 0 */
	bool packets;	   /* there are some in it */
	bool reported;	   /* reports make up for packets of a kind that there are none of */
	struct corridor c;
};

static int work_add(struct clock_pair *p, int k, size_t n, double x, double y)
{
	if (n == p->work_cap[k]) {
		size_t cap = n ? 2 * n : 256;
		struct corridor_point *w = realloc(p->work[k], cap * sizeof(*w));

		if (!w)
			return -ENOMEM;
		p->work[k] = w;
		p->work_cap[k] = cap;
	}
	p->work[k][n] = (struct corridor_point){ x, y };
	return 0;
}

/* Those of two sides of each slot: the packets', or the reports'. */
static int window_add(struct clock_pair *p, const struct window *w, int side, size_t n[2])
{
	for (size_t i = w->from; i < w->to; i++) {
		const struct slot *s = &p->slots[i];
		double shift = (double)(s->number * SLOT_NS - w->origin_ns);

		for (int k = 0; k < 2 && i != w->without; k++) {
			const struct side *d = &s->side[side + k];

			for (size_t j = 0; j < d->n; j++) {
				if (work_add(p, k, n[k], d->p[j].x + shift, d->p[j].y))
					return -ENOMEM;
				n[k]++;
			}
		}
	}
	return 0;
}

static void window_fill(struct clock_pair *p, struct window *w)
{
	size_t n[2] = { 0, 0 }, packets[2];
	int err = window_add(p, w, 0, n);

	packets[0] = n[0];
	packets[1] = n[1];
	w->packets = packets[0] || packets[1];
	if (!err && !(packets[0] && packets[1]))
		err = window_add(p, w, 2, n);
	p->no_memory |= err != 0;
	w->reported = n[0] + n[1] > packets[0] + packets[1];
	if (w->reported && w->packets) { /* in ascending order once more: they are two lists */
		for (int k = 0; k < 2; k++)
			qsort(p->work[k], n[k], sizeof(*p->work[k]), by_x);
	}
	w->c = (struct corridor){ p->work[0], p->work[1], n[0], n[1] };
}

static bool window_both(const struct window *w)
{
	return w->c.n_above && w->c.n_below;
}

/* Slots of the window of slot @i: of this regime, not too old, and @ahead behind it. */
static struct window window_of(const struct clock_pair *p, size_t i, int ahead)
{
	struct window w = { .from = i, .to = i + 1, .without = SIZE_MAX };
	int64_t number = p->slots[i].number;

	while (w.from > 0 && p->slots[w.from - 1].number >= p->regime &&
	       p->slots[w.from - 1].number > number - WINDOW_SLOTS)
		w.from--;
	while (w.to < p->n_slots && p->slots[w.to].number <= number + ahead)
		w.to++;
	w.origin_ns = number * SLOT_NS;
	return w;
}

/* -------------------------------------------------------------------------------------------------- nodes */

static int64_t lerp(const struct clock_node *a, const struct clock_node *b, int64_t x_ns)
{
	double part = (double)(x_ns - a->x_ns) / (double)(b->x_ns - a->x_ns);

	return a->offset_ns + ns_round((double)(b->offset_ns - a->offset_ns) * part);
}

static int node_insert(struct clock_pair *p, size_t at, const struct clock_node *node)
{
	if (p->n_nodes == p->cap_nodes) {
		size_t cap = p->cap_nodes ? 2 * p->cap_nodes : 64;
		struct clock_node *n = realloc(p->nodes, cap * sizeof(*n));

		if (!n)
			return -ENOMEM;
		p->nodes = n;
		p->cap_nodes = cap;
	}
	memmove(&p->nodes[at + 1], &p->nodes[at], (p->n_nodes - at) * sizeof(*p->nodes));
	p->nodes[at] = *node;
	p->n_nodes++;
	return 0;
}

/* The sample that the line between the last two nodes breaks most. False: none. */
static bool worst_break(const struct clock_pair *p, const struct clock_node *a,
			const struct clock_node *b, int64_t *ret_x, int64_t *ret_offset)
{
	double worst = 0.5;
	bool found = false;

	for (size_t i = p->n_slots; i-- > 0;) {
		const struct slot *s = &p->slots[i];

		if ((s->number + 1) * SLOT_NS <= a->x_ns)
			break;
		for (int k = 0; k < 2; k++) {
			for (size_t j = 0; j < s->side[k].n; j++) {
				int64_t x = slot_x(s, s->side[k].p[j].x);
				double y = s->side[k].p[j].y, by;

				if (x <= a->x_ns || x >= b->x_ns)
					continue;
				by = (double)(lerp(a, b, x) - p->base_ns) - y;
				by = k ? -by : by;
				if (by <= worst)
					continue;
				worst = by;
				found = true;
				*ret_x = x;
				*ret_offset = ns_near(p->base_ns + ns_round(k ? ceil(y) : floor(y)));
			}
		}
	}
	return found;
}

/* A straight line between two good points may still cut a corner of the corridor: bend it there. */
static void nodes_repair(struct clock_pair *p, size_t from)
{
	for (int turn = 0; turn < REPAIRS; turn++) {
		bool bent = false;

		for (size_t i = from; i + 1 < p->n_nodes; i++) {
			struct clock_node a = p->nodes[i], b = p->nodes[i + 1], n = a;

			if (b.after_step || !worst_break(p, &a, &b, &n.x_ns, &n.offset_ns))
				continue;
			n.bound_ns = (a.bound_ns > b.bound_ns ? a.bound_ns : b.bound_ns) +
				     (uint64_t)llabs(n.offset_ns - lerp(&a, &b, n.x_ns));
			n.after_step = false;
			if (node_insert(p, i + 1, &n))
				p->no_memory = true;
			bent = true;
			break;
		}
		if (!bent || p->no_memory)
			return;
	}
}

static struct clock_at beyond(const struct clock_node *n, int64_t x_ns)
{
	double far = (double)(x_ns - n->x_ns);
	struct clock_at at = {
		.state = n->state,
		.offset_ns = ns_near(n->offset_ns + ns_round(far * n->slope)),
		.bound_ns = n->bound_ns,
	};

	if (at.bound_ns != CLOCK_UNKNOWN)
		at.bound_ns += (uint64_t)ns_round(fabs(far) * n->rate);
	return at;
}

static void node_make(struct clock_pair *p, const struct window *w, int64_t x_ns)
{
	const struct clock_node *before = p->n_nodes ? &p->nodes[p->n_nodes - 1] : NULL;
	double at = (double)(x_ns - w->origin_ns);
	struct clock_node node = { .x_ns = x_ns,
				   .state = w->reported ? CLOCK_SYNCED : CLOCK_BOUNDED,
				   .after_step = p->stepped };
	struct corridor_line l;
	size_t from;

	if (before && x_ns <= before->x_ns)
		return;
	if (!window_both(w)) {
		corridor_one_way(&w->c, at, &l);
		node.state = CLOCK_ONE_WAY;
	} else if (!corridor_at(&w->c, at, before && !p->stepped ? before->slope : 0, &l)) {
		return;
	}
	if (node.state != CLOCK_ONE_WAY && before && before->state == CLOCK_ONE_WAY)
		p->n_nodes =
			0; /* from here on it is known better, and that holds for what was before as well */
	node.offset_ns = ns_near(p->base_ns + ns_round(l.mid));
	node.bound_ns =
		node.state == CLOCK_ONE_WAY ?
			CLOCK_UNKNOWN :
			(uint64_t)ns_round(ceil(fmax(fmax(l.high - l.mid, l.mid - l.low), 0))) + 1;
	node.slope = l.slope;
	node.rate = fmax(CORRIDOR_WOBBLE, (l.slope_high - l.slope_low) / 2);
	/* Where packets went both ways once their line says more, for a while, although none are there any longer. */
	if (node.state == CLOCK_SYNCED && before && before->state == CLOCK_BOUNDED && !p->stepped &&
	    beyond(before, x_ns).bound_ns <= node.bound_ns)
		return;
	from = p->n_nodes ? p->n_nodes - 1 : 0;
	if (node_insert(p, p->n_nodes, &node)) {
		p->no_memory = true;
		return;
	}
	p->stepped = false;
	nodes_repair(p, from);
}

/* --------------------------------------------------------------------------------------------- one slot */

static bool window_fits(const struct window *w, double at, double slope)
{
	struct corridor_line l;

	return !window_both(w) || corridor_at(&w->c, at, slope, &l);
}

/* The samples of slot @i contradict those before. Do those behind it as well (a step), or is it these only? */
static bool slot_is_outlier(struct clock_pair *p, size_t i)
{
	struct window w = window_of(p, i, p->ahead);

	if (w.to == i + 1 || w.from == i)
		return false;
	w.without = i;
	window_fill(p, &w);
	return window_both(&w) && window_fits(&w, 0, 0);
}

static void slot_clear(struct clock_pair *p, size_t i)
{
	p->outliers += p->slots[i].side[0].n + p->slots[i].side[1].n;
	p->slots[i].side[0].n = 0;
	p->slots[i].side[1].n = 0;
}

/*
 * Packets do not fit to what NTP or PTP said, or that not to what it said before, since the clock was set: packets are right. What was said
 * within the window is left out, and where a line went by it, it ends here.
 */
static void reports_refute(struct clock_pair *p, struct window *w)
{
	for (size_t i = w->from; i < w->to; i++) {
		p->refuted += p->slots[i].side[2].n;
		p->slots[i].side[2].n = 0;
		p->slots[i].side[3].n = 0;
	}
	if (p->n_nodes && p->nodes[p->n_nodes - 1].state == CLOCK_SYNCED)
		p->stepped = true;
	window_fill(p, w);
}

static void regime_end(struct clock_pair *p, size_t i)
{
	int64_t first, last;
	size_t at = i;

	while (at > 0 && p->slots[at - 1].number >= p->regime && slot_empty(&p->slots[at - 1], false))
		at--;
	if (!at || p->slots[at - 1].number < p->regime)
		at = i; /* no packets in it */
	if (at > 0 && p->slots[at - 1].number >= p->regime) {
		struct window w = window_of(p, at - 1, 0);

		window_fill(p, &w);
		slot_span(&p->slots[at - 1], w.reported, &first, &last);
		if (window_both(&w) && last > first)
			node_make(p, &w, last);
	}
	p->regime = p->slots[i].number;
	p->stepped = p->n_nodes > 0;
}

static bool node_due(const struct clock_pair *p, size_t i, bool final)
{
	const struct clock_node *last = p->n_nodes ? &p->nodes[p->n_nodes - 1] : NULL;

	return !last || p->stepped || final || last->state == CLOCK_ONE_WAY ||
	       p->slots[i].number - slot_number(last->x_ns) >= p->node_slots;
}

static void slot_process(struct clock_pair *p, size_t i, bool final)
{
	double slope = p->n_nodes ? p->nodes[p->n_nodes - 1].slope : 0;
	struct slot *s = &p->slots[i];
	struct window w;
	int64_t first, last;
	bool begins;

	for (int k = 0; k < SIDES; k++)
		side_reduce(&s->side[k], k % 2 == 0);
	w = window_of(p, i, p->ahead);
	window_fill(p, &w);
	if (w.reported && w.packets && !window_fits(&w, 0, slope))
		reports_refute(p, &w);
	if (!window_fits(&w, 0, slope)) {
		w = window_of(p, i,
			      0); /* what lies ahead is another regime perhaps: its own slot will tell */
		window_fill(p, &w);
	}
	if (!window_fits(&w, 0, slope)) {
		if (slot_is_outlier(p, i)) {
			slot_clear(p, i);
			return;
		}
		regime_end(p, i);
		w = window_of(p, i, 0);
		window_fill(p, &w);
		if (!window_fits(&w, 0, 0)) { /* the step is within this slot: it cannot be used */
			slot_clear(p, i);
			p->regime++;
			return;
		}
	}
	if (slot_empty(s, w.reported) || !node_due(p, i, final))
		return;
	/* One kind of samples only where there were both once: the last node says more than they do. */
	if (!window_both(&w) && p->n_nodes && p->nodes[p->n_nodes - 1].state < CLOCK_ONE_WAY)
		return;
	begins = !p->n_nodes || p->stepped || p->nodes[p->n_nodes - 1].state == CLOCK_ONE_WAY;
	slot_span(s, w.reported, &first, &last);
	if (begins)
		node_make(p, &w, first);
	node_make(p, &w, last);
}

static void slots_forget(struct clock_pair *p)
{
	int64_t newest = p->next ? p->slots[p->next - 1].number : 0;
	size_t n = 0;

	while (n < p->next && p->slots[n].number < newest - WINDOW_SLOTS)
		slot_done(&p->slots[n++]);
	if (!n)
		return;
	memmove(p->slots, &p->slots[n], (p->n_slots - n) * sizeof(*p->slots));
	p->n_slots -= n;
	p->next -= n;
}

/* Behind slot @i there are no samples, or no packets: its node is the last one that has to do with them. */
static bool slot_is_last(const struct clock_pair *p, size_t i)
{
	size_t k = i + 1;

	while (k < p->n_slots && slot_empty(&p->slots[k], false))
		k++;
	return k == p->n_slots && (i + 1 == p->n_slots || !slot_empty(&p->slots[i], false));
}

static void process_until(struct clock_pair *p, int64_t number, bool final)
{
	while (p->next < p->n_slots && (final || p->slots[p->next].number + p->ahead < number)) {
		size_t i = p->next++;

		slot_process(p, i, final && slot_is_last(p, i));
	}
	slots_forget(p);
}

/* Files: as far as samples have come. What hosts report is told at once, and packets only when all hosts can have told of them. */
static int samples_came(struct clock_pair *p, int64_t number, int reports)
{
	int64_t come;

	p->newest[reports] = p->any[reports] && p->newest[reports] > number ? p->newest[reports] :
									      number;
	p->any[reports] = true;
	come = p->newest[1] - WINDOW_SLOTS;
	if (!p->any[1] || (p->any[0] && p->newest[0] > come))
		come = p->newest[0];
	if (!p->live) /* else whoever knows what has come says so */
		process_until(p, come, false);
	return p->no_memory ? -ENOMEM : 0;
}

/* The slot in which something new belongs; NULL: it comes too late, or no memory (-ENOMEM in *@ret_err). */
static struct slot *slot_for(struct clock_pair *p, int64_t x_ns, int64_t offset_ns, int *ret_err)
{
	int64_t number = slot_number(x_ns);
	struct slot *s;
	bool late;

	*ret_err = 0;
	if (p->live && number < p->final) /* whoever asked about that time was told */
		return NULL;
	if (!p->based) {
		p->based = true;
		p->base_ns = offset_ns;
		p->regime = INT64_MIN;
	}
	s = slot_get(p, number, &late);
	if (!s && !late)
		*ret_err = -ENOMEM;
	return late ? NULL : s; /* late: its node has been made, and is used */
}

int clock_pair_add(struct clock_pair *p, bool forward, int64_t x_ns, int64_t y_ns)
{
	struct slot *s;
	int err;

	x_ns = ns_near(x_ns);
	y_ns = ns_near(y_ns);
	s = slot_for(p, x_ns, y_ns - x_ns, &err);
	if (!s)
		return err;
	if (side_add(&s->side[!forward], (double)(x_ns - s->number * SLOT_NS),
		     (double)(y_ns - x_ns - p->base_ns), forward))
		return -ENOMEM;
	p->samples[!forward]++;
	return samples_came(p, s->number, 0);
}

int clock_pair_report(struct clock_pair *p, int64_t x_ns, int64_t offset_ns, uint64_t error_ns)
{
	struct slot *s;
	int err;

	x_ns = ns_near(x_ns);
	offset_ns = ns_near(offset_ns);
	s = slot_for(p, x_ns, offset_ns, &err);
	if (!s)
		return err;
	for (int k = 0; k < 2; k++) {
		double off = (double)(offset_ns - p->base_ns) +
			     (k ? -(double)error_ns : (double)error_ns);

		if (side_add(&s->side[2 + k], (double)(x_ns - s->number * SLOT_NS), off, !k))
			return -ENOMEM;
	}
	return samples_came(p, s->number, 1);
}

int clock_pair_advance(struct clock_pair *p, int64_t x_ns)
{
	int64_t number = slot_number(ns_near(x_ns));

	process_until(p, number, false);
	if (number - p->ahead > p->final)
		p->final = number - p->ahead;
	if (p->live && p->n_nodes > LIVE_NODES) {
		p->n_nodes -= LIVE_NODES / 2;
		memmove(p->nodes, p->nodes + LIVE_NODES / 2, p->n_nodes * sizeof(*p->nodes));
	}
	return p->no_memory ? -ENOMEM : 0;
}

int clock_pair_finish(struct clock_pair *p)
{
	process_until(p, 0, true);
	return p->no_memory ? -ENOMEM : 0;
}

/* ------------------------------------------------------------------------------------------------ queries */

static struct clock_at between(const struct clock_node *a, const struct clock_node *b, int64_t x_ns)
{
	int64_t gap = b->x_ns - a->x_ns, left = x_ns - a->x_ns, right = b->x_ns - x_ns;
	int64_t far = left < right ? left : right;
	struct clock_at at = { .state = b->state };

	if (b->after_step) {
		at = left < right ? beyond(a, x_ns) : beyond(b, x_ns);
		at.state = CLOCK_INCONSISTENT;
		at.bound_ns = (uint64_t)llabs(b->offset_ns - a->offset_ns) +
			      (a->bound_ns > b->bound_ns ? a->bound_ns : b->bound_ns);
		return at;
	}
	at.offset_ns = lerp(a, b, x_ns);
	if (a->bound_ns == CLOCK_UNKNOWN || b->bound_ns == CLOCK_UNKNOWN) {
		at.bound_ns = CLOCK_UNKNOWN;
		return at;
	}
	at.bound_ns = (uint64_t)ns_round(
		floor((double)a->bound_ns +
		      ((double)b->bound_ns - (double)a->bound_ns) * (double)left / (double)gap));
	at.bound_ns +=
		(uint64_t)ns_round(floor((double)far * (gap > GAP_NS ? GAP_RATE : CORRIDOR_WOBBLE)));
	return at;
}

/* The first node after @ns on the first (@second: the second) host's clock. */
static size_t node_after(const struct clock_pair *p, int64_t ns, bool second)
{
	size_t lo = 0, hi = p->n_nodes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->nodes[mid].x_ns + (second ? p->nodes[mid].offset_ns : 0) > ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

struct clock_at clock_pair_at(const struct clock_pair *p, int64_t x_ns)
{
	size_t i = node_after(p, x_ns = ns_near(x_ns), false);

	if (!p->n_nodes)
		return (struct clock_at){ CLOCK_NONE, 0, CLOCK_UNKNOWN };
	if (i == 0)
		return beyond(&p->nodes[0], x_ns);
	if (i == p->n_nodes)
		return beyond(&p->nodes[i - 1], x_ns);
	return between(&p->nodes[i - 1], &p->nodes[i], x_ns);
}

int64_t clock_pair_x(const struct clock_pair *p, int64_t y_ns)
{
	const struct clock_node *a, *b;
	size_t i = node_after(p, y_ns = ns_near(y_ns), true);
	int64_t y;

	if (!p->n_nodes)
		return y_ns;
	if (i > 0 && i < p->n_nodes && !p->nodes[i].after_step) {
		a = &p->nodes[i - 1];
		b = &p->nodes[i];
		y = a->x_ns + a->offset_ns;
		return a->x_ns + ns_round((double)(y_ns - y) * (double)(b->x_ns - a->x_ns) /
					  (double)(b->x_ns + b->offset_ns - y));
	}
	if (i > 0 && i < p->n_nodes) { /* a step lies between: whichever node is nearer */
		int64_t left = y_ns - p->nodes[i - 1].x_ns - p->nodes[i - 1].offset_ns;
		int64_t right = p->nodes[i].x_ns + p->nodes[i].offset_ns - y_ns;

		a = left < right ? &p->nodes[i - 1] : &p->nodes[i];
	} else {
		a = &p->nodes[i ? i - 1 : 0];
	}
	y = a->x_ns + a->offset_ns;
	return a->x_ns + ns_round((double)(y_ns - y) / (1 + a->slope));
}

const struct clock_node *clock_pair_nodes(const struct clock_pair *p, size_t *ret_n)
{
	*ret_n = p->n_nodes;
	return p->nodes;
}

uint64_t clock_pair_samples(const struct clock_pair *p, bool forward)
{
	return p->samples[!forward];
}

uint64_t clock_pair_refuted(const struct clock_pair *p)
{
	return p->refuted;
}

uint64_t clock_pair_outliers(const struct clock_pair *p)
{
	return p->outliers;
}
