// SPDX-License-Identifier: GPL-2.0-only
/* The end of a report: journeys that took much longer than others from the same program to the same program, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "units.h"

#define LINES_MOST 5 /* folded */
#define RANK_ROOM  4

/* "a redis-benchmark -> b redis-server" */
static void class_words(const struct page *p, const struct usual *c, char *buf, size_t size)
{
	snprintf(buf, size, "%.64s %.64s %s %.64s %.64s",
		 *c->sender_host ? c->sender_host : "(sender",
		 *c->sender_host ? c->sender : "not seen)", p->glyphs->arrow,
		 *c->receiver_host ? c->receiver_host : "(receiver",
		 *c->receiver_host ? c->receiver : "not seen)");
}

static void segment_host(const struct page *p, const struct usual_segment *s, char *buf, size_t size)
{
	bool across = strcmp(s->from, s->to);

	snprintf(buf, size, "%.64s%s%.64s", s->from, across ? p->glyphs->between : "",
		 across ? s->to : "");
}

static void put_usual(struct page *p, uint64_t p50_ns, uint64_t p99_ns)
{
	char half[UNITS_BYTES], most[UNITS_BYTES];

	page_printf(p, STYLE_DIM, "usually %s, p99 %s",
		    p50_ns ? units_duration(half, p50_ns, p->utf8) : "none",
		    p99_ns ? units_duration(most, p99_ns, p->utf8) : "none");
}

static void put_part(struct page *p, const struct unusual_part *part)
{
	char text[512], host[140], time[UNITS_BYTES], half[UNITS_BYTES], most[UNITS_BYTES];
	const struct usual_segment *s = part->usual;

	segment_host(p, s, host, sizeof(host));
	snprintf(text, sizeof(text), "%s %s%s%s%s: %s, usually %s, p99 %s", host,
		 s->cause ? s->cause->words : "unexplained", part->note ? " (" : "",
		 part->note ? part->note : "", part->note ? ")" : "",
		 units_duration(time, part->ns, p->utf8),
		 s->p50_ns ? units_duration(half, s->p50_ns, p->utf8) : "none",
		 s->p99_ns ? units_duration(most, s->p99_ns, p->utf8) : "none");
	page_tab(p, TEXT_INDENT + RANK_ROOM);
	page_wrap(p, STYLE_PLAIN, text);
}

static void put_one(struct page *p, unsigned int rank, const struct unusual *x)
{
	char text[UNITS_BYTES], words[300];

	page_tab(p, TEXT_INDENT);
	page_printf(p, STYLE_PLAIN, "%u.", rank);
	page_tab(p, TEXT_INDENT + RANK_ROOM);
	page_put(p, STYLE_BOLD, units_duration(text, x->total_ns, p->utf8));
	page_skip(p, 2);
	class_words(p, x->usual, words, sizeof(words));
	page_put(p, STYLE_PLAIN, words);
	page_newline(p);
	page_tab(p, TEXT_INDENT + RANK_ROOM);
	put_usual(p, x->usual->p50_ns, x->usual->p99_ns);
	page_printf(p, STYLE_DIM, "; id %02x%02x%02x%02x, at %s", x->id[0], x->id[1], x->id[2],
		    x->id[3], units_duration(text, x->start_ns, p->utf8));
	page_newline(p);
	for (uint32_t i = 0; i < x->part_count; i++)
		put_part(p, &x->parts[i]);
}

static int by_median(const void *x, const void *y)
{
	const struct usual_segment *a = *(const struct usual_segment *const *)x,
				   *b = *(const struct usual_segment *const *)y;

	if (a->p50_ns != b->p50_ns)
		return a->p50_ns > b->p50_ns ? -1 : 1;
	return a->p99_ns > b->p99_ns ? -1 : a->p99_ns < b->p99_ns;
}

/* -v: the distributions of one class. */
static void put_class(struct page *p, const struct usual *c)
{
	const struct usual_segment **sorted = calloc(c->segment_count + 1, sizeof(*sorted));
	char words[300], count[UNITS_BYTES];

	if (!sorted) {
		p->out->failed = true;
		return;
	}
	page_tab(p, TEXT_INDENT);
	class_words(p, c, words, sizeof(words));
	page_put(p, STYLE_BOLD, words);
	page_printf(p, STYLE_PLAIN, "  %s journeys, ", units_count(count, c->journeys));
	put_usual(p, c->p50_ns, c->p99_ns);
	page_newline(p);
	for (uint32_t i = 0; i < c->segment_count; i++)
		sorted[i] = &c->segments[i];
	qsort(sorted, c->segment_count, sizeof(*sorted), by_median);
	for (uint32_t i = 0; i < c->segment_count; i++) {
		const struct usual_segment *s = sorted[i];

		page_tab(p, TEXT_INDENT + RANK_ROOM);
		segment_host(p, s, words, sizeof(words));
		page_printf(p, STYLE_PLAIN, "%s %s: ", words,
			    s->cause ? s->cause->words : "unexplained");
		put_usual(p, s->p50_ns, s->p99_ns);
		page_newline(p);
	}
	free(sorted);
}

void text_unusual(struct page *p, const struct trace_unusual *u)
{
	uint32_t shown = p->unfold || u->count < LINES_MOST ? u->count : LINES_MOST;
	char count[UNITS_BYTES];

	if (p->unfold && u->usual_count) {
		page_put(p, STYLE_BOLD, "usual times, of half the journeys and of 99 in 100:");
		page_newline(p);
		for (uint32_t i = 0; i < u->usual_count; i++)
			put_class(p, &u->usual[i]);
		page_newline(p);
	}
	if (shown) {
		page_put(p, STYLE_BOLD, "slower than usual, because of:");
		page_newline(p);
		for (uint32_t i = 0; i < shown; i++)
			put_one(p, i + 1, &u->list[i]);
		page_newline(p);
	}
	if (u->not_compared) {
		page_printf(p, STYLE_WARN,
			    "%s journeys were not compared: too many pairs of programs",
			    units_count(count, u->not_compared));
		page_newline(p);
	}
}
