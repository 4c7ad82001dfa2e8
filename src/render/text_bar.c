// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a journey's time went. Segments of one cause on one host are one row; rows stand in the
 * order of the path, so that reading down is walking along it. The longest row has the full bar,
 * others are in proportion, to an eighth of a column where the terminal has the characters for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "units.h"

struct bar {
	const struct cause *cause; /* NULL: unexplained, or @folded */
	const char *from, *to;	   /* hosts */
	const char *note;
	uint64_t ns;
	uint32_t segments;
	uint32_t folded; /* rows that this one stands for */
};

struct bars {
	struct bar *rows;
	uint32_t count;
	uint64_t longest, total;
	unsigned int host, code, words, bar; /* widths */
	bool percent;
};

static bool same_name(const char *a, const char *b)
{
	return a == b || !strcmp(a, b);
}

static struct bar *bars_find(struct bars *b, const struct bar *like)
{
	for (uint32_t i = 0; i < b->count; i++) {
		struct bar *r = &b->rows[i];

		if (r->cause && !strcmp(r->cause->code, like->cause->code) &&
		    same_name(r->from, like->from) && same_name(r->to, like->to))
			return r;
	}
	return NULL;
}

static void bars_collect(struct bars *b, const struct journey *j)
{
	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct journey_segment *s = &j->segments[i];
		struct bar one = {
			s->cause, j->steps[s->from].host, j->steps[s->to].host, s->note, s->ns, 1, 0
		};
		struct bar *r;

		if (!s->cause)
			continue;
		r = bars_find(b, &one);
		if (r) {
			r->ns += s->ns;
			r->segments++;
			r->note = NULL; /* it spoke of one of them only */
		} else {
			b->rows[b->count++] = one;
		}
	}
	b->total = j->total_ns;
}

/* Rows under 1 % become one, if there are two at least: a row for one of them would say less. */
static void bars_fold(struct bars *b)
{
	struct bar rest = { 0 };
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->count; i++)
		if (b->rows[i].ns < b->total / 100 || b->rows[i].ns == 0) {
			rest.folded++;
			rest.ns += b->rows[i].ns;
		}
	if (rest.folded < 2)
		return;
	for (uint32_t i = 0; i < b->count; i++)
		if (b->rows[i].ns >= b->total / 100 && b->rows[i].ns > 0)
			b->rows[kept++] = b->rows[i];
	b->rows[kept++] = rest;
	b->count = kept;
}

static void bar_host(const struct page *p, const struct bar *r, char *buf, size_t size)
{
	buf[0] = '\0';
	if (!r->from)
		return;
	if (same_name(r->from, r->to))
		snprintf(buf, size, "%s", r->from);
	else
		snprintf(buf, size, "%s%s%s", r->from, p->glyphs->between, r->to);
}

static void bar_words(const struct page *p, const struct bar *r, char *buf, size_t size)
{
	if (r->folded)
		snprintf(buf, size, "%u others, each under 1 %%", r->folded);
	else if (!r->cause)
		snprintf(buf, size, "unexplained");
	else if (r->note)
		snprintf(buf, size, "%s (%s)", r->cause->words, r->note);
	else if (r->segments > 1)
		snprintf(buf, size, "%s %s%u", r->cause->words, p->glyphs->times, r->segments);
	else
		snprintf(buf, size, "%s", r->cause->words);
}

#define BAR_LEAST	8
#define BAR_GOOD	18
#define BAR_MOST	32
#define WORDS_MOST	48
#define PERCENT_COLUMNS 9 /* with the gap */

/* Words get what they need, the bar the rest. Codes and percents only where these do not suffer. */
static void bars_measure(const struct page *p, struct bars *b)
{
	unsigned int left, words = 0;
	char text[256];

	for (uint32_t i = 0; i < b->count; i++) {
		struct bar *r = &b->rows[i];
		unsigned int n;

		bar_host(p, r, text, sizeof(text));
		n = page_columns(p, text);
		b->host = n > b->host ? n : b->host;
		bar_words(p, r, text, sizeof(text));
		n = page_columns(p, text);
		words = n > words ? n : words;
		n = r->cause ? page_columns(p, r->cause->code) : 0;
		b->code = n > b->code ? n : b->code;
		b->longest = r->ns > b->longest ? r->ns : b->longest;
	}
	if (b->host > p->width / 5)
		b->host = p->width / 5;
	words = words < WORDS_MOST ? words : WORDS_MOST;
	left = p->width - TEXT_INDENT - (b->host ? b->host + 2 : 0) - UNITS_COLUMNS - 3;
	b->percent = words + BAR_LEAST + PERCENT_COLUMNS <= left;
	left -= b->percent ? PERCENT_COLUMNS : 0;
	if (words + (p->unfold ? BAR_LEAST : BAR_GOOD) + b->code + 2 > left)
		b->code = 0;
	left -= b->code ? b->code + 2 : 0;
	b->words = words < left - BAR_LEAST ? words : left - BAR_LEAST;
	b->bar = left - b->words < BAR_MOST ? left - b->words : BAR_MOST;
}

static enum style bar_style(const struct bar *r)
{
	if (!r->cause)
		return r->folded ? STYLE_DIM : STYLE_WARN;
	if (!strncmp(r->cause->code, "tx.", 3))
		return STYLE_SENDER;
	return strncmp(r->cause->code, "rx.", 3) ? STYLE_NETWORK : STYLE_RECEIVER;
}

static void bar_draw(struct page *p, const struct bars *b, const struct bar *r)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };
	unsigned int parts = p->utf8 ? 8 : 1;
	uint64_t n = 0;
	char text[BAR_MOST * 3 + 8] = "";
	size_t at = 0;

	if (b->longest)
		n = ((unsigned __int128)r->ns * b->bar * parts + b->longest / 2) / b->longest;
	if (n == 0 && r->ns > 0 && p->utf8)
		n = 1;
	if (n == 0 && r->ns > 0)
		snprintf(text, sizeof(text), ".");
	for (; n >= parts && n > 0; n -= parts)
		at += snprintf(text + at, sizeof(text) - at, "%s", p->utf8 ? eighths[8] : "#");
	if (n > 0)
		snprintf(text + at, sizeof(text) - at, "%s", eighths[n]);
	page_put(p, bar_style(r), text);
}

static void bar_line(struct page *p, const struct bars *b, const struct bar *r)
{
	enum style style = r->ns == b->longest ? STYLE_BOLD : r->folded ? STYLE_DIM : STYLE_PLAIN;
	unsigned int at = TEXT_INDENT;
	char text[256];

	page_tab(p, at);
	bar_host(p, r, text, sizeof(text));
	page_text(p, style, text, b->host);
	at += b->host ? b->host + 2 : 0;
	page_tab(p, at);
	bar_words(p, r, text, sizeof(text));
	page_text(p, !r->cause && !r->folded ? STYLE_WARN : style, text, b->words);
	at += b->words + 1;
	page_tab(p, at);
	page_put(p, style, units_duration_column(text, "", r->ns, p->utf8));
	at += UNITS_COLUMNS;
	if (b->percent) {
		page_tab(p, at + 1);
		page_put(p, style, units_percent(text, r->ns, b->total));
		at += PERCENT_COLUMNS - 1;
	}
	at += 2;
	page_tab(p, at);
	bar_draw(p, b, r);
	if (b->code && r->cause) {
		page_tab(p, at + b->bar + 2);
		page_put(p, STYLE_DIM, r->cause->code);
	}
	page_newline(p);
}

int text_bars(struct page *p, const struct journey *j)
{
	_cleanup_free_ struct bar *rows = calloc(j->segment_count + 1, sizeof(*rows));
	struct bars b = { .rows = rows };

	if (!rows)
		return -ENOMEM;
	bars_collect(&b, j);
	if (!p->unfold)
		bars_fold(&b);
	if (j->unexplained_ns > 0)
		b.rows[b.count++] = (struct bar){ .ns = j->unexplained_ns, .segments = 1 };
	if (b.count == 0)
		return 0;
	bars_measure(p, &b);
	for (uint32_t i = 0; i < b.count; i++)
		bar_line(p, &b, &b.rows[i]);
	page_newline(p);
	return 0;
}
