// SPDX-License-Identifier: GPL-2.0-only
#include "walk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cleanup.h"
#include "functions.h"
#include "links.h"
#include "page.h"
#include "sysnr.h"
#include "units.h"

#define INDENT	      2
#define FUNCTION      4	 /* column of a function's name */
#define FUNCTION_DOC  36 /* and of what it does */
#define FUNCTIONS_MAX 256

struct walk {
	struct page p;
	const struct journey *j;
	const char *told[FUNCTIONS_MAX]; /* functions that were described already */
	uint32_t n_told;
	unsigned int number; /* of the chapter */
	bool any_borrowed;
};

static void say(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct walk *w, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	page_tab(&w->p, INDENT);
	page_wrap(&w->p, STYLE_PLAIN, text);
}

static void heading(struct walk *w, const char *title, const char *right)
{
	unsigned int room = page_columns(&w->p, right);

	page_newline(&w->p);
	page_printf(&w->p, STYLE_BOLD, "%u  %s", ++w->number, title);
	page_skip(&w->p, 1);
	page_rule(&w->p, w->p.width - room - (room ? 1 : 0));
	if (room)
		page_right(&w->p, STYLE_DIM, right);
	page_newline(&w->p);
}

/* ------------------------------------------------------------------------------------------ functions */

static bool was_told(struct walk *w, const char *name)
{
	for (uint32_t i = 0; i < w->n_told; i++)
		if (!strcmp(w->told[i], name))
			return true;
	if (w->n_told < FUNCTIONS_MAX)
		w->told[w->n_told++] = name;
	return false;
}

static void put_function(struct walk *w, const char *name, const char *doc)
{
	struct page *p = &w->p;

	page_tab(p, FUNCTION);
	page_put(p, STYLE_BOLD, name);
	if (p->column + 1 > FUNCTION_DOC)
		page_newline(p);
	page_tab(p, FUNCTION_DOC);
	page_wrap(p, STYLE_PLAIN, doc);
}

/* Those without a description, or with one that was given before, side by side. */
static void put_run(struct walk *w, const char *const *names, uint32_t n)
{
	struct page_list l = { names, n, " >", NULL, FUNCTION, STYLE_DIM };

	if (!n)
		return;
	page_tab(&w->p, FUNCTION);
	page_list(&w->p, &l);
}

static void put_path(struct walk *w, const struct journey_step *s)
{
	_cleanup_free_ const char **run = calloc(s->path_len + 1, sizeof(*run));
	uint32_t n = 0;

	if (!run) {
		w->p.out->failed = true;
		return;
	}
	w->any_borrowed |= s->path_borrowed;
	for (uint32_t i = 0; i < s->path_len; i++) {
		const struct function_doc *doc = function_find(s->path[i]);

		if (doc && !was_told(w, doc->name)) {
			put_run(w, run, n);
			n = 0;
			put_function(w, doc->name, doc->doc);
		} else {
			run[n++] = doc ? doc->name : s->path[i];
		}
	}
	put_run(w, run, n);
}

/* ------------------------------------------------------------------------------------------- segments */

static void put_segment(struct walk *w, const struct journey_segment *s)
{
	const struct journey_step *from = &w->j->steps[s->from], *to = &w->j->steps[s->to];
	char begin[UNITS_BYTES], end[UNITS_BYTES], ns[UNITS_BYTES], percent[UNITS_BYTES], right[160];
	struct page *p = &w->p;

	page_newline(p);
	page_tab(p, INDENT);
	page_printf(p, STYLE_SENDER, "%s %s %s", units_duration(begin, from->t_ns, p->utf8),
		    p->glyphs->arrow, units_duration(end, to->t_ns, p->utf8));
	page_skip(p, 2);
	page_put(p, STYLE_BOLD, s->cause ? s->cause->words : "unexplained");
	if (s->note)
		page_printf(p, STYLE_DIM, " (%s)", s->note);
	snprintf(right, sizeof(right), "%s %s", units_duration(ns, s->ns, p->utf8),
		 units_percent(percent, s->ns, w->j->total_ns));
	page_right(p, STYLE_SENDER, right);
	page_newline(p);
	put_path(w, to);
	page_tab(p, FUNCTION);
	page_put(p, STYLE_GOOD, point_get(to->point)->name);
	page_printf(p, STYLE_PLAIN, " on %s", to->host);
	if (to->dev)
		page_printf(p, STYLE_PLAIN, ", device %s", to->dev);
	if (p->column + 1 > FUNCTION_DOC)
		page_newline(p);
	page_tab(p, FUNCTION_DOC);
	page_wrap(p, STYLE_PLAIN, point_get(to->point)->doc);
	if (to->detail) {
		page_tab(p, FUNCTION_DOC);
		page_wrap(p, STYLE_WARN, to->detail);
	}
}

/* The chapter of a segment; what no chapter claims stays where the walk is. */
static unsigned int chapter_of(const struct walk *w, const struct journey_segment *s, unsigned int now)
{
	const struct walk_chapter *c;

	if (!s->cause)
		return now;
	/* a wire on the way belongs to the switch that sends on it */
	if (!strcmp(s->cause->code, "net.wire") && w->j->sender.known &&
	    strcmp(w->j->steps[s->from].host, w->j->sender.host) != 0)
		return now;
	for (unsigned int i = 0; (c = walk_chapter_at(i)); i++)
		for (const char *const *code = c->codes; *code; code++)
			if (!strcmp(*code, s->cause->code))
				return i;
	return now;
}

static void put_paragraphs(struct walk *w, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		say(w, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* --------------------------------------------------------------------------------------------- extras */

#if defined(__aarch64__)
#define ARCH STORY_AARCH64
#else
#define ARCH STORY_X86_64
#endif

static void put_register(struct walk *w, unsigned int i, uint64_t value, const char *words)
{
	struct page *p = &w->p;

	page_tab(p, FUNCTION);
	page_put(p, STYLE_BOLD, story_register(ARCH, i));
	page_tab(p, FUNCTION + 5);
	page_printf(p, STYLE_PLAIN, "= 0x%" PRIx64, value);
	page_tab(p, FUNCTION_DOC);
	page_wrap(p, STYLE_PLAIN, words);
}

static void put_call_registers(struct walk *w, const struct journey_end *e, const char *buffer)
{
	char text[200];
	int nr = e->call ? sysnr_number(ARCH, e->call) : -1;

	if (nr < 0 || (strcmp(e->call, "write") && strcmp(e->call, "read") &&
		       strcmp(e->call, "sendto") && strcmp(e->call, "recvfrom")))
		return;
	say(w, "The registers, as the kernel found them in the saved struct pt_regs:");
	snprintf(text, sizeof(text), "%d: the number of the system call %s", nr, e->call);
	put_register(w, 0, nr, text);
	snprintf(text, sizeof(text), "%d: the descriptor of the socket", (int)e->args[0]);
	put_register(w, 1, e->args[0], text);
	put_register(w, 2, e->args[1], buffer);
	snprintf(text, sizeof(text), "%" PRIu64 ": how many bytes", e->args[2]);
	put_register(w, 3, e->args[2], text);
}

static const struct journey_step *side_step(const struct journey *j, uint16_t point)
{
	for (uint32_t i = 0; i < j->side_step_count; i++)
		if (j->side_steps[i].point == point)
			return &j->side_steps[i];
	return NULL;
}

static void put_meanwhile(struct walk *w)
{
	const struct journey_step *back = side_step(w->j, CRUMB_PT_SYS_SEND_RETURN);
	char at[UNITS_BYTES], total[UNITS_BYTES];

	if (!back || !w->j->sender.returned)
		return;
	page_newline(&w->p);
	say(w,
	    "Meanwhile at %s: the sender's %s() returned %" PRId64
	    " to the program, leaving the kernel %s after "
	    "the journey began; the reader had its bytes after %s. That a send call returns means that the kernel "
	    "has taken the bytes, and says nothing of whether anybody received them.",
	    w->j->sender.host, w->j->sender.call, w->j->sender.ret,
	    units_duration(at, back->t_ns, w->p.utf8),
	    units_duration(total, w->j->total_ns, w->p.utf8));
}

/* What belongs to a chapter besides its segments. */
static void put_extra(struct walk *w, unsigned int chapter)
{
	const struct journey *j = w->j;

	switch (chapter) {
	case 0:
		if (j->sender.known && j->sender.call)
			put_call_registers(w, &j->sender,
					   "where the bytes lie in the program's memory");
		break;
	case 2:
		if (j->offset_known)
			say(w,
			    "These are the bytes %" PRIu64 " to %" PRIu64
			    " of their direction of the stream, "
			    "counted from 0.",
			    j->offset, j->offset + j->bytes - 1);
		break;
	case 8:
		if (j->receiver.known && j->receiver.call)
			put_call_registers(w, &j->receiver, "where the program wants the bytes");
		break;
	}
}

/* ---------------------------------------------------------------------------------------- begin, end */

static void put_title(struct walk *w)
{
	const struct journey *j = w->j;
	char total[UNITS_BYTES], src[UNITS_BYTES], dst[UNITS_BYTES];

	page_printf(&w->p, STYLE_BOLD, "How %" PRIu64 " byte%s went from %s to %s in %s", j->bytes,
		    j->bytes == 1 ? "" : "s", j->sender.known ? j->sender.host : "?",
		    j->receiver.known ? j->receiver.host : "?",
		    units_duration(total, j->total_ns, w->p.utf8));
	page_newline(&w->p);
	page_newline(&w->p);
	say(w,
	    "On host %s runs %s, process %u; on host %s %s, process %u. Between them stands a switch. The two have a "
	    "%s connection, %s to %s, and the first is about to write %" PRIu64
	    " bytes to the second. Every "
	    "number below was measured a moment ago, on this machine; 0 is the moment when the program called the C "
	    "library.",
	    j->sender.known ? j->sender.host : "?", j->sender.known ? j->sender.comm : "a program",
	    j->sender.tgid, j->receiver.known ? j->receiver.host : "?",
	    j->receiver.known ? j->receiver.comm : "a program", j->receiver.tgid,
	    j->proto == 17 ? "UDP" : "TCP", units_address(src, &j->src),
	    units_address(dst, &j->dst), j->bytes);
}

static const char *call_purpose(const struct journey_call *c)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
		{ "getaddrinfo",
		  "turned the name into an address: no system call of its own, but files to read "
		  "and perhaps servers to ask" },
		{ "socket", "made the socket: an object in the kernel, and a descriptor for it" },
		{ "connect", "shook hands with the other side: SYN there, SYN-ACK back, ACK there" },
		{ "bind", "gave the socket its address" },
		{ "close", "gave the descriptor back" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, c->name))
			return rows[i].words;
	return "";
}

static void put_before(struct walk *w)
{
	const struct journey *j = w->j;
	bool any = false;

	for (uint32_t i = 0; i < j->call_count; i++) {
		const struct journey_call *c = &j->calls[i];
		char ns[UNITS_BYTES], text[400];

		if (c->layer != CRUMB_CALLED_LIBC)
			continue;
		if (!any) {
			page_newline(&w->p);
			say(w, "Before that, to have a connection, the program had called:");
		}
		any = true;
		page_tab(&w->p, FUNCTION);
		page_printf(&w->p, STYLE_BOLD, "%s()", c->name);
		page_tab(&w->p, FUNCTION + 15);
		page_put(&w->p, STYLE_SENDER, units_duration(ns, c->ns, w->p.utf8));
		page_tab(&w->p, FUNCTION_DOC);
		snprintf(text, sizeof(text), "= %" PRId64 "; it %s", c->ret,
			 *call_purpose(c) ? call_purpose(c) : "prepared the connection");
		page_wrap(&w->p, STYLE_PLAIN, text);
	}
}

static const struct journey_segment *longest(const struct journey *j,
					     const struct journey_segment *but)
{
	const struct journey_segment *found = NULL;

	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct journey_segment *s = &j->segments[i];

		if (s != but && s->cause && (!but || s->ns <= but->ns) &&
		    (!found || s->ns > found->ns))
			found = s;
	}
	return found;
}

static void put_longest(struct walk *w)
{
	const struct journey_segment *first = longest(w->j, NULL);
	const struct journey_segment *second = first ? longest(w->j, first) : NULL;
	char a[UNITS_BYTES], b[UNITS_BYTES];

	if (!second)
		return;
	say(w,
	    "The longest part was \"%s\", %s of it (crumb explain %s); the next \"%s\", %s (crumb explain %s).",
	    first->cause->words, units_duration(a, first->ns, w->p.utf8), first->cause->code,
	    second->cause->words, units_duration(b, second->ns, w->p.utf8), second->cause->code);
}

static void put_account(struct walk *w)
{
	const struct journey *j = w->j;
	char sum[UNITS_BYTES], rest[UNITS_BYTES], total[UNITS_BYTES];
	uint64_t explained = 0;

	for (uint32_t i = 0; i < j->segment_count; i++)
		if (j->segments[i].cause)
			explained += j->segments[i].ns;
	heading(w, "The account", units_duration(total, j->total_ns, w->p.utf8));
	say(w, "The parts add up: %s explained and %s unexplained are %s, the whole. Verdict: %s. %s",
	    units_duration_exact(sum, explained, w->p.utf8),
	    units_duration_exact(rest, j->unexplained_ns, w->p.utf8),
	    units_duration_exact(total, j->total_ns, w->p.utf8), verdict_name(j->verdict),
	    j->lost_events ? "Events were lost: the walk may miss steps." :
			     "No event was lost on the way.");
	put_longest(w);
	if (w->any_borrowed)
		say(w,
		    "The times are this message's own. The functions between two points were seen on a rehearsal, "
		    "another connection that the same programs made just before: to walk the kernel's stack takes "
		    "microseconds, which would have been added to the times shown here.");
	say(w, "On: crumb explain write takes the call apart down to the instruction; crumb demo -v shows this journey as "
	       "a table; crumb explain lists what else can be asked.");
}

static int walk_journey(const struct render_options *o, const struct journey *j, struct strbuf *out)
{
	_cleanup_free_ struct walk *w = calloc(1, sizeof(*w));
	unsigned int chapter = UINT32_MAX, next;
	struct links links = { .n = 0 };

	if (!w)
		return -ENOMEM;
	page_init(&w->p, o, out);
	w->j = j;
	put_title(w);
	put_before(w);
	for (uint32_t i = 0; i < j->segment_count; i++) {
		const struct walk_chapter *c;
		char at[UNITS_BYTES];

		next = chapter_of(w, &j->segments[i], chapter == UINT32_MAX ? 0 : chapter);
		c = walk_chapter_at(next);
		if (c && next != chapter) {
			heading(w, c->title,
				units_duration(at, j->steps[j->segments[i].from].t_ns, w->p.utf8));
			if (chapter == UINT32_MAX || next > chapter) {
				put_paragraphs(w, c->text);
				put_extra(w, next);
			}
			chapter = next;
		}
		put_segment(w, &j->segments[i]);
	}
	put_meanwhile(w);
	put_account(w);
	page_newline(&w->p);
	if (o->link)
		links_add_journey(&links, j);
	links_text(&w->p, o, &links);
	return page_result(&w->p);
}

static int walk_end(const struct render_options *o, const struct trace_summary *s, struct strbuf *out)
{
	struct page p;

	page_init(&p, o, out);
	if (s->lost_events) {
		page_tab(&p, INDENT);
		page_printf(&p, STYLE_BAD, "%" PRIu64 " events were lost", s->lost_events);
		page_newline(&p);
	}
	if (s->unobservable_count) {
		struct page_list l = { s->unobservable, s->unobservable_count, ",", NULL, INDENT,
				       STYLE_DIM };

		page_put(&p, STYLE_DIM, "points this kernel cannot show: ");
		page_list(&p, &l);
	}
	return page_result(&p);
}

const struct renderer render_walk = {
	.name = "walk",
	.doc = "a guided walk",
	.journey = walk_journey,
	.end = walk_end,
};
