/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of text for a terminal of a known width: the one place that knows columns, colours and
 * which characters may be used. Nothing passes the right edge: what does not fit ends in an
 * ellipsis. What comes from outside (process names, host names) cannot steer the terminal: control
 * characters and bytes that are not UTF-8 are shown as '?'.
 */
#ifndef CRUMB_RENDER_PAGE_H
#define CRUMB_RENDER_PAGE_H

#include "render.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_GOOD,   /* delivered */
	STYLE_BAD,    /* dropped, losses */
	STYLE_WARN,   /* waiting, left */
	STYLE_UNSURE, /* incomplete */
	STYLE_SENDER,
	STYLE_NETWORK,
	STYLE_RECEIVER,
	STYLE_MAX,
};

struct glyphs {
	const char *arrow, *between, *dot, *sum, *times, *ellipsis, *rule, *path, *inferred;
	const char *not_equal;
};

struct page {
	struct strbuf *out;
	const struct glyphs *glyphs;
	unsigned int width;
	unsigned int column; /* where the next character goes */
	unsigned int blanks; /* not yet written: none is left at the end of a line */
	bool color, utf8, unfold;
};

#define PAGE_WIDTH_DEFAULT 100
#define PAGE_WIDTH_MIN	   60
#define PAGE_WIDTH_MAX	   200

void page_init(struct page *p, const struct render_options *o, struct strbuf *out);
int page_result(const struct page *p); /* 0 or -ENOMEM */

void page_newline(struct page *p);
void page_tab(struct page *p, unsigned int column); /* blanks up to @column, none if past it */
void page_skip(struct page *p, unsigned int n);

/* At most @room columns of @s, cut with an ellipsis. */
void page_text(struct page *p, enum style style, const char *s, unsigned int room);
void page_put(struct page *p, enum style style, const char *s); /* up to the edge */
void page_printf(struct page *p, enum style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void page_right(struct page *p, enum style style,
		const char *s); /* ends at the edge, on the next line if need be */
void page_rule(struct page *p, unsigned int until); /* a line up to column @until */

/* Columns left on this line. */
static inline unsigned int page_room(const struct page *p)
{
	return p->column < p->width ? p->width - p->column : 0;
}

unsigned int page_columns(const struct page *p, const char *s); /* that @s takes */

/*
 * @count words with @separator and a blank between them, as many to a line as fit; further lines
 * begin at @indent after @margin (NULL: blanks). Ends the last line.
 */
struct page_list {
	const char *const *words;
	uint32_t count;
	const char *separator, *margin;
	unsigned int indent;
	enum style style;
};
void page_list(struct page *p, const struct page_list *l);

/* @s by words, further lines at the column where it begins. Ends the last line. */
void page_wrap(struct page *p, enum style style, const char *s);

#endif
