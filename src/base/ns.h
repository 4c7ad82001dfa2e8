/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on times from outside: a trace may claim any. Sums and differences end at the ends of the type, instead of beyond them.
 */
#ifndef CRUMB_BASE_NS_H
#define CRUMB_BASE_NS_H

#include <stdint.h>

#define NS_FAR \
	(1ll << 60) /* 36 years: no machine runs for so long, and eight such times may be added */

static inline int64_t ns_add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? (b < 0 ? INT64_MIN : INT64_MAX) : sum;
}

static inline int64_t ns_sub(int64_t a, int64_t b)
{
	int64_t difference;

	return __builtin_sub_overflow(a, b, &difference) ? (b < 0 ? INT64_MAX : INT64_MIN) :
							   difference;
}

/* Within ± NS_FAR. */
static inline int64_t ns_near(int64_t ns)
{
	return ns > NS_FAR ? NS_FAR : ns < -NS_FAR ? -NS_FAR : ns;
}

/* The nearest whole number, within ± NS_FAR; 0 if @ns is none. */
static inline int64_t ns_round(double ns)
{
	if (!(ns < (double)NS_FAR))
		return ns > 0 ? NS_FAR : 0;
	if (ns <= -(double)NS_FAR)
		return -NS_FAR;
	return (int64_t)(ns < 0 ? ns - 0.5 : ns + 0.5);
}

#endif
