// SPDX-License-Identifier: GPL-2.0-only
#include "page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "utf8.h"

static const struct glyphs glyphs_utf8 = {
	.arrow = "→",
	.between = "→",
	.dot = "·",
	.sum = "Σ",
	.times = "×",
	.ellipsis = "…",
	.rule = "─",
	.path = "┆",
	.inferred = "≈",
	.not_equal = "≠",
};
static const struct glyphs glyphs_ascii = {
	.arrow = "->",
	.between = ">",
	.dot = "|",
	.sum = "sum",
	.times = "x",
	.ellipsis = "~",
	.rule = "-",
	.path = ":",
	.inferred = "?",
	.not_equal = "!=",
};

/* SGR (ECMA-48); the 16 colours that every theme defines. */
static const char *const sgr[STYLE_MAX] = {
	[STYLE_BOLD] = "1",    [STYLE_DIM] = "2",      [STYLE_GOOD] = "1;32",
	[STYLE_BAD] = "1;31",  [STYLE_WARN] = "1;33",  [STYLE_UNSURE] = "1;35",
	[STYLE_SENDER] = "36", [STYLE_NETWORK] = "34", [STYLE_RECEIVER] = "35",
};

void page_init(struct page *p, const struct render_options *o, struct strbuf *out)
{
	unsigned int width = o->width ? o->width : PAGE_WIDTH_DEFAULT;

	*p = (struct page){
		.out = out,
		.glyphs = o->utf8 ? &glyphs_utf8 : &glyphs_ascii,
		.width = width < PAGE_WIDTH_MIN ? PAGE_WIDTH_MIN :
			 width > PAGE_WIDTH_MAX ? PAGE_WIDTH_MAX :
						  width,
		.color = o->color,
		.utf8 = o->utf8,
		.unfold = o->unfold,
	};
}

int page_result(const struct page *p)
{
	return p->out->failed ? -ENOMEM : 0;
}

void page_newline(struct page *p)
{
	strbuf_putc(p->out, '\n');
	p->column = 0;
	p->blanks = 0;
}

void page_skip(struct page *p, unsigned int n)
{
	p->column += n;
	p->blanks += n;
}

void page_tab(struct page *p, unsigned int column)
{
	if (column > p->column)
		page_skip(p, column - p->column);
}

/* A character as it will be shown. */
struct cell {
	const char *bytes;
	unsigned int len, columns, taken; /* taken: of the source */
};

/* What stands for a character on a terminal without UTF-8. */
static const char *ascii_for(uint32_t cp)
{
	static const struct {
		uint32_t cp;
		const char *ascii;
	} pairs[] = {
		{ 0xb5, "u" },	 { 0x3bc, "u" },  { 0xb7, "." },   { 0xd7, "x" },
		{ 0x2026, "~" }, { 0x2192, ">" }, { 0x2212, "-" }, { 0x2013, "-" },
		{ 0x2014, "-" }, { 0xb1, "~" },	  { 0x2019, "'" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].cp == cp)
			return pairs[i].ascii;
	return "?";
}

static struct cell cell_at(const struct page *p, const char *s)
{
	uint32_t cp = 0;
	unsigned int n;

	if (*s >= 0x20 && *s < 0x7f)
		return (struct cell){ s, 1, 1, 1 };
	n = utf8_decode(s, &cp);
	if (n == 0 || !utf8_may_show(cp))
		return (struct cell){ "?", 1, 1, n ? n : 1 };
	if (!p->utf8)
		return (struct cell){ ascii_for(cp), 1, 1, n };
	return (struct cell){ s, n, utf8_columns(cp), n };
}

unsigned int page_columns(const struct page *p, const char *s)
{
	unsigned int columns = 0;

	while (*s) {
		struct cell c = cell_at(p, s);

		columns += c.columns;
		s += c.taken;
	}
	return columns;
}

static void style_begin(struct page *p, enum style style)
{
	if (!p->color || !sgr[style])
		return;
	strbuf_puts(p->out, "\033[");
	strbuf_puts(p->out, sgr[style]);
	strbuf_putc(p->out, 'm');
}

static void style_end(struct page *p, enum style style)
{
	if (p->color && sgr[style])
		strbuf_puts(p->out, "\033[0m");
}

void page_text(struct page *p, enum style style, const char *s, unsigned int room)
{
	bool cut;

	if (room > page_room(p))
		room = page_room(p);
	if (room == 0 || !*s)
		return;
	cut = page_columns(p, s) > room;
	if (cut)
		room--; /* for the ellipsis: one column in both sets */
	strbuf_fill(p->out, ' ', p->blanks);
	p->blanks = 0;
	style_begin(p, style);
	while (*s) {
		struct cell c = cell_at(p, s);

		if (c.columns > room)
			break;
		strbuf_add(p->out, c.bytes, c.len);
		p->column += c.columns;
		room -= c.columns;
		s += c.taken;
	}
	if (cut) {
		strbuf_puts(p->out, p->glyphs->ellipsis);
		p->column++;
	}
	style_end(p, style);
}

void page_put(struct page *p, enum style style, const char *s)
{
	page_text(p, style, s, p->width);
}

void page_printf(struct page *p, enum style style, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	page_put(p, style, text);
}

void page_right(struct page *p, enum style style, const char *s)
{
	unsigned int columns = page_columns(p, s);

	if (columns < p->width) {
		if (p->column >= p->width - columns)
			page_newline(p); /* no room for a blank between */
		page_tab(p, p->width - columns);
	}
	page_put(p, style, s);
}

void page_rule(struct page *p, unsigned int until)
{
	if (until > p->width)
		until = p->width;
	if (p->column >= until)
		return;
	strbuf_fill(p->out, ' ', p->blanks);
	p->blanks = 0;
	style_begin(p, STYLE_DIM);
	for (; p->column < until; p->column++)
		strbuf_puts(p->out, p->glyphs->rule);
	style_end(p, STYLE_DIM);
}

static void list_next_line(struct page *p, const struct page_list *l)
{
	page_newline(p);
	if (l->margin) {
		page_tab(p, l->indent - page_columns(p, l->margin));
		page_put(p, STYLE_DIM, l->margin);
	}
	page_tab(p, l->indent);
}

void page_list(struct page *p, const struct page_list *l)
{
	unsigned int separator = page_columns(p, l->separator);

	for (uint32_t i = 0; i < l->count; i++) {
		bool last = i + 1 == l->count;
		unsigned int need = page_columns(p, l->words[i]) + (last ? 0 : separator);

		if (i > 0 && need + 1 > page_room(p))
			list_next_line(p, l);
		else if (i > 0)
			page_skip(p, 1);
		page_put(p, l->style, l->words[i]);
		if (!last)
			page_put(p, STYLE_DIM, l->separator);
	}
	page_newline(p);
}

void page_wrap(struct page *p, enum style style, const char *s)
{
	unsigned int indent = p->column;
	_cleanup_free_ char *copy = strdup(s);
	char *save = NULL, *word;

	if (!copy) {
		p->out->failed = true;
		return;
	}
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (p->column > indent) {
			if (page_columns(p, word) + 1 > page_room(p)) {
				page_newline(p);
				page_tab(p, indent);
			} else {
				page_skip(p, 1);
			}
		}
		page_put(p, style, word);
	}
	page_newline(p);
}
