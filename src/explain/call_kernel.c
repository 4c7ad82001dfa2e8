// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stacks of a call's tracepoints as one tree: what two neighbours share is written once. Functions that functions.c
 * describes have a line of their own; those between stand in the line above. Without -v, branches in which only memory
 * was taken or given back are left out and counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_text.h"
#include "cleanup.h"
#include "functions.h"
#include "units.h"

#define NODES_MAX 4096

struct node {
	const char *name;
	const struct story_seen *seen; /* a leaf: the tracepoint; NULL: a function */
	uint64_t ns;
	uint32_t first_child, next, last_child; /* 0: none */
	uint32_t times;
	bool worth; /* something besides memory happens below */
};

struct tree {
	struct node nodes[NODES_MAX]; /* [0] is the root */
	uint32_t n;
	uint32_t hidden;
};

static uint32_t add_node(struct tree *t, uint32_t parent, const char *name, uint64_t ns)
{
	uint32_t new = t->n;

	if (t->n == NODES_MAX)
		return 0;
	t->nodes[t->n++] = (struct node){ .name = name, .ns = ns, .times = 1 };
	if (t->nodes[parent].last_child)
		t->nodes[t->nodes[parent].last_child].next = new;
	else
		t->nodes[parent].first_child = new;
	t->nodes[parent].last_child = new;
	return new;
}

/* Only what follows directly belongs to the same visit of a function. */
static void add_seen(struct tree *t, const struct story_seen *s)
{
	uint32_t at = 0, leaf;

	for (uint32_t i = 0; i < s->depth; i++) {
		uint32_t last = t->nodes[at].last_child;

		if (last && !t->nodes[last].seen && !strcmp(t->nodes[last].name, s->stack[i]))
			at = last;
		else
			at = add_node(t, at, s->stack[i], s->ns);
		if (!at)
			return;
	}
	leaf = t->nodes[at].last_child;
	if (leaf && t->nodes[leaf].seen && !strcmp(t->nodes[leaf].name, s->point) &&
	    t->nodes[leaf].seen->value == s->value) {
		t->nodes[leaf].times++;
		return;
	}
	leaf = add_node(t, at, s->point, s->ns);
	if (leaf)
		t->nodes[leaf].seen = s;
}

static bool find_worth(struct tree *t, uint32_t at, bool all)
{
	struct node *n = &t->nodes[at];

	if (n->seen)
		n->worth = all || !function_is_memory(n->name);
	else
		n->worth = all || (at && function_find(n->name));
	for (uint32_t c = n->first_child; c; c = t->nodes[c].next)
		if (find_worth(t, c, all))
			n->worth = true;
	return n->worth;
}

static const char *tcp_state(unsigned int state)
{
	static const char *const names[] = { "?",	    "ESTABLISHED", "SYN_SENT",	"SYN_RECV",
					     "FIN_WAIT1",   "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
					     "CLOSE_WAIT",  "LAST_ACK",	   "LISTEN",	"CLOSING",
					     "NEW_SYN_RECV" };

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static void point_words(const struct node *n, char *buf, size_t size)
{
	const char *words = function_tracepoint_words(n->name);
	int64_t v = n->seen->value;
	int at = snprintf(buf, size, "%s", words ? words : n->name);

	if (!strcmp(n->name, "inet_sock_set_state"))
		at += snprintf(buf + at, size - at, " %s to %s", tcp_state(v >> 8 & 255),
			       tcp_state(v & 255));
	else if (!strcmp(n->name, "inet_sk_error_report"))
		at += snprintf(buf + at, size - at, " = %" PRId64 "%s%s", v, v ? " " : "",
			       v && strerrorname_np((int)v) ? strerrorname_np((int)v) : "");
	else if (!strcmp(n->name, "sys_exit"))
		at += snprintf(buf + at, size - at, ": %" PRId64, v);
	else if (strstr(n->name, "_length"))
		at += snprintf(buf + at, size - at, ": %" PRId64, v);
	if (n->times > 1)
		snprintf(buf + at, size - at, ", %u times", n->times);
}

struct drawing {
	struct page *p;
	struct tree *t;
	unsigned int words; /* column of what a function does */
};

#define TIME_COLUMN 1
#define NAME_COLUMN (TIME_COLUMN + UNITS_COLUMNS + 2)

static void put_time(struct page *p, const struct node *n)
{
	char ns[UNITS_BYTES];

	page_tab(p, TIME_COLUMN);
	page_put(p, STYLE_DIM, units_duration_column(ns, "", n->ns, p->utf8));
}

static void put_words(struct drawing *d, const char *text)
{
	struct page *p = d->p;

	if (p->column + 1 > d->words)
		page_newline(p);
	page_tab(p, d->words);
	page_wrap(p, STYLE_PLAIN, text);
}

static uint32_t only_child(const struct tree *t, const struct node *n)
{
	uint32_t found = 0;

	for (uint32_t c = n->first_child; c; c = t->nodes[c].next) {
		if (!t->nodes[c].worth)
			continue;
		if (found)
			return 0;
		found = c;
	}
	return found;
}

static void put_leaf(struct drawing *d, const struct node *n, unsigned int indent)
{
	char text[200];

	put_time(d->p, n);
	page_tab(d->p, NAME_COLUMN + indent);
	page_put(d->p, STYLE_DIM, d->p->glyphs->dot);
	page_skip(d->p, 1);
	page_put(d->p, STYLE_SENDER, n->name);
	point_words(n, text, sizeof(text));
	put_words(d, text);
}

static void draw_children(struct drawing *d, const struct node *n, unsigned int indent);

/* A function, and behind it those on the way to the next that is described or where the way parts. */
static void draw_function(struct drawing *d, const struct node *n, unsigned int indent)
{
	const struct function_doc *doc = function_find(n->name);
	struct page *p = d->p;
	char name[128];

	put_time(p, n);
	page_tab(p, NAME_COLUMN + indent);
	function_source_name(n->name, name, sizeof(name));
	page_put(p, doc ? STYLE_BOLD : STYLE_PLAIN, name);
	while (!doc || !p->unfold) {
		uint32_t next = only_child(d->t, n);
		const struct node *child = &d->t->nodes[next];

		if (!next || child->seen || function_find(child->name) || doc)
			break;
		function_source_name(child->name, name, sizeof(name));
		if (p->column + 3 + strlen(name) > p->width)
			break;
		page_put(p, STYLE_DIM, " > ");
		page_put(p, STYLE_PLAIN, name);
		n = child;
	}
	if (doc)
		put_words(d, doc->doc);
	else
		page_newline(p);
	draw_children(d, n, indent + 1);
}

static void draw_children(struct drawing *d, const struct node *n, unsigned int indent)
{
	for (uint32_t c = n->first_child; c; c = d->t->nodes[c].next) {
		const struct node *child = &d->t->nodes[c];

		if (!child->worth) {
			d->t->hidden++;
			continue;
		}
		if (child->seen)
			put_leaf(d, child, indent);
		else
			draw_function(d, child, indent);
	}
}

static void put_times(struct page *p, const struct story *s)
{
	char kernel[UNITS_BYTES], watch[UNITS_BYTES], text[600];

	snprintf(text, sizeof(text),
		 "%u tracepoints fired inside the call; at each of them the kernel's stack was taken, which is how "
		 "the functions above it are known. Times count from the entry; a function's is that of the first "
		 "tracepoint seen in it. The %s that taking the stacks took are taken out, which leaves %s for the call itself, and a little of crumb in it.",
		 s->seen_count, units_duration(watch, s->watch_ns, p->utf8),
		 units_duration(kernel, s->kernel_ns, p->utf8));
	call_paragraph(p, text);
	if (!s->alone_ns)
		return;
	snprintf(text, sizeof(text),
		 "A run of the same program before this one, with two tracepoints and no stacks, took %s from entry to "
		 "exit.",
		 units_duration(kernel, s->alone_ns, p->utf8));
	call_paragraph(p, text);
}

void call_kernel_text(struct page *p, const struct story *s)
{
	struct drawing d = { .p = p, .words = p->width >= 90 ? 52 : 36 };
	char right[UNITS_BYTES], text[200];
	_cleanup_free_ struct tree *t = NULL;

	units_duration(right, s->kernel_ns, p->utf8);
	call_heading(p, "4  In the kernel", s->watched ? right : "");
	if (!s->watched) {
		snprintf(text, sizeof(text), "Not watched: %.160s", s->watch_why);
		call_paragraph(p, text);
		return;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		p->out->failed = true;
		return;
	}
	t->n = 1;
	for (uint32_t i = 0; i < s->seen_count; i++)
		add_seen(t, &s->seen[i]);
	find_worth(t, 0, p->unfold);
	d.t = t;
	draw_children(&d, &t->nodes[0], 0);
	put_times(p, s);
	if (t->hidden) {
		snprintf(text, sizeof(text),
			 "%u %s where only memory was taken or given back %s left out: -v shows %s.",
			 t->hidden, t->hidden == 1 ? "branch" : "branches",
			 t->hidden == 1 ? "is" : "are", t->hidden == 1 ? "it" : "them");
		call_paragraph(p, text);
	}
	if (s->seen_lost) {
		snprintf(text, sizeof(text), "%" PRIu64 " %s no room and %s missing.", s->seen_lost,
			 s->seen_lost == 1 ? "tracepoint found" : "tracepoints found",
			 s->seen_lost == 1 ? "is" : "are");
		call_paragraph(p, text);
	}
}
