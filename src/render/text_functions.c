// SPDX-License-Identifier: GPL-2.0-only
/*
 * --functions in text. Unfolded, the calls stand at the step to which they led, as they called each other, each with its
 * time and the part of it that was its own. Folded, a table tells which functions had most of the time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "units.h"

#define TOP	  8
#define LEVELS	  24 /* deeper ones do not go further to the right */
#define NAME_COLS 44

static void call_line(struct page *p, unsigned int column, const struct journey_function *f)
{
	unsigned int level = f->level < LEVELS ? f->level : LEVELS, at;
	char text[UNITS_BYTES];

	page_tab(p, column);
	page_put(p, STYLE_DIM, p->glyphs->path);
	page_tab(p, column + 2 + level);
	at = column + 2 + NAME_COLS;
	if (at + 2 * UNITS_COLUMNS + 2 > p->width)
		at = p->width > 2 * UNITS_COLUMNS + 2 + column + 12 ?
			     p->width - 2 * UNITS_COLUMNS - 2 :
			     column + 12;
	page_text(p, STYLE_DIM, f->name, at > p->column ? at - p->column : 1);
	page_tab(p, at + 1);
	page_put(p, STYLE_DIM, units_duration_column(text, "", f->ns, p->utf8));
	if (f->self_ns != f->ns) {
		page_skip(p, 1);
		page_put(p, STYLE_DIM, units_duration_column(text, "", f->self_ns, p->utf8));
	}
	page_newline(p);
}

void text_step_functions(struct page *p, unsigned int column, const struct journey_step *s, bool after)
{
	for (uint32_t i = 0; i < s->function_count; i++)
		if (s->functions[i].after == after)
			call_line(p, column, &s->functions[i]);
}

struct total {
	const char *name;
	uint64_t self_ns, calls;
};

struct totals {
	struct total *list;
	uint32_t n;
};

static void totals_add(struct totals *t, const struct journey_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < steps[i].function_count; k++)
			t->list[t->n++] = (struct total){ steps[i].functions[k].name,
							  steps[i].functions[k].self_ns, 1 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct total *)a)->name, ((const struct total *)b)->name);
}

static int by_time(const void *a, const void *b)
{
	const struct total *x = a, *y = b;

	return x->self_ns > y->self_ns ? -1 : x->self_ns < y->self_ns;
}

/* One row for each function. */
static void totals_merge(struct totals *t)
{
	uint32_t n = 0;

	qsort(t->list, t->n, sizeof(*t->list), by_name);
	for (uint32_t i = 0; i < t->n; i++) {
		if (n && !strcmp(t->list[n - 1].name, t->list[i].name)) {
			t->list[n - 1].self_ns += t->list[i].self_ns;
			t->list[n - 1].calls++;
		} else {
			t->list[n++] = t->list[i];
		}
	}
	t->n = n;
	qsort(t->list, t->n, sizeof(*t->list), by_time);
}

void text_functions(struct page *p, const struct journey *j)
{
	struct totals t = { .list = calloc(j->function_calls + 1, sizeof(*t.list)) };
	char text[UNITS_BYTES];

	if (!t.list || !j->function_calls) {
		free(t.list);
		return;
	}
	totals_add(&t, j->steps, j->step_count);
	totals_add(&t, j->side_steps, j->side_step_count);
	totals_merge(&t);
	page_tab(p, TEXT_INDENT);
	page_printf(p, STYLE_PLAIN, "%u calls of %u kernel functions", j->function_calls, t.n);
	if (j->functions_missed)
		page_printf(p, STYLE_BAD, ", up to %llu missed",
			    (unsigned long long)j->functions_missed);
	page_put(p, STYLE_PLAIN,
		 p->unfold ? "; most time of their own:" :
			     " (-v: each where it was); most time of their own:");
	page_newline(p);
	for (uint32_t i = 0; i < t.n && i < TOP; i++) {
		page_tab(p, TEXT_INDENT + 2);
		page_put(p, STYLE_PLAIN, units_duration_column(text, "", t.list[i].self_ns, p->utf8));
		page_skip(p, 2);
		page_put(p, STYLE_DIM, t.list[i].name);
		if (t.list[i].calls > 1)
			page_printf(p, STYLE_DIM, " %s%llu", p->glyphs->times,
				    (unsigned long long)t.list[i].calls);
		page_newline(p);
	}
	page_newline(p);
	free(t.list);
}
