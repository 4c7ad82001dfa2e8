// SPDX-License-Identifier: GPL-2.0-only
#include "links.h"

#include <string.h>

#define INDENT 2

void links_add(struct links *l, const char *function, bool libc)
{
	if (!function || !*function || l->n == LINKS_MAX)
		return;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->libc[i] == libc && !strcmp(l->names[i], function))
			return;
	l->names[l->n] = function;
	l->libc[l->n++] = libc;
}

static void add_step(struct links *l, const struct journey_step *s)
{
	for (uint32_t i = 0; i < s->path_len; i++)
		links_add(l, s->path[i], false);
	links_add(l, s->func, point_get(s->point)->layer == LAYER_LIBC);
}

void links_add_journey(struct links *l, const struct journey *j)
{
	for (uint32_t i = 0; i < j->step_count; i++)
		add_step(l, &j->steps[i]);
	for (uint32_t i = 0; i < j->side_step_count; i++)
		add_step(l, &j->side_steps[i]);
}

void links_text(struct page *p, const struct render_options *o, const struct links *l)
{
	unsigned int column = 0;

	if (!o->link || !l->n)
		return;
	for (uint32_t i = 0; i < l->n; i++)
		if (page_columns(p, l->names[i]) > column)
			column = page_columns(p, l->names[i]);
	column += INDENT + 2;
	page_tab(p, INDENT);
	page_put(p, STYLE_BOLD, "where the functions stand");
	page_newline(p);
	for (uint32_t i = 0; i < l->n; i++) {
		const char *place = o->link(o->link_ctx, l->names[i], l->libc[i]);

		if (!place)
			continue;
		page_tab(p, INDENT);
		page_put(p, STYLE_PLAIN, l->names[i]);
		page_tab(p, column);
		/* an address that was cut would lead nowhere: better past the edge */
		strbuf_fill(p->out, ' ', (int)p->blanks);
		p->blanks = 0;
		strbuf_puts(p->out, place);
		page_newline(p);
	}
	page_newline(p);
}
