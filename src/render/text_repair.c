// SPDX-License-Identifier: GPL-2.0-only
/* Every transmission of a message's bytes, where something was sent again: one line each. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "units.h"

#define LINES_MOST 12 /* folded; more are counted */

#define LINE_BYTES 512

struct line {
	char text[LINE_BYTES];
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) line_put(struct line *l, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, args);
	va_end(args);
	if (n > 0)
		l->len = l->len + n < sizeof(l->text) ? l->len + n : sizeof(l->text) - 1;
}

/* " at b eth0 (NETFILTER_DROP)" */
static void line_place(struct line *l, const struct journey_loss *lost)
{
	if (!lost)
		return;
	line_put(l, " at %.32s%s%.16s (%.48s)", lost->host, lost->dev ? " " : "",
		 lost->dev ? lost->dev : "", lost->reason);
}

static void line_before(struct line *l, const struct journey_transmission *t)
{
	static const char *const fates[SENT_FATES] = {
		[SENT_UNSEEN] = "was not seen to arrive", [SENT_ARRIVED] = "had arrived",
		[SENT_DROPPED] = "was dropped",		  [SENT_LATE] = "was late",
		[SENT_NOT_NEEDED] = "was not needed",
	};

	if (!t->after)
		return;
	if (t->after == 1)
		line_put(l, ", after the first %s", fates[t->before]);
	else
		line_put(l, ", after #%u %s", t->after, fates[t->before]);
	line_place(l, t->before_lost);
}

/* What became of it; that it arrived is the usual case. */
static void line_fate(struct line *l, const struct journey_transmission *t)
{
	static const char *const fates[SENT_FATES] = {
		[SENT_UNSEEN] = "; not seen to arrive",
		[SENT_ARRIVED] = "",
		[SENT_DROPPED] = "; dropped",
		[SENT_LATE] = "; came later than the next one",
		[SENT_NOT_NEEDED] = "; not needed",
	};

	line_put(l, "%s", fates[t->fate]);
	line_place(l, t->lost);
}

static void put_line(struct page *p, const struct journey *j, const struct journey_transmission *t)
{
	char text[UNITS_BYTES];
	struct line l = { .len = 0 };

	page_tab(p, TEXT_INDENT);
	page_printf(p, STYLE_BOLD, "#%u", t->number);
	page_tab(p, TEXT_INDENT + 4);
	page_put(p, STYLE_PLAIN, units_duration_column(text, "+", t->t_ns, p->utf8));
	page_tab(p, TEXT_INDENT + 4 + UNITS_COLUMNS + 2);
	line_put(&l, "%s", t->number == 1 ? "first" : resent_words(t->how));
	if (t->number == 1 && t->skbs > 1)
		line_put(&l, ", %s skbs", units_count(text, t->skbs));
	if (t->end - t->start < j->bytes)
		line_put(&l, ", bytes %llu..%llu", (unsigned long long)t->start,
			 (unsigned long long)t->end);
	line_before(&l, t);
	if (t->number == j->transmission_count || t->fate == SENT_NOT_NEEDED || t->fate == SENT_LATE)
		line_fate(&l, t); /* else the next one says it */
	if (t->cost_ns)
		line_put(&l, ": cost %s", units_duration(text, t->cost_ns, p->utf8));
	page_wrap(p, STYLE_PLAIN, l.text);
}

void text_transmissions(struct page *p, const struct journey *j)
{
	uint32_t shown = j->transmission_count;
	char count[UNITS_BYTES];

	if (!shown)
		return;
	if (!p->unfold && shown > LINES_MOST)
		shown = LINES_MOST;
	for (uint32_t i = 0; i < shown; i++)
		put_line(p, j, &j->transmissions[i]);
	if (shown < j->transmission_count + j->transmissions_more) {
		page_tab(p, TEXT_INDENT);
		page_printf(p, STYLE_DIM, "... and %s more",
			    units_count(count, j->transmission_count - shown + j->transmissions_more));
		page_newline(p);
	}
	page_newline(p);
}
