/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines that two clocks' samples leave possible. A sample says that the offset between the clocks was not above
 * (one direction) or not below (the other) a value at a time; all of them together leave a corridor:
 *
 *	offset  x    x  x       x          not above: a packet one way, its delay added
 *	        ───────────────────        the line with the largest margin
 *	          o  o      o    o         not below: a packet the other way, its delay taken off
 *	                                 time
 *
 * (Duda's and Ashton's two hulls; see docs/CLOCKS.md.) Pure arithmetic on numbers near zero: the caller subtracts bases.
 */
#ifndef CRUMB_CLOCK_CORRIDOR_H
#define CRUMB_CLOCK_CORRIDOR_H

#include <stdbool.h>
#include <stddef.h>

#define CORRIDOR_SLOPE \
	1000e-6 /* no two clocks that are slewed drift faster: NTP's 500 ppm and their own error */
#define CORRIDOR_WOBBLE 2e-6 /* how far a clock's rate strays from its mean within a window */

struct corridor_point {
	double x, y; /* ns from the caller's bases */
};

struct corridor {
	const struct corridor_point *above, *below; /* the offset is at most, at least y at x */
	size_t n_above, n_below;
};

struct corridor_line {
	double at;	  /* where it was asked for */
	double mid;	  /* offset there of the line with the largest margin */
	double slope;	  /* its slope */
	double low, high; /* offsets there that some possible line has */
	double slope_low, slope_high;
};

/*
 * The corridor at @at. If the samples leave the slope open, the possible one nearest to @slope is taken. False: no line fits.
 * There must be samples of both kinds.
 */
bool corridor_at(const struct corridor *c, double at, double slope, struct corridor_line *ret);

/*
 * Only samples of one kind: the line under all `above` (over all `below`) that is nearest to them (Moon, Skelly, Towsley 1999).
 */
void corridor_one_way(const struct corridor *c, double at, struct corridor_line *ret);

/*
 * Of @n points in ascending x those that can matter: the lower hull (of `above`) or the upper one. In place; how many.
 */
size_t corridor_hull(struct corridor_point *p, size_t n, bool lower);

#endif
