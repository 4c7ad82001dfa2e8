// SPDX-License-Identifier: GPL-2.0-only
/* Classes, their distributions and their slowest journeys: see unusual.h. Within a class the order by total is that by excess. */
#include "unusual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"

#define CLASSES_MAX 128 /* pairs of programs; journeys of more are counted */
#define SERIES_MAX  40	/* causes on a host, of one class; more are left out of the comparison */
#define NAME_BYTES  64
#define NOTE_BYTES  96

struct series {
	const struct cause *cause;
	char from[NAME_BYTES], to[NAME_BYTES];
	struct histogram times;
};

struct part {
	uint64_t ns, longest_ns;
	char note[NOTE_BYTES]; /* of the longest */
};

struct slow {
	uint8_t id[16];
	uint64_t start_ns, total_ns;
	struct part parts[SERIES_MAX]; /* by number of the series; ns 0 none */
};

struct class
{
	char names[4][NAME_BYTES]; /* as in struct usual */
	uint8_t proto;
	struct histogram totals;
	struct series *series[SERIES_MAX];
	uint32_t series_count, slow_count;
	struct slow slow[UNUSUAL_MOST];
};

struct unusuals {
	struct class *classes[CLASSES_MAX];
	uint32_t class_count, last;
	uint64_t not_compared;
	struct slow now; /* of the journey at hand */
	/* what _finish() made */
	struct usual *usual;
	struct usual_segment *segments;
	struct unusual *list;
	struct unusual_part *parts;
};

struct unusuals *unusuals_new(void)
{
	return calloc(1, sizeof(struct unusuals));
}

void unusuals_free(struct unusuals *u)
{
	if (!u)
		return;
	for (uint32_t i = 0; i < u->class_count; i++) {
		for (uint32_t k = 0; k < u->classes[i]->series_count; k++)
			free(u->classes[i]->series[k]);
		free(u->classes[i]);
	}
	free(u->usual);
	free(u->segments);
	free(u->list);
	free(u->parts);
	free(u);
}

/* ------------------------------------------------------------------------------------- journeys come */

static void name_copy(char to[NAME_BYTES], const char *from)
{
	size_t n = from ? strnlen(from, NAME_BYTES - 1) : 0;

	memcpy(to, from ? from : "", n);
	to[n] = '\0';
}

static bool name_is(const char mine[NAME_BYTES], const char *other)
{
	return !strncmp(mine, other ? other : "", NAME_BYTES - 1);
}

static bool class_is(const struct class *c, const char *const names[4], uint8_t proto)
{
	for (int i = 0; i < 4; i++)
		if (!name_is(c->names[i], names[i]))
			return false;
	return c->proto == proto;
}

/* NULL and *@ret_err 0: there is no room for more classes. */
static struct class *class_find(struct unusuals *u, const struct journey *j, int *ret_err)
{
	const char *const names[4] = {
		j->sender.known ? j->sender.host : "",
		j->sender.known ? j->sender.comm : "",
		j->receiver.known ? j->receiver.host : "",
		j->receiver.known ? j->receiver.comm : "",
	};
	struct class *c;

	*ret_err = 0;
	for (uint32_t i = 0; i < u->class_count; i++) {
		uint32_t at = (u->last + i) % u->class_count; /* two in turn: question and answer */

		if (class_is(u->classes[at], names, j->proto)) {
			u->last = at;
			return u->classes[at];
		}
	}
	if (u->class_count == CLASSES_MAX)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	for (int i = 0; i < 4; i++)
		name_copy(c->names[i], names[i]);
	c->proto = j->proto;
	u->classes[u->class_count++] = c;
	return c;
}

/* Its number in the class; SERIES_MAX: no room; -ENOMEM. */
static int series_find(struct class *c, const struct cause *cause, const char *from, const char *to)
{
	struct series *s;

	for (uint32_t i = 0; i < c->series_count; i++)
		if (c->series[i]->cause == cause && name_is(c->series[i]->from, from) &&
		    name_is(c->series[i]->to, to))
			return (int)i;
	if (c->series_count == SERIES_MAX)
		return SERIES_MAX;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->cause = cause;
	name_copy(s->from, from);
	name_copy(s->to, to);
	c->series[c->series_count] = s;
	return (int)c->series_count++;
}

static void note_copy(char to[NOTE_BYTES], const char *from)
{
	size_t n = from ? strnlen(from, NOTE_BYTES - 1) : 0;

	if (from && from[n]) /* cut: not within a character */
		while (n && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	memcpy(to, from ? from : "", n);
	to[n] = '\0';
}

/* The journey's times by cause and host, into @u->now. 0 or -ENOMEM. */
static int parts_collect(struct unusuals *u, struct class *c, const struct journey *j)
{
	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct journey_segment *s = &j->segments[i];
		int at = series_find(c, s->cause, j->steps[s->from].host, j->steps[s->to].host);
		struct part *p;

		if (at < 0)
			return at;
		if (at == SERIES_MAX)
			continue;
		p = &u->now.parts[at];
		p->ns += s->ns;
		if (s->ns >= p->longest_ns) {
			p->longest_ns = s->ns;
			note_copy(p->note, s->note);
		}
	}
	return 0;
}

static void slow_keep(struct class *c, const struct slow *now)
{
	struct slow *least = c->slow;

	if (c->slow_count < UNUSUAL_MOST) {
		c->slow[c->slow_count++] = *now;
		return;
	}
	for (uint32_t i = 1; i < UNUSUAL_MOST; i++)
		if (c->slow[i].total_ns < least->total_ns)
			least = &c->slow[i];
	if (now->total_ns > least->total_ns)
		*least = *now;
}

int unusuals_add(struct unusuals *u, const struct journey *j)
{
	struct class *c;
	int err;

	if (j->verdict != VERDICT_DELIVERED)
		return 0;
	c = class_find(u, j, &err);
	if (!c) {
		u->not_compared += !err;
		return err;
	}
	for (uint32_t i = 0; i < SERIES_MAX; i++) /* its note is only read where there is a time */
		u->now.parts[i].ns = u->now.parts[i].longest_ns = 0;
	err = parts_collect(u, c, j);
	if (err)
		return err;
	memcpy(u->now.id, j->id, sizeof(u->now.id));
	u->now.start_ns = j->start_ns;
	u->now.total_ns = j->total_ns;
	histogram_add(&c->totals, j->total_ns);
	for (uint32_t i = 0; i < c->series_count; i++)
		if (u->now.parts[i].ns)
			histogram_add(&c->series[i]->times, u->now.parts[i].ns);
	slow_keep(c, &u->now);
	return 0;
}

/* -------------------------------------------------------------------------------------- the comparison */

/* By number of the series, so that a slow one's parts find theirs. */
static void class_usual(const struct class *c, struct usual_segment *segments, struct usual *out)
{
	*out = (struct usual){
		.sender_host = c->names[0],
		.sender = c->names[1],
		.receiver_host = c->names[2],
		.receiver = c->names[3],
		.proto = c->proto,
		.journeys = c->totals.count,
		.p50_ns = histogram_quantile(&c->totals, 0, 1, 2),
		.p99_ns = histogram_quantile(&c->totals, 0, 99, 100),
		.max_ns = c->totals.max_ns,
		.segments = segments,
		.segment_count = c->series_count,
	};
	for (uint32_t i = 0; i < c->series_count; i++) {
		const struct series *s = c->series[i];
		uint64_t zeros = c->totals.count - s->times.count;

		segments[i] = (struct usual_segment){
			.from = s->from,
			.to = s->to,
			.cause = s->cause,
			.journeys = s->times.count,
			.p50_ns = histogram_quantile(&s->times, zeros, 1, 2),
			.p99_ns = histogram_quantile(&s->times, zeros, 99, 100),
			.max_ns = s->times.max_ns,
		};
	}
}

static uint64_t part_excess(const struct unusual_part *p)
{
	return p->ns > p->usual->p50_ns ? p->ns - p->usual->p50_ns : 0;
}

static uint64_t excess(const struct unusual *x)
{
	return x->total_ns - x->usual->p50_ns;
}

static int by_part_excess(const void *x, const void *y)
{
	uint64_t a = part_excess(x), b = part_excess(y);

	return a > b ? -1 : a < b;
}

static int by_excess(const void *x, const void *y)
{
	uint64_t a = excess(x), b = excess(y);

	return a > b ? -1 : a < b;
}

static int by_journeys(const void *x, const void *y)
{
	const struct class *a = *(struct class *const *)x, *b = *(struct class *const *)y;

	return a->totals.count > b->totals.count ? -1 : a->totals.count < b->totals.count;
}

/* What made @s slow: the causes with the largest excess. */
static uint32_t slow_parts(const struct slow *s, const struct usual *usual, struct unusual_part *out)
{
	struct unusual_part all[SERIES_MAX] = { 0 };
	uint64_t want = s->total_ns - usual->p50_ns, have = 0;
	uint32_t n = 0, kept = 0;

	for (uint32_t i = 0; i < usual->segment_count; i++)
		if (s->parts[i].ns > usual->segments[i].p50_ns)
			all[n++] = (struct unusual_part){ &usual->segments[i], s->parts[i].ns,
							  s->parts[i].note[0] ? s->parts[i].note :
										NULL };
	qsort(all, n, sizeof(*all), by_part_excess);
	while (kept < n && kept < UNUSUAL_PARTS && have < want / 10 * 9) {
		out[kept] = all[kept];
		have += part_excess(&all[kept++]);
	}
	return kept;
}

static bool is_unusual(const struct slow *s, const struct usual *usual)
{
	return s->total_ns >= usual->p99_ns && s->total_ns > 2 * usual->p50_ns;
}

int unusuals_finish(struct unusuals *u, struct trace_unusual *ret)
{
	uint32_t n = 0, segments = 0, classes = 0;

	*ret = (struct trace_unusual){ .not_compared = u->not_compared };
	qsort(u->classes, u->class_count, sizeof(struct class *), by_journeys);
	while (classes < u->class_count && u->classes[classes]->totals.count >= UNUSUAL_LEAST)
		segments += u->classes[classes++]->series_count;
	u->usual = calloc(classes + 1, sizeof(*u->usual));
	u->segments = calloc(segments + 1, sizeof(*u->segments));
	u->list = calloc(classes * UNUSUAL_MOST + 1, sizeof(*u->list));
	u->parts = calloc(classes * UNUSUAL_MOST * UNUSUAL_PARTS + 1, sizeof(*u->parts));
	if (!u->usual || !u->segments || !u->list || !u->parts)
		return -ENOMEM;
	segments = 0;
	for (uint32_t i = 0; i < classes; i++) {
		const struct class *c = u->classes[i];

		class_usual(c, &u->segments[segments], &u->usual[i]);
		segments += c->series_count;
		for (uint32_t k = 0; k < c->slow_count; k++) {
			const struct slow *s = &c->slow[k];
			struct unusual *x = &u->list[n];

			if (!is_unusual(s, &u->usual[i]))
				continue;
			*x = (struct unusual){ .start_ns = s->start_ns,
					       .total_ns = s->total_ns,
					       .usual = &u->usual[i],
					       .parts = &u->parts[n * UNUSUAL_PARTS] };
			memcpy(x->id, s->id, sizeof(x->id));
			x->part_count = slow_parts(s, &u->usual[i], &u->parts[n * UNUSUAL_PARTS]);
			n++;
		}
	}
	qsort(u->list, n, sizeof(*u->list), by_excess);
	ret->usual = u->usual;
	ret->usual_count = classes;
	ret->list = u->list;
	ret->count = n < UNUSUAL_MOST ? n : UNUSUAL_MOST;
	return 0;
}
