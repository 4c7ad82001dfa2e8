/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clocks of several hosts on one axis, that of the reference: a graph with a clock_pair for each two hosts that exchanged
 * packets, of which a tree of the shortest ways (by bound) is used. A switch in the middle adds two short edges, which are taken
 * instead of the long one beside them: so each packet's time stays in order along them.
 */
#ifndef CRUMB_CLOCK_CLOCKS_H
#define CRUMB_CLOCK_CLOCKS_H

#include "clock_pair.h"

#define CLOCK_HOSTS 64 /* at once */
#define CLOCK_ERROR_MOST_NS \
	16000000000ull /* the kernel's own limit: what is further off is not kept by anything */

struct clocks;

struct clocks *clocks_new(void); /* NULL: no memory */
void clocks_free(struct clocks *c);

/* A host more; its number, from 0. -ENOSPC. @rough_ns: its clock minus the axis, as far as known without packets. */
int clocks_add(struct clocks *c, int64_t rough_ns);
unsigned int clocks_hosts(const struct clocks *c);
void clocks_set_rough(struct clocks *c, unsigned int host, int64_t rough_ns);

/* A packet left @from at @from_ns of its clock, and arrived at @to at @to_ns of that one's. 0 or -ENOMEM. */
int clocks_sample(struct clocks *c, unsigned int from, int64_t from_ns, unsigned int to,
		  int64_t to_ns);

/* A packet from @a to @b went by way of @middle: what it says of those two it says better of each of them and that one. */
void clocks_middle(struct clocks *c, unsigned int middle, unsigned int a, unsigned int b);

/*
 * NTP or PTP keep the clock of @host: at @ns of it CLOCK_REALTIME was @realtime_ns ahead of it, and off by @error_ns at most, as they say. With
 * what others say of theirs at about that time this tells of all these pairs, whether they exchanged packets or not. Not kept by anything: CLOCK_UNKNOWN. 0 or -ENOMEM.
 */
int clocks_report(struct clocks *c, unsigned int host, int64_t ns, int64_t realtime_ns,
		  uint64_t error_ns);

/* Before the first sample: pairs are made as clock_pair_set_live() says. */
void clocks_set_live(struct clocks *c);

/* All samples of before @axis_ns have come: what the lines say of that time is final. 0 or -ENOMEM. */
int clocks_advance(struct clocks *c, int64_t axis_ns);

/* No more samples. 0 or -ENOMEM. */
int clocks_finish(struct clocks *c);

/* Choose the tree anew, from what is known now. Hosts that were reached keep their way if @keep. */
void clocks_settle(struct clocks *c, bool keep);

/* From a host's clock to the axis. */
int64_t clocks_axis(const struct clocks *c, unsigned int host, int64_t ns);

/* And back. */
int64_t clocks_from_axis(const struct clocks *c, unsigned int host, int64_t ns);

/* How well two hosts' times on the axis compare around axis time @ns. */
struct clock_at clocks_between(const struct clocks *c, unsigned int a, unsigned int b, int64_t ns);

/* The pair of two hosts, @a < @b; NULL: no packet was seen between them, nor says NTP or PTP anything of them. */
const struct clock_pair *clocks_pair(const struct clocks *c, unsigned int a, unsigned int b);

/* Does the axis of @host hang on packets, or on what NTP or PTP say? (The reference's does.) */
bool clocks_reached(const struct clocks *c, unsigned int host);

#endif
