// SPDX-License-Identifier: GPL-2.0-only
/* Several clocks on one axis: see clocks.h. */
#include "clocks.h"

#include <errno.h>
#include <stdlib.h>

#include "ns.h"

#define NO_HOST	      0xffu
#define SPAN_SLACK_NS 5000000000ll

/*
 * Readings of two hosts are compared if they are not further apart. Daemons that tell the kernel an error of 0 (phc2sys, systemd-timesyncd) mean that
 * it shall count from there: 500 us are what it adds each second.
 */
#define REPORT_APART_NS 3000000000ll
#define REPORT_LEAST_NS 500000ull

struct clock_report {
	bool known;
	int64_t ns, realtime_ns;
	uint64_t error_ns;
};

struct clock_host {
	int64_t rough_ns;
	uint8_t parent; /* towards the reference; NO_HOST: none, rough_ns is all there is */
	uint8_t depth;
	struct clock_report report; /* the last one */
};

struct clocks {
	bool live;
	unsigned int n;
	struct clock_host host[CLOCK_HOSTS];
	struct clock_pair *pair[CLOCK_HOSTS][CLOCK_HOSTS]; /* [a][b], a < b */
	uint64_t middle[CLOCK_HOSTS][CLOCK_HOSTS]; /* likewise: who is between them, by bits */
};

struct clocks *clocks_new(void)
{
	return calloc(1, sizeof(struct clocks));
}

void clocks_free(struct clocks *c)
{
	if (!c)
		return;
	for (unsigned int a = 0; a < c->n; a++)
		for (unsigned int b = a + 1; b < c->n; b++)
			clock_pair_free(c->pair[a][b]);
	free(c);
}

int clocks_add(struct clocks *c, int64_t rough_ns)
{
	if (c->n == CLOCK_HOSTS)
		return -ENOSPC;
	c->host[c->n] = (struct clock_host){ .rough_ns = ns_near(rough_ns), .parent = NO_HOST };
	return c->n++;
}

unsigned int clocks_hosts(const struct clocks *c)
{
	return c->n;
}

void clocks_set_rough(struct clocks *c, unsigned int host, int64_t rough_ns)
{
	c->host[host].rough_ns = ns_near(rough_ns);
}

const struct clock_pair *clocks_pair(const struct clocks *c, unsigned int a, unsigned int b)
{
	return a < b ? c->pair[a][b] : c->pair[b][a];
}

/* NULL: no memory. */
static struct clock_pair *pair_get(struct clocks *c, unsigned int a, unsigned int b)
{
	struct clock_pair **p = a < b ? &c->pair[a][b] : &c->pair[b][a];

	if (!*p) {
		*p = clock_pair_new();
		if (*p && c->live)
			clock_pair_set_live(*p);
	}
	return *p;
}

int clocks_sample(struct clocks *c, unsigned int from, int64_t from_ns, unsigned int to, int64_t to_ns)
{
	struct clock_pair *p = from == to ? NULL : pair_get(c, from, to);

	if (!p)
		return from == to ? 0 : -ENOMEM;
	return from < to ? clock_pair_add(p, true, from_ns, to_ns) :
			   clock_pair_add(p, false, to_ns, from_ns);
}

int clocks_report(struct clocks *c, unsigned int host, int64_t ns, int64_t realtime_ns,
		  uint64_t error_ns)
{
	struct clock_report *own = &c->host[host].report;

	*own = (struct clock_report){ error_ns <= CLOCK_ERROR_MOST_NS, ns_near(ns), realtime_ns,
				      error_ns > REPORT_LEAST_NS ? error_ns : REPORT_LEAST_NS };
	for (unsigned int h = 0; h < c->n && own->known; h++) {
		const struct clock_report *r = &c->host[h].report;
		int64_t now = ns_add(own->ns, own->realtime_ns);
		struct clock_pair *p;
		int err;

		if (h == host || !r->known ||
		    llabs(ns_sub(now, ns_add(r->ns, r->realtime_ns))) > REPORT_APART_NS)
			continue;
		p = pair_get(c, host, h);
		if (!p)
			return -ENOMEM;
		err = host < h ?
			      clock_pair_report(p, own->ns, ns_sub(own->realtime_ns, r->realtime_ns),
						own->error_ns + r->error_ns) :
			      clock_pair_report(p, ns_sub(now, r->realtime_ns),
						ns_sub(r->realtime_ns, own->realtime_ns),
						own->error_ns + r->error_ns);
		if (err)
			return err;
	}
	return 0;
}

void clocks_middle(struct clocks *c, unsigned int middle, unsigned int a, unsigned int b)
{
	c->middle[a < b ? a : b][a < b ? b : a] |= 1ull << middle;
}

void clocks_set_live(struct clocks *c)
{
	c->live = true;
}

int clocks_finish(struct clocks *c)
{
	for (unsigned int a = 0; a < c->n; a++) {
		for (unsigned int b = a + 1; b < c->n; b++) {
			int err = c->pair[a][b] ? clock_pair_finish(c->pair[a][b]) : 0;

			if (err)
				return err;
		}
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#define ONE_WAY_COST (1ull << 50) /* any way with a bound is better */
/* Packets contradict no way that goes by themselves: these come first, then what they were compared with, then what was compared with none. */
#define SYNCED_COST	 (1ull << 42)
#define SYNCED_ONLY_COST (1ull << 43)

/* The median of its bounds; UINT64_MAX: nothing is known. */
static uint64_t pair_cost(const struct clock_pair *p)
{
	const struct clock_node *nodes;
	uint64_t *bounds, median, more = 0;
	size_t n;

	if (!p)
		return UINT64_MAX;
	nodes = clock_pair_nodes(p, &n);
	if (!n)
		return UINT64_MAX;
	if (nodes[n - 1].state == CLOCK_ONE_WAY)
		return ONE_WAY_COST;
	if (nodes[n - 1].state == CLOCK_SYNCED)
		more = clock_pair_samples(p, true) || clock_pair_samples(p, false) ?
			       SYNCED_COST :
			       SYNCED_ONLY_COST;
	bounds = malloc(n * sizeof(*bounds));
	if (!bounds)
		return more + nodes[n - 1].bound_ns;
	for (size_t i = 0; i < n; i++)
		bounds[i] = nodes[i].bound_ns;
	qsort(bounds, n, sizeof(*bounds), by_value);
	median = bounds[n / 2];
	free(bounds);
	return more + median;
}

/* How long it is known for; 0: not as well as @state. */
static int64_t pair_span(const struct clock_pair *p, enum clock_state state)
{
	const struct clock_node *nodes;
	size_t n;

	if (!p)
		return 0;
	nodes = clock_pair_nodes(p, &n);
	if (!n || (nodes[n - 1].state == CLOCK_ONE_WAY && state != CLOCK_ONE_WAY))
		return 0;
	return nodes[n - 1].x_ns - nodes[0].x_ns + 1;
}

/* Is it known for most of that time? Not to the second: pairs get their nodes one after the other. */
static bool spans(const struct clock_pair *p, enum clock_state state, int64_t span)
{
	int64_t own = pair_span(p, state);

	return own && own + SPAN_SLACK_NS > span / 2;
}

/*
 * That of the edge between two hosts; UINT64_MAX: none, or somebody in between saw what they exchanged, for most of the time. On the edge alone
 * times of the one in between would not be in order with those of both. Packets one way only are no better than what he saw one way only.
 */
static uint64_t edge_cost(const struct clocks *c, unsigned int a, unsigned int b)
{
	uint64_t between = c->middle[a < b ? a : b][a < b ? b : a],
		 cost = pair_cost(clocks_pair(c, a, b));
	enum clock_state state = cost == ONE_WAY_COST ? CLOCK_ONE_WAY : CLOCK_BOUNDED;
	int64_t span = pair_span(clocks_pair(c, a, b), state);

	for (unsigned int h = 0; between && h < c->n; h++)
		if (between >> h & 1 && h != a && h != b && spans(clocks_pair(c, a, h), state, span) &&
		    spans(clocks_pair(c, h, b), state, span))
			return UINT64_MAX;
	return cost;
}

void clocks_settle(struct clocks *c, bool keep)
{
	uint64_t cost[CLOCK_HOSTS];
	bool done[CLOCK_HOSTS] = { false };

	for (unsigned int h = 0; h < c->n; h++) {
		cost[h] = UINT64_MAX;
		if (h && keep && c->host[h].parent != NO_HOST)
			cost[h] = 0;
		else
			c->host[h].parent = NO_HOST;
	}
	if (c->n)
		cost[0] = 0;
	for (;;) { /* Dijkstra */
		unsigned int best = NO_HOST;

		for (unsigned int h = 0; h < c->n; h++)
			if (!done[h] && cost[h] != UINT64_MAX &&
			    (best == NO_HOST || cost[h] < cost[best]))
				best = h;
		if (best == NO_HOST)
			return;
		done[best] = true;
		for (unsigned int h = 0; h < c->n; h++) {
			uint64_t edge = done[h] || h == best ? UINT64_MAX : edge_cost(c, best, h);

			if (edge == UINT64_MAX || cost[best] + edge >= cost[h])
				continue;
			cost[h] = cost[best] + edge;
			c->host[h].parent = best;
			c->host[h].depth = c->host[best].depth + 1;
		}
	}
}

bool clocks_reached(const struct clocks *c, unsigned int host)
{
	return !host || c->host[host].parent != NO_HOST;
}

/* From @host's clock to its parent's. */
static int64_t towards(const struct clocks *c, unsigned int host, int64_t ns)
{
	unsigned int parent = c->host[host].parent;
	const struct clock_pair *p = clocks_pair(c, host, parent);

	if (host < parent)
		return ns_near(ns + clock_pair_at(p, ns).offset_ns);
	return ns_near(clock_pair_x(p, ns));
}

/* And back. */
static int64_t away(const struct clocks *c, unsigned int host, int64_t ns)
{
	unsigned int parent = c->host[host].parent;
	const struct clock_pair *p = clocks_pair(c, host, parent);

	if (host < parent)
		return ns_near(clock_pair_x(p, ns));
	return ns_near(ns + clock_pair_at(p, ns).offset_ns);
}

int64_t clocks_axis(const struct clocks *c, unsigned int host, int64_t ns)
{
	ns = ns_near(ns);
	while (host && c->host[host].parent != NO_HOST) {
		ns = towards(c, host, ns);
		host = c->host[host].parent;
	}
	return host ? ns - c->host[host].rough_ns : ns;
}

int64_t clocks_from_axis(const struct clocks *c, unsigned int host, int64_t ns)
{
	ns = ns_near(ns);
	if (!host)
		return ns;
	if (c->host[host].parent == NO_HOST)
		return ns + c->host[host].rough_ns;
	return away(c, host, clocks_from_axis(c, c->host[host].parent, ns));
}

int clocks_advance(struct clocks *c, int64_t axis_ns)
{
	for (unsigned int a = 0; a < c->n; a++) {
		int64_t ns = clocks_from_axis(c, a, axis_ns);

		for (unsigned int b = a + 1; b < c->n; b++) {
			int err = c->pair[a][b] ? clock_pair_advance(c->pair[a][b], ns) : 0;

			if (err)
				return err;
		}
	}
	return 0;
}

static void worsen(struct clock_at *at, const struct clock_at *by)
{
	if (by->state > at->state)
		at->state = by->state;
	if (at->bound_ns == CLOCK_UNKNOWN || by->bound_ns == CLOCK_UNKNOWN)
		at->bound_ns = CLOCK_UNKNOWN;
	else
		at->bound_ns += by->bound_ns;
}

/* One step of @host towards the reference, added to @at. */
static unsigned int climb(const struct clocks *c, unsigned int host, int64_t ns, struct clock_at *at)
{
	unsigned int parent = c->host[host].parent;
	const struct clock_pair *p = clocks_pair(c, host, parent);
	struct clock_at step =
		clock_pair_at(p, clocks_from_axis(c, host < parent ? host : parent, ns));

	worsen(at, &step);
	return parent;
}

struct clock_at clocks_between(const struct clocks *c, unsigned int a, unsigned int b, int64_t ns)
{
	struct clock_at at = { CLOCK_EXACT, 0, 0 };

	while (a != b) {
		bool a_is_deeper = clocks_reached(c, a) && c->host[a].depth >= c->host[b].depth && a;
		unsigned int lower = a_is_deeper ? a : b;

		if (!lower || c->host[lower].parent == NO_HOST)
			return (struct clock_at){ CLOCK_NONE, 0, CLOCK_UNKNOWN };
		if (lower == a)
			a = climb(c, a, ns, &at);
		else
			b = climb(c, b, ns, &at);
	}
	return at;
}
