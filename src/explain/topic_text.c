// SPDX-License-Identifier: GPL-2.0-only
#include "topic_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "page.h"

#define INDENT	    2
#define TEXT_COLUMN 16

static void put_part(struct page *p, const char *title, const char *text)
{
	if (!*text)
		return;
	page_newline(p);
	page_tab(p, INDENT);
	page_put(p, STYLE_DIM, title);
	page_tab(p, TEXT_COLUMN);
	page_wrap(p, STYLE_PLAIN, text);
}

/* A line of `next`: the command, a tab, what it shows. */
static void put_command(struct page *p, const char *line, size_t n)
{
	_cleanup_free_ char *copy = strndup(line, n);
	char *tab = copy ? strchr(copy, '\t') : NULL;
	unsigned int words = p->width >= 90 ? 60 : 54;

	if (!copy) {
		p->out->failed = true;
		return;
	}
	if (tab)
		*tab = '\0';
	page_tab(p, TEXT_COLUMN);
	page_put(p, STYLE_BOLD, copy);
	if (!tab) {
		page_newline(p);
		return;
	}
	if (p->column + 2 > words)
		page_skip(p, 2);
	page_tab(p, words);
	if (page_room(p) < 12) {
		page_newline(p);
		page_tab(p, words);
	}
	page_wrap(p, STYLE_DIM, tab + 1);
}

static void put_next(struct page *p, const char *next)
{
	if (!*next)
		return;
	page_newline(p);
	page_tab(p, INDENT);
	page_put(p, STYLE_DIM, "look at");
	while (*next) {
		size_t n = strcspn(next, "\n");

		put_command(p, next, n);
		next += n + (next[n] == '\n');
	}
}

static void put_hooks(struct page *p, const struct point *point)
{
	char text[512];
	size_t at = 0;

	for (unsigned int i = 0; i < POINT_HOOKS_MAX && point->via[i].kind; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s %s", i ? ", " : "",
			       hook_kind_name(point->via[i].kind), point->via[i].target);
	if (at)
		put_part(p, "seen through", text);
}

static void put_head(struct page *p, const char *name, const char *kind)
{
	page_put(p, STYLE_BOLD, name);
	page_right(p, STYLE_DIM, kind);
	page_newline(p);
}

int topic_text(const struct render_options *o, const struct topic *t, struct strbuf *out)
{
	char kind[64];
	struct page p;

	page_init(&p, o, out);
	snprintf(kind, sizeof(kind), "%s%s%s", topic_kind_name(t->kind), t->point ? ", " : "",
		 t->point ? point_layer_name(t->point->layer) : "");
	put_head(&p, t->name, kind);
	page_tab(&p, INDENT);
	page_wrap(&p, STYLE_PLAIN, t->words[0] ? t->words : t->what);
	if (t->words[0])
		put_part(&p, "what it is", t->what);
	put_part(&p, "the kernel", t->kernel);
	put_part(&p, "what decides", t->state);
	put_next(&p, t->next);
	if (t->point)
		put_hooks(&p, t->point);
	return page_result(&p);
}

int topic_text_bare(const struct render_options *o, const char *reason, uint32_t value,
		    struct strbuf *out)
{
	char text[400];
	struct page p;

	page_init(&p, o, out);
	put_head(&p, reason, "drop reason");
	snprintf(text, sizeof(text),
		 "This kernel has a drop reason of that name (number %u of enum skb_drop_reason, from its BTF). "
		 "crumb has no description of it yet; what the kernel says of it stands in "
		 "include/net/dropreason-core.h of its source.",
		 value);
	page_tab(&p, INDENT);
	page_wrap(&p, STYLE_PLAIN, text);
	put_next(&p,
		 "crumb report -v FILE\tthe function that dropped\ndropwatch -l kas\tdrops by function");
	return page_result(&p);
}

/* -------------------------------------------------------------------------------------------- the list */

static int put_names(struct page *p, const char *title, const char *const *names, uint32_t n)
{
	struct page_list l = { names, n, "", NULL, INDENT, STYLE_PLAIN };

	if (!n)
		return 0;
	page_put(p, STYLE_BOLD, title);
	page_newline(p);
	page_tab(p, INDENT);
	page_list(p, &l);
	page_newline(p);
	return 0;
}

#define NAMES_MAX 512

int topic_text_list(const struct render_options *o, const char *const *calls,
		    const char *const *more, struct strbuf *out)
{
	static const char *const titles[TOPIC_KINDS] = {
		[TOPIC_POINT] = "Points: where a message is seen",
		[TOPIC_CAUSE] = "Causes: why time passed between two points",
		[TOPIC_VERDICT] = "Verdicts: how a journey ended",
		[TOPIC_REASON] = "Drop reasons of the kernel",
		[TOPIC_CRUMB_REASON] = "Reasons that the kernel has no name for",
	};
	_cleanup_free_ const char **names = calloc(NAMES_MAX, sizeof(*names));
	struct topic t;
	struct page p;
	uint32_t n;

	if (!names)
		return -ENOMEM;
	page_init(&p, o, out);
	for (n = 0; calls[n];)
		n++;
	put_names(&p, "Calls: made for real and taken apart", calls, n);
	for (int kind = 0; kind < TOPIC_KINDS; kind++) {
		n = 0;
		for (unsigned int i = 0; topic_at(i, &t) && n < NAMES_MAX; i++)
			if ((int)t.kind == kind)
				names[n++] = t.name;
		put_names(&p, titles[kind], names, n);
	}
	for (n = 0; more[n];)
		n++;
	put_names(&p, "Drop reasons of this kernel that are not described", more, n);
	page_put(&p, STYLE_DIM, "crumb explain NAME");
	page_newline(&p);
	return page_result(&p);
}
