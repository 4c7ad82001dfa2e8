// SPDX-License-Identifier: GPL-2.0-only
/* The lines between two clouds of samples: see corridor.h. */
#include "corridor.h"

#include <math.h>

#define SEARCH_STEPS 60
#define SHORT_NS     100e6
/*
 * Packets one way only do not contradict one another: a few of them would make a drift of how long each was under way. 10 ms more in two
 * seconds are 5000 ppm; a line that is too flat costs less, for new samples bend it.
 */
#define ONE_WAY_SPAN	2e9
#define ONE_WAY_SAMPLES 20
#define USUAL_DRIFT	200e-6 /* of two crystals; more is believed when nothing less fits */

struct query {
	const struct corridor *c;
	double at;
};

static double wobble(const struct query *q, const struct corridor_point *p)
{
	return CORRIDOR_WOBBLE * fabs(p->x - q->at);
}

/* The highest and lowest offset at q->at that a line of that slope may have. */
static double highest(const struct query *q, double slope)
{
	double least = INFINITY;

	for (size_t i = 0; i < q->c->n_above; i++) {
		const struct corridor_point *p = &q->c->above[i];

		least = fmin(least, p->y + wobble(q, p) - slope * (p->x - q->at));
	}
	return least;
}

static double lowest(const struct query *q, double slope)
{
	double most = -INFINITY;

	for (size_t i = 0; i < q->c->n_below; i++) {
		const struct corridor_point *p = &q->c->below[i];

		most = fmax(most, p->y - wobble(q, p) - slope * (p->x - q->at));
	}
	return most;
}

static double margin(const struct query *q, double slope)
{
	return highest(q, slope) - lowest(q, slope);
}

static double minus_lowest(const struct query *q, double slope)
{
	return -lowest(q, slope);
}

/* Where the concave function @f is greatest within [@from, @to]. */
static double top(const struct query *q, double (*f)(const struct query *, double), double from,
		  double to)
{
	for (int i = 0; i < SEARCH_STEPS; i++) {
		double a = from + (to - from) / 3, b = to - (to - from) / 3;

		if (f(q, a) < f(q, b))
			from = a;
		else
			to = b;
	}
	return (from + to) / 2;
}

/* The slope farthest from @inside towards @end that still fits. */
static double farthest(const struct query *q, double inside, double end)
{
	if (margin(q, end) >= 0)
		return end;
	for (int i = 0; i < SEARCH_STEPS; i++) {
		double mid = (inside + end) / 2;

		if (margin(q, mid) >= 0)
			inside = mid;
		else
			end = mid;
	}
	return inside;
}

/* From the first sample to the last. */
static double span(const struct corridor *c)
{
	double first = fmin(c->above[0].x, c->below[0].x);

	return fmax(c->above[c->n_above - 1].x, c->below[c->n_below - 1].x) - first;
}

bool corridor_at(const struct corridor *c, double at, double slope, struct corridor_line *ret)
{
	struct query q = { c, at };
	double best = top(&q, margin, -CORRIDOR_SLOPE, CORRIDOR_SLOPE), most = margin(&q, best),
	       usual;

	if (most < 0)
		return false;
	ret->at = at;
	ret->slope_low = farthest(&q, best, -CORRIDOR_SLOPE);
	ret->slope_high = farthest(&q, best, CORRIDOR_SLOPE);
	/* Samples close together, or few, say little about the slope, and their noise is not to be taken for drift. */
	usual = span(c) < SHORT_NS ? 0 : USUAL_DRIFT;
	best = fmin(fmax(best, slope - usual), slope + usual);
	best = fmin(fmax(best, ret->slope_low), ret->slope_high);
	ret->slope = best;
	ret->mid = (highest(&q, best) + lowest(&q, best)) / 2;
	ret->high = highest(&q, top(&q, highest, ret->slope_low, ret->slope_high));
	ret->low = lowest(&q, top(&q, minus_lowest, ret->slope_low, ret->slope_high));
	ret->high = fmax(ret->high, ret->mid);
	ret->low = fmin(ret->low, ret->mid);
	return true;
}

/* Nearest to all points together: the line touches the hull where their mean lies. */
static double mean_x(const struct corridor_point *p, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i].x;
	return n ? sum / n : 0;
}

void corridor_one_way(const struct corridor *c, double at, struct corridor_line *ret)
{
	struct query q = { c, at };
	bool above = c->n_above > 0;
	const struct corridor_point *p = above ? c->above : c->below;
	size_t n = above ? c->n_above : c->n_below;
	struct query mean = { c, mean_x(p, n) };
	double span = n ? p[n - 1].x - p[0].x : 0, slope = 0;

	if (span > ONE_WAY_SPAN && n >= ONE_WAY_SAMPLES) /* else noise is all there is */
		slope = above ? top(&mean, highest, -CORRIDOR_SLOPE, CORRIDOR_SLOPE) :
				top(&mean, minus_lowest, -CORRIDOR_SLOPE, CORRIDOR_SLOPE);
	ret->at = at;
	ret->slope = slope;
	ret->mid = above ? highest(&q, slope) : lowest(&q, slope);
	ret->low = ret->high = ret->mid;
	ret->slope_low = ret->slope_high = slope;
}

static bool turns_out(const struct corridor_point *a, const struct corridor_point *b,
		      const struct corridor_point *c, bool lower)
{
	double cross = (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);

	return lower ? cross <= 0 : cross >= 0;
}

size_t corridor_hull(struct corridor_point *p, size_t n, bool lower)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		while (kept >= 2 && turns_out(&p[kept - 2], &p[kept - 1], &p[i], lower))
			kept--;
		p[kept++] = p[i];
	}
	return kept;
}
