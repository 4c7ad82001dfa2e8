// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of a journey as a table: when, how long since the step before, where. Hosts are
 * sections, a layer's name stands at its first step. Unfolded, the kernel functions that led to a
 * step stand above it, where they were walked. Columns are as wide as this journey needs. With
 * little room a function stands only where there is no state to tell; with less neither does, then
 * no layer.
 */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "units.h"

#define COLUMN_TIME  1
#define COLUMN_DELTA (COLUMN_TIME + UNITS_COLUMNS + 1)
#define COLUMN_PLACE (COLUMN_DELTA + UNITS_COLUMNS + 2)
#define GAP	     2
#define DETAIL_LEAST 16 /* less of it says nothing */
#define DETAIL_GOOD  36 /* less is not worth a column of its own */
#define DEV_LEAST    4

struct columns {
	unsigned int layer, point, dev, func, detail; /* where they start; 0: not shown */
	unsigned int point_room, dev_room, func_room;
	bool shared;   /* one column for detail, or func where there is none */
	bool inferred; /* one step at least */
};

static void step_name(const struct page *p, const struct journey_step *s, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s", point_get(s->point)->name);

	if (s->count > 1)
		n += snprintf(buf + n, size - n, " %s%u", p->glyphs->times, s->count);
	if (!s->exact)
		snprintf(buf + n, size - n, " %s", p->glyphs->inferred);
}

static const char *step_layer(const struct journey_step *s)
{
	return point_layer_name(point_get(s->point)->layer);
}

static unsigned int max_of(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

struct widths {
	unsigned int layer, point, dev, func, detail;
};

static void widths_add(const struct page *p, struct widths *w, const struct journey_step *s)
{
	char name[64];

	step_name(p, s, name, sizeof(name));
	w->layer = max_of(w->layer, page_columns(p, step_layer(s)));
	w->point = max_of(w->point, page_columns(p, name));
	w->dev = max_of(w->dev, s->dev ? page_columns(p, s->dev) : 0);
	w->func = max_of(w->func, s->func ? page_columns(p, s->func) : 0);
	w->detail = max_of(w->detail, s->detail ? page_columns(p, s->detail) : 0);
}

static void columns_place(const struct page *p, const struct widths *w, struct columns *c)
{
	unsigned int at = COLUMN_PLACE, dev = w->dev ? GAP + w->dev : 0, detail;

	if (at + w->layer + GAP + w->point + dev <= p->width) {
		c->layer = at;
		at += w->layer + GAP;
	}
	c->point = at;
	c->point_room = w->point;
	at += w->point + GAP;
	if (w->dev && at + DEV_LEAST <= p->width) {
		c->dev = at;
		c->dev_room = at + w->dev <= p->width ? w->dev : p->width - at;
		at += c->dev_room + GAP;
	}
	if (at + DETAIL_LEAST > p->width)
		return;
	c->func = at;
	c->func_room = w->func;
	at += w->func + GAP;
	detail = w->detail < DETAIL_GOOD ? w->detail : DETAIL_GOOD;
	if (p->unfold)
		detail = DETAIL_LEAST; /* there is room below */
	if (at + detail <= p->width) {
		c->detail = at;
	} else if (!p->unfold && w->detail) {
		c->detail = c->func;
		c->shared = true;
	}
}

static void columns_measure(const struct page *p, const struct journey *j, struct columns *c)
{
	struct widths w = { 0 };

	*c = (struct columns){ 0 };
	for (uint32_t i = 0; i < j->step_count; i++) {
		widths_add(p, &w, &j->steps[i]);
		c->inferred |= !j->steps[i].exact;
	}
	if (p->unfold)
		for (uint32_t i = 0; i < j->side_step_count; i++)
			widths_add(p, &w, &j->side_steps[i]);
	columns_place(p, &w, c);
}

/* "── a ──────────── 12.3 µs": the time from the host's first step to its last. */
static void host_rule(struct page *p, const char *host, const char *right)
{
	unsigned int end = p->width;

	if (right)
		end -= page_columns(p, right) + 1;
	page_tab(p, TEXT_INDENT);
	page_rule(p, TEXT_INDENT + 2);
	page_skip(p, 1);
	page_put(p, STYLE_BOLD, host);
	page_skip(p, 1);
	page_rule(p, end);
	if (right)
		page_right(p, STYLE_DIM, right);
	page_newline(p);
}

static void path_margin(struct page *p, const struct columns *c)
{
	page_tab(p, c->point);
	page_put(p, STYLE_DIM, p->glyphs->path);
	page_tab(p, c->point + 2);
}

static void step_path(struct page *p, const struct columns *c, const struct journey_step *s)
{
	char margin[8];
	struct page_list l = { s->path, s->path_len, " >", margin, c->point + 2, STYLE_DIM };

	snprintf(margin, sizeof(margin), "%s ", p->glyphs->path);
	if (s->path_len == 0)
		return;
	if (s->path_borrowed) {
		path_margin(p, c);
		page_put(p, STYLE_WARN, "sampled on another TCP segment:");
		page_newline(p);
	}
	path_margin(p, c);
	page_list(p, &l);
}

/* What the row had no room for, unfolded: below it. */
static void step_below(struct page *p, const struct columns *c, const struct journey_step *s,
		       bool detail_shown)
{
	char text[UNITS_BYTES];

	if (!c->func && s->func && *s->func) {
		page_tab(p, c->point + 2);
		page_put(p, STYLE_DIM, s->func);
		page_newline(p);
	}
	if (s->detail && !detail_shown) {
		page_tab(p, c->point + 2);
		page_wrap(p, STYLE_PLAIN, s->detail);
	}
	if (s->count > 1) {
		page_tab(p, c->point + 2);
		page_printf(p, STYLE_DIM, "first of %u at %s", s->count,
			    units_duration(text, s->first_ns, p->utf8));
		page_newline(p);
	}
}

static void step_row(struct page *p, const struct columns *c, const struct journey_step *s,
		     bool show_layer)
{
	bool detail = s->detail && c->detail;
	char text[64];

	if (c->layer && show_layer) {
		page_tab(p, c->layer);
		page_put(p, STYLE_DIM, step_layer(s));
	}
	page_tab(p, c->point);
	step_name(p, s, text, sizeof(text));
	page_text(p, point_is_drop(s->point) ? STYLE_BAD : STYLE_PLAIN, text, c->point_room);
	if (c->dev && s->dev) {
		page_tab(p, c->dev);
		page_text(p, STYLE_PLAIN, s->dev, c->dev_room);
	}
	if (c->func && s->func && !(c->shared && detail)) {
		page_tab(p, c->func);
		page_text(p, STYLE_DIM, s->func, c->func_room);
	}
	if (detail && p->unfold && c->detail + page_columns(p, s->detail) > p->width)
		detail = false;
	if (detail) {
		page_tab(p, c->detail);
		page_put(p, STYLE_PLAIN, s->detail);
	}
	page_newline(p);
	if (p->unfold)
		step_below(p, c, s, detail);
}

static void put_time(struct page *p, const struct journey_step *s)
{
	char text[UNITS_BYTES];

	page_tab(p, COLUMN_TIME);
	page_put(p, STYLE_PLAIN, units_duration_column(text, "", s->t_ns, p->utf8));
}

/* Steps [@first, first of the next host): how long they took, for the rule above them. */
static const char *host_stay(const struct page *p, const struct journey *j, uint32_t first, char *buf)
{
	uint32_t last = first;

	while (last + 1 < j->step_count && !strcmp(j->steps[last + 1].host, j->steps[first].host))
		last++;
	if (last == first || j->steps[last].t_ns < j->steps[first].t_ns)
		return NULL;
	return units_duration(buf, j->steps[last].t_ns - j->steps[first].t_ns, p->utf8);
}

void text_steps(struct page *p, const struct journey *j)
{
	const struct journey_step *before = NULL;
	struct columns c;
	char text[UNITS_BYTES];

	columns_measure(p, j, &c);
	for (uint32_t i = 0; i < j->step_count; i++) {
		const struct journey_step *s = &j->steps[i];
		bool same_host = before && !strcmp(before->host, s->host);
		bool slow = before && s->t_ns - before->t_ns > j->total_ns / 4;

		if (!same_host)
			host_rule(p, s->host, host_stay(p, j, i, text));
		if (p->unfold) {
			step_path(p, &c, s);
			text_step_functions(p, c.point, s, false);
		}
		put_time(p, s);
		if (before && s->t_ns >= before->t_ns) {
			page_tab(p, COLUMN_DELTA);
			units_duration_column(text, "+", s->t_ns - before->t_ns, p->utf8);
			page_put(p, slow ? STYLE_BOLD : STYLE_DIM, text);
		}
		step_row(p, &c, s, !same_host || step_layer(before) != step_layer(s));
		if (p->unfold)
			text_step_functions(p, c.point, s, true);
		before = s;
	}
	if (c.inferred) {
		page_tab(p, TEXT_INDENT);
		page_printf(p, STYLE_DIM, "%s joined to the message by inference",
			    p->glyphs->inferred);
		page_newline(p);
	}
	if (j->step_count > 0)
		page_newline(p);
}

void text_side_steps(struct page *p, const struct journey *j)
{
	const char *host = NULL;
	struct columns c;

	if (j->side_step_count == 0)
		return;
	columns_measure(p, j, &c);
	for (uint32_t i = 0; i < j->side_step_count; i++) {
		const struct journey_step *s = &j->side_steps[i];
		char title[128];

		if (!host || strcmp(host, s->host)) {
			snprintf(title, sizeof(title), "%s, beside the path", s->host);
			host_rule(p, title, NULL);
			host = s->host;
		}
		step_path(p, &c, s);
		text_step_functions(p, c.point, s, false);
		put_time(p, s);
		step_row(p, &c, s, true);
		text_step_functions(p, c.point, s, true);
	}
	page_newline(p);
}

/* getaddrinfo("b", "4747") from "b\t4747"; a plain name otherwise */
static void call_words(const struct journey_call *call, char *buf, size_t size)
{
	const char *tab = call->text ? strchr(call->text, '\t') : NULL;
	char to[UNITS_BYTES];

	if (call->has_to)
		snprintf(buf, size, "%s(%s)", call->name, units_address(to, &call->to));
	else if (tab)
		snprintf(buf, size, "%s(\"%.*s\", \"%s\")", call->name, (int)(tab - call->text),
			 call->text, tab + 1);
	else if (call->text && *call->text)
		snprintf(buf, size, "%s(\"%s\")", call->name, call->text);
	else
		snprintf(buf, size, "%s()", call->name);
}

static void call_line(struct page *p, const struct journey_call *call)
{
	char text[256];
	const char *name = call->ret < 0 ? strerrorname_np((int)-call->ret) : NULL;
	uint64_t t = call->t_ns < 0 ? -(uint64_t)call->t_ns : (uint64_t)call->t_ns;

	page_tab(p, COLUMN_TIME);
	units_duration_column(text, call->t_ns < 0 ? "-" : "", t, p->utf8);
	page_put(p, STYLE_PLAIN, text);
	page_tab(p, COLUMN_DELTA);
	page_put(p, STYLE_DIM, units_duration_column(text, "", call->ns, p->utf8));
	page_tab(p, COLUMN_PLACE);
	page_put(p, STYLE_DIM, call->layer == CRUMB_CALLED_LIBC ? "libc" : "syscall");
	page_tab(p, COLUMN_PLACE + strlen("syscall") + GAP);
	call_words(call, text, sizeof(text));
	page_put(p, STYLE_PLAIN, text);
	page_printf(p, STYLE_DIM, " = %lld", (long long)call->ret);
	/* libc functions return -1 and keep the reason in errno, which nobody saw */
	if (name && call->layer == CRUMB_CALLED_SYSCALL)
		page_printf(p, STYLE_BAD, " %s", name);
	page_newline(p);
}

void text_calls(struct page *p, const struct journey *j)
{
	const char *host = NULL;
	char title[128];

	for (uint32_t i = 0; i < j->call_count; i++) {
		const struct journey_call *call = &j->calls[i];

		if (!host || strcmp(host, call->host)) {
			snprintf(title, sizeof(title), "%s, before the first byte", call->host);
			host_rule(p, title, NULL);
			host = call->host;
		}
		call_line(p, call);
	}
	if (j->call_count > 0)
		page_newline(p);
}
