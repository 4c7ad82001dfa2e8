// SPDX-License-Identifier: GPL-2.0-only
/*
 * Journeys for people. The first line answers who, to whom, how long and how it ended; then the
 * bars, where the time went; then the steps. The last line is the account: the segments add up to
 * the total, and what was lost, or that nothing was.
 */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "links.h"
#include "topic.h"
#include "units.h"

static const enum style verdict_styles[VERDICT_MAX] = {
	[VERDICT_DELIVERED] = STYLE_GOOD,    [VERDICT_DROPPED] = STYLE_BAD,
	[VERDICT_WAITING] = STYLE_WARN,	     [VERDICT_LEFT] = STYLE_WARN,
	[VERDICT_INCOMPLETE] = STYLE_UNSURE,
};

static enum style verdict_style(enum verdict v)
{
	return v < VERDICT_MAX ? verdict_styles[v] : STYLE_PLAIN;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ------------------------------------------------------------------------------ who, how long */

/* "a muffin-send[812] fd 3"; @level 1 without the descriptor, 2 without the pid too. */
static void end_words(const struct journey_end *e, const char *unknown, int level, char *buf,
		      size_t size)
{
	int n;

	if (!e->known) {
		snprintf(buf, size, "(%s not seen)", unknown);
		return;
	}
	n = snprintf(buf, size, "%.64s %.64s", e->host, e->comm);
	if (level < 2)
		n += snprintf(buf + n, size - n, "[%u]", e->tgid);
	if (level < 1 && e->fd >= 0)
		snprintf(buf + n, size - n, " fd %d", e->fd);
}

#define END_BYTES 256

static void put_ends(struct page *p, const struct journey *j, unsigned int room)
{
	unsigned int arrow = page_columns(p, p->glyphs->arrow) + 2, each[2];
	char text[2][END_BYTES];

	for (int level = 0; level < 3; level++) {
		end_words(&j->sender, "sender", level, text[0], END_BYTES);
		end_words(&j->receiver, "receiver", level, text[1], END_BYTES);
		each[0] = page_columns(p, text[0]);
		each[1] = page_columns(p, text[1]);
		if (each[0] + arrow + each[1] <= room)
			break;
	}
	if (each[0] + arrow + each[1] > room) {
		/* both shortened: a receiver that fell off the edge would be worse */
		unsigned int half = (room - arrow) / 2;

		if (each[0] > half)
			each[0] = each[1] < half ? room - arrow - each[1] : half;
		each[1] = room - arrow - each[0];
	}
	page_text(p, STYLE_BOLD, text[0], each[0]);
	page_skip(p, 1);
	page_put(p, STYLE_DIM, p->glyphs->arrow);
	page_skip(p, 1);
	page_text(p, STYLE_BOLD, text[1], each[1]);
}

static void put_first_line(struct page *p, const struct journey *j)
{
	char total[UNITS_BYTES], count[UNITS_BYTES];

	units_duration(total, j->total_ns, p->utf8);
	page_put(p, verdict_style(j->verdict), verdict_name(j->verdict));
	page_skip(p, 2);
	page_printf(p, STYLE_PLAIN, "%s byte%s", units_count(count, j->bytes), plural(j->bytes));
	page_skip(p, 2);
	put_ends(p, j, page_room(p) - page_columns(p, total) - 2);
	page_right(p, STYLE_BOLD, total);
	page_newline(p);
}

/* A fact of the second line, if there is room for it. */
static void put_cell(struct page *p, enum style style, const char *text)
{
	bool first = p->column <= TEXT_INDENT;
	unsigned int need = page_columns(p, text);

	if (!first && need + 2 > page_room(p))
		return;
	page_skip(p, first ? 0 : 2);
	page_put(p, style, text);
}

static void put_facts(struct page *p, const struct journey *j)
{
	char src[UNITS_BYTES], dst[UNITS_BYTES], text[2 * UNITS_BYTES + 16];

	page_tab(p, TEXT_INDENT);
	snprintf(text, sizeof(text), "%s %s %s", units_address(src, &j->src), p->glyphs->arrow,
		 units_address(dst, &j->dst));
	put_cell(p, STYLE_PLAIN, text);
	put_cell(p, STYLE_PLAIN, units_proto(text, j->proto));
	if (j->retransmits > 0) {
		snprintf(text, sizeof(text), "%u retransmit%s", j->retransmits,
			 plural(j->retransmits));
		put_cell(p, STYLE_WARN, text);
	}
	snprintf(text, sizeof(text), "bytes %llu..%llu%s", (unsigned long long)j->offset,
		 (unsigned long long)(j->offset + j->bytes),
		 j->offset_known ? "" : " since first seen");
	put_cell(p, STYLE_PLAIN, text);
	if (j->reads > 1) {
		snprintf(text, sizeof(text), "%u reads", j->reads);
		put_cell(p, STYLE_PLAIN, text);
	}
	if (j->observer_ns > 0) {
		snprintf(text, sizeof(text), "crumb itself %s",
			 units_duration(src, j->observer_ns, p->utf8));
		put_cell(p, STYLE_DIM, text);
	}
	/* enough of the identity to tell neighbours apart; the rest is in the JSON and unfolded */
	snprintf(text, sizeof(text), "id %02x%02x%02x%02x", j->id[0], j->id[1], j->id[2], j->id[3]);
	if (!p->unfold)
		put_cell(p, STYLE_DIM, text);
	page_newline(p);
}

/* "dnat in gw: behind it 10.2.0.1:38424 → 10.2.0.2:8080" */
static void put_nats(struct page *p, const struct journey *j)
{
	char src[UNITS_BYTES], dst[UNITS_BYTES], text[2 * UNITS_BYTES + 128];

	for (uint32_t i = 0; i < j->nat_count; i++) {
		const struct journey_nat *n = &j->nats[i];

		snprintf(text, sizeof(text), "%s in %.64s: behind it %s %s %s",
			 units_nat_name(n->how), n->host, units_address(src, &n->after[0]),
			 p->glyphs->arrow, units_address(dst, &n->after[1]));
		page_tab(p, TEXT_INDENT);
		page_wrap(p, STYLE_PLAIN, text);
	}
}

static bool same_tunnel(const struct journey_tunnel *a, const struct journey_tunnel *b)
{
	return a->kind == b->kind && a->has_key == b->has_key && a->key == b->key &&
	       !memcmp(a->from, b->from, sizeof(a->from)) && !memcmp(a->to, b->to, sizeof(a->to));
}

/* "in vxlan 42, 10.1.0.2 → 10.2.0.2", of each tunnel once. */
static void put_tunnels(struct page *p, const struct journey *j)
{
	char from[UNITS_BYTES], to[UNITS_BYTES], key[16];
	const struct journey_tunnel *last = NULL;

	for (uint32_t i = 0; i < j->step_count; i++) {
		const struct journey_tunnel *t = j->steps[i].tunnel;

		if (!t || !t->kind || (last && same_tunnel(last, t)))
			continue;
		last = t;
		snprintf(key, sizeof(key), " %u", t->key);
		page_tab(p, TEXT_INDENT);
		page_printf(p, STYLE_PLAIN, "in %s%s, %s %s %s", tunnel_kind_words(t->kind),
			    t->has_key ? key : "", units_host(from, t->from), p->glyphs->arrow,
			    units_host(to, t->to));
		page_newline(p);
	}
}

#define ROLE_COLUMN (TEXT_INDENT + sizeof("receiver") + 1)

static void put_id(struct page *p, const struct journey *j)
{
	char text[2 * sizeof(j->id) + 1];

	for (size_t i = 0; i < sizeof(j->id); i++)
		snprintf(text + 2 * i, 3, "%02x", j->id[i]);
	page_tab(p, TEXT_INDENT);
	page_put(p, STYLE_DIM, "id");
	page_tab(p, ROLE_COLUMN);
	page_put(p, STYLE_DIM, text);
	page_newline(p);
}

/* What the reason means, in the words of crumb explain. */
static void put_reason(struct page *p, const char *reason)
{
	char text[512];
	struct topic t;

	if (!topic_find(reason, &t))
		return;
	snprintf(text, sizeof(text), "%.400s (crumb explain %.64s)", t.what, t.name);
	page_tab(p, TEXT_INDENT);
	page_wrap(p, STYLE_DIM, text);
}

/* How it ended, where it was not delivered. */
static void put_ending(struct page *p, const struct journey *j)
{
	static const char *const before_where[VERDICT_MAX] = {
		[VERDICT_DELIVERED] = "at",
		[VERDICT_DROPPED] = "dropped at",
		[VERDICT_WAITING] = "waiting at",
		[VERDICT_LEFT] = "last seen at",
		[VERDICT_INCOMPLETE] = "last seen at",
	};
	char lasted[UNITS_BYTES];

	if (!j->where && !j->reason)
		return;
	page_tab(p, TEXT_INDENT);
	if (j->where)
		page_printf(p, verdict_style(j->verdict), "%s %s", before_where[j->verdict],
			    j->where);
	if (j->where && j->reason)
		page_put(p, STYLE_PLAIN, ": ");
	if (j->reason)
		page_put(p, STYLE_BOLD, j->reason);
	if (j->verdict == VERDICT_WAITING && j->waiting_ns)
		page_printf(p, STYLE_BOLD, ", for %s so far",
			    units_duration(lasted, j->waiting_ns, p->utf8));
	page_newline(p);
	if (j->proof) {
		page_tab(p, TEXT_INDENT);
		page_wrap(p, STYLE_BOLD, j->proof);
	}
	if (j->verdict == VERDICT_DROPPED && j->reason)
		put_reason(p, j->reason);
}

/* The connection was reset: by whom, why, and what that did to the bytes. */
static void put_reset(struct page *p, const struct journey *j)
{
	const struct journey_reset *r = j->reset;
	char text[512], at[UNITS_BYTES], read[UNITS_BYTES], gone[UNITS_BYTES];

	snprintf(text, sizeof(text),
		 "reset by the %s%s%s: %s%s%s%s, %s %s its first step; %s byte%s read, %s thrown away",
		 r->by_sender ? "sender's end" : "receiver's end", r->host ? " on " : "",
		 r->host ? r->host : "", r->why, r->reason ? " (" : "", r->reason ? r->reason : "",
		 r->reason ? ")" : "", units_duration(at, r->t_ns < 0 ? -r->t_ns : r->t_ns, p->utf8),
		 r->t_ns < 0 ? "before" : "after", units_count(read, r->read), plural(r->read),
		 units_count(gone, r->thrown_away));
	page_tab(p, TEXT_INDENT);
	page_wrap(p, STYLE_BOLD, text);
}

/* ------------------------------------------------------------------------------ the two calls */

static unsigned int call_arity(const char *call)
{
	static const struct {
		const char *name;
		unsigned int arity;
	} known[] = {
		{ "read", 3 },	   { "write", 3 },   { "readv", 3 },	{ "writev", 3 },
		{ "sendmsg", 3 },  { "recvmsg", 3 }, { "sendmmsg", 4 }, { "recvmmsg", 5 },
		{ "sendfile", 4 }, { "pread64", 4 }, { "pwrite64", 4 }, { "tee", 4 },
		{ "vmsplice", 4 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, call))
			return known[i].arity;
	return 6;
}

/* Where the process belongs: which service or container it is. */
static void put_place(struct page *p, const struct journey_end *e)
{
	if (!e->cgroup && !e->pid_inside)
		return;
	page_tab(p, ROLE_COLUMN);
	if (e->cgroup)
		page_printf(p, STYLE_DIM, "in cgroup %s", e->cgroup);
	if (e->pid_inside)
		page_printf(p, STYLE_DIM, "%spid %u in its own PID namespace",
			    e->cgroup ? ", " : "", e->pid_inside);
	page_newline(p);
}

/* "write(3, 0x55d0c8a2b2a0, 6) = 6" from the registers, small ones in decimal. */
static void put_call(struct page *p, const char *role, const struct journey_end *e)
{
	unsigned int arity;
	char text[256];
	int n;

	if (!e->known || !e->call)
		return;
	arity = call_arity(e->call);
	n = snprintf(text, sizeof(text), "%s(", e->call);
	for (unsigned int i = 0; i < arity; i++) {
		uint64_t v = e->args[i];
		const char *comma = i ? ", " : "";

		if (v < 10000000 || v > -(uint64_t)4096)
			n += snprintf(text + n, sizeof(text) - n, "%s%lld", comma, (long long)v);
		else
			n += snprintf(text + n, sizeof(text) - n, "%s0x%llx", comma,
				      (unsigned long long)v);
	}
	page_tab(p, TEXT_INDENT);
	page_put(p, STYLE_DIM, role);
	page_tab(p, ROLE_COLUMN);
	page_printf(p, STYLE_PLAIN, "%s)", text);
	if (e->returned)
		page_printf(p, STYLE_PLAIN, " = %lld", (long long)e->ret);
	if (e->returned && e->ret < 0 && strerrorname_np((int)-e->ret))
		page_printf(p, STYLE_BAD, " %s", strerrorname_np((int)-e->ret));
	if (e->pid != e->tgid && e->pid != 0)
		page_printf(p, STYLE_DIM, "  thread %u", e->pid);
	page_newline(p);
	put_place(p, e);
}

/* --------------------------------------------------------------------------------- the account */

struct account {
	char identity[3][256]; /* long, short, shortest */
	char clock[96];
	char losses[96];
	enum style identity_style, losses_style;
};

static void account_identity(const struct page *p, const struct journey *j, struct account *a)
{
	char sum[UNITS_BYTES], rest[UNITS_BYTES], total[UNITS_BYTES];
	uint64_t explained = 0;
	unsigned int segments = 0;
	const char *equal;

	for (uint32_t i = 0; i < j->segment_count; i++)
		if (j->segments[i].cause) {
			explained += j->segments[i].ns;
			segments++;
		}
	equal = explained + j->unexplained_ns == j->total_ns ? "=" : p->glyphs->not_equal;
	a->identity_style = *equal == '=' ? STYLE_PLAIN : STYLE_BAD;
	units_duration_exact(sum, explained, p->utf8);
	units_duration_exact(rest, j->unexplained_ns, p->utf8);
	units_duration_exact(total, j->total_ns, p->utf8);
	snprintf(a->identity[0], sizeof(a->identity[0]),
		 "%s %u segment%s %s + unexplained %s %s total %s", p->glyphs->sum, segments,
		 plural(segments), sum, rest, equal, total);
	snprintf(a->identity[1], sizeof(a->identity[1]), "%s %s + unexplained %s %s %s",
		 p->glyphs->sum, sum, rest, equal, total);
	snprintf(a->identity[2], sizeof(a->identity[2]), "%s + %s %s %s", sum, rest, equal, total);
}

static void account_make(const struct page *p, const struct journey *j, struct account *a)
{
	char text[UNITS_BYTES];

	account_identity(p, j, a);
	if (j->clock_bound_ns == JOURNEY_BOUND_UNKNOWN)
		snprintf(a->clock, sizeof(a->clock), "clocks %s: times between hosts are relative",
			 j->clock_state);
	else if (j->clock_bound_ns > 0)
		snprintf(a->clock, sizeof(a->clock), "clock %s, within %s", j->clock_state,
			 units_duration(text, j->clock_bound_ns, p->utf8));
	else
		snprintf(a->clock, sizeof(a->clock), "clock %s", j->clock_state);
	a->losses_style = j->lost_events ? STYLE_BAD : STYLE_PLAIN;
	if (j->lost_events)
		snprintf(a->losses, sizeof(a->losses), "%s event%s lost: this journey may miss steps",
			 units_count(text, j->lost_events), plural(j->lost_events));
	else
		snprintf(a->losses, sizeof(a->losses), "no events lost");
}

static void put_dot(struct page *p)
{
	page_skip(p, 1);
	page_put(p, STYLE_DIM, p->glyphs->dot);
	page_skip(p, 1);
}

/* The fullest wording that fits on one line; where none does, clock and losses get their own. */
static void put_account(struct page *p, const struct journey *j)
{
	unsigned int dot = page_columns(p, p->glyphs->dot) + 2, tail, room = p->width - TEXT_INDENT;
	struct account a;
	int form;

	account_make(p, j, &a);
	tail = dot + page_columns(p, a.clock) + dot + page_columns(p, a.losses);
	page_tab(p, TEXT_INDENT);
	for (form = 0; form < 2; form++)
		if (page_columns(p, a.identity[form]) + tail <= room)
			break;
	if (form < 2) {
		page_put(p, a.identity_style, a.identity[form]);
		put_dot(p);
	} else {
		for (form = 0; form < 2; form++)
			if (page_columns(p, a.identity[form]) <= room)
				break;
		page_put(p, a.identity_style, a.identity[form]);
		page_newline(p);
		page_tab(p, TEXT_INDENT);
	}
	page_put(p, STYLE_PLAIN, a.clock);
	put_dot(p);
	page_put(p, a.losses_style, a.losses);
	page_newline(p);
}

/* ------------------------------------------------------------------------------- the renderer */

static int text_journey(const struct render_options *o, const struct journey *j, struct strbuf *out)
{
	struct links links = { .n = 0 };
	struct page p;
	int err;

	page_init(&p, o, out);
	put_first_line(&p, j);
	put_facts(&p, j);
	put_nats(&p, j);
	text_hardware(&p, j);
	put_tunnels(&p, j);
	put_ending(&p, j);
	if (j->reset)
		put_reset(&p, j);
	if (p.unfold) {
		put_id(&p, j);
		put_call(&p, "sender", &j->sender);
		put_call(&p, "receiver", &j->receiver);
	}
	page_newline(&p);
	err = text_bars(&p, j);
	if (err)
		return err;
	if (p.unfold)
		text_calls(&p, j);
	text_transmissions(&p, j);
	text_steps(&p, j);
	if (p.unfold)
		text_side_steps(&p, j);
	text_functions(&p, j);
	put_account(&p, j);
	page_newline(&p);
	if (o->link)
		links_add_journey(&links, j);
	links_text(&p, o, &links);
	return page_result(&p);
}

static int text_begin(const struct render_options *o, const struct trace_info *info,
		      struct strbuf *out)
{
	struct page p;

	if (!*info->version) /* nothing has come: there is nobody to speak of */
		return 0;
	page_init(&p, o, out);
	page_printf(&p, STYLE_DIM, "crumb %s", info->version);
	put_dot(&p);
	page_printf(&p, STYLE_DIM, "%s, Linux %s %s", info->host, info->release, info->machine);
	if (info->selection && *info->selection) {
		put_dot(&p);
		page_printf(&p, STYLE_DIM, "following %s", info->selection);
	}
	page_newline(&p);
	page_newline(&p);
	return page_result(&p);
}

/* One of several on a line, on the next line if this one is full. */
static void put_item(struct page *p, const char *separator, enum style style, const char *text)
{
	unsigned int need = page_columns(p, separator) + 2 + page_columns(p, text);

	if (p->column > 0 && need > page_room(p)) {
		page_newline(p);
		page_tab(p, TEXT_INDENT);
	} else if (p->column > 0) {
		page_put(p, STYLE_DIM, separator);
		page_skip(p, 1);
	}
	page_put(p, style, text);
}

static void put_verdicts(struct page *p, const struct trace_summary *s)
{
	char count[UNITS_BYTES], text[UNITS_BYTES + 32];
	const char *separator = ":";

	page_printf(p, STYLE_BOLD, "%s journey%s", units_count(count, s->journeys),
		    plural(s->journeys));
	for (int v = 0; v < VERDICT_MAX; v++) {
		if (s->verdicts[v] == 0)
			continue;
		snprintf(text, sizeof(text), "%s %s", units_count(count, s->verdicts[v]),
			 verdict_name(v));
		put_item(p, separator, verdict_style(v), text);
		separator = ",";
	}
	page_newline(p);
}

static void put_counts(struct page *p, const struct trace_summary *s)
{
	char count[UNITS_BYTES], flows[UNITS_BYTES], text[2 * UNITS_BYTES + 32], dot[8];

	snprintf(dot, sizeof(dot), " %s", p->glyphs->dot);
	snprintf(text, sizeof(text), "%s byte%s on %s connection%s", units_count(count, s->bytes),
		 plural(s->bytes), units_count(flows, s->flows), plural(s->flows));
	put_item(p, dot, STYLE_PLAIN, text);
	snprintf(text, sizeof(text), "%s event%s", units_count(count, s->events), plural(s->events));
	put_item(p, dot, STYLE_PLAIN, text);
	snprintf(text, sizeof(text), "%s lost",
		 s->lost_events ? units_count(count, s->lost_events) : "none");
	put_item(p, dot, s->lost_events ? STYLE_BAD : STYLE_PLAIN, text);
	snprintf(text, sizeof(text), "%s journey%s paid for stack samples",
		 units_count(count, s->stacked), plural(s->stacked));
	if (s->stacked > 0)
		put_item(p, dot, STYLE_PLAIN, text);
	page_newline(p);
	for (uint32_t i = 0; i < s->loss_count; i++) {
		const struct trace_loss *l = &s->losses[i];

		page_tab(p, TEXT_INDENT);
		page_printf(p, STYLE_BAD, "%s", units_count(count, l->count));
		if (l->point)
			page_printf(p, STYLE_PLAIN, " at %s:", point_get(l->point)->name);
		else if (l->cause != CRUMB_LOSS_FUNCS && l->cause != CRUMB_LOSS_SAMPLES)
			page_put(p, STYLE_PLAIN, " at a point unknown:");
		page_printf(p, STYLE_PLAIN, " %s", units_loss_words(l->cause));
		page_newline(p);
	}
}

static void put_asides(struct page *p, const struct trace_summary *s)
{
	char count[UNITS_BYTES];
	bool first = true;

	for (uint32_t i = 1; i < CRUMB_ASIDE_MAX; i++) {
		if (!s->aside[i])
			continue;
		page_put(p, STYLE_PLAIN, first ? "not followed: " : ", ");
		page_printf(p, STYLE_PLAIN, "%s %s", units_count(count, s->aside[i]),
			    units_aside_words(i, s->aside[i]));
		first = false;
	}
	if (!first)
		page_newline(p);
}

static void put_unmade(struct page *p, const struct trace_summary *s)
{
	char src[UNITS_BYTES], dst[UNITS_BYTES], text[512], count[UNITS_BYTES];

	for (uint64_t i = 0; i < s->unmade_count && i < TRACE_UNMADE_MAX; i++) {
		const struct trace_unmade *u = &s->unmade[i];

		snprintf(text, sizeof(text), "not connected: %s %s %s: %s %s %s %s%s%s",
			 units_address(src, &u->src), p->glyphs->arrow, units_address(dst, &u->dst),
			 u->outcome, *u->outcome == 'u' ? "(SYN last seen at" : "at", u->host,
			 u->place,
			 *u->outcome == 'u' ? ")" :
			 u->reason[0]	    ? ": " :
					      "",
			 u->reason);
		page_wrap(p, STYLE_BAD, text);
		if (u->proof[0]) {
			page_tab(p, TEXT_INDENT);
			page_wrap(p, STYLE_PLAIN, u->proof);
		}
	}
	if (s->unmade_count <= TRACE_UNMADE_MAX)
		return;
	page_printf(p, STYLE_BAD, "not connected: %s more",
		    units_count(count, s->unmade_count - TRACE_UNMADE_MAX));
	page_newline(p);
}

/* connect to 10.0.0.9:80 by curl[812]: ENETUNREACH, Network is unreachable */
static void put_failed(struct page *p, const struct trace_summary *s)
{
	char text[512], to[UNITS_BYTES], count[UNITS_BYTES];
	uint64_t told = 0;

	for (uint32_t i = 0; i < s->failed_listed; i++) {
		const struct trace_failed *f = &s->failed[i];
		const char *name = units_call_error(f), *words = units_call_error_words(f);
		int node = (int)strcspn(f->text, "\t");
		bool where = f->has_to || node;

		told += f->count;
		if (!f->has_to)
			snprintf(to, sizeof(to), "%.*s", node, f->text);
		snprintf(text, sizeof(text), "failed: %s%s%s by %s[%u]: %s%s%s%s%s%s%s", f->call,
			 !where	 ? "" :
			 f->libc ? " of " :
				   " to ",
			 f->has_to ? units_address(to, &f->to) : to, f->comm, f->tgid,
			 name ? name : "", name && words ? ", " : "", words ? words : "",
			 f->later ? ", after the call had returned" : "", f->count > 1 ? " (" : "",
			 f->count > 1 ? units_count(count, f->count) : "",
			 f->count > 1 ? " times)" : "");
		page_wrap(p, STYLE_BAD, text);
	}
	if (told == s->failed_count)
		return;
	page_printf(p, STYLE_BAD, "failed: %s more calls",
		    units_count(count, s->failed_count - told));
	page_newline(p);
}

static void put_outside(struct page *p, const struct trace_summary *s)
{
	char src[UNITS_BYTES], dst[UNITS_BYTES], text[512], count[UNITS_BYTES];
	uint64_t listed = 0;

	for (unsigned int i = 0; i < s->outside_count; i++) {
		const struct trace_outside *o = &s->outside[i];

		snprintf(text, sizeof(text),
			 "outside of the window: %s TCP segment%s %s %s %s, of no message, dropped at %s %s: %s",
			 units_count(count, o->segments), o->segments == 1 ? "" : "s",
			 units_address(src, &o->src), p->glyphs->arrow, units_address(dst, &o->dst),
			 o->host, o->place, o->reason);
		page_wrap(p, STYLE_BAD, text);
		listed += o->segments;
	}
	if (listed == s->outside_segments)
		return;
	page_printf(p, STYLE_BAD, "outside of the window: %s more",
		    units_count(count, s->outside_segments - listed));
	page_newline(p);
}

static int text_end(const struct render_options *o, const struct trace_summary *s, struct strbuf *out)
{
	struct page p;

	page_init(&p, o, out);
	if (s->unusual)
		text_unusual(&p, s->unusual);
	put_verdicts(&p, s);
	put_counts(&p, s);
	put_asides(&p, s);
	put_unmade(&p, s);
	put_failed(&p, s);
	put_outside(&p, s);
	if (s->unobservable_count > 0) {
		struct page_list l = {
			s->unobservable, s->unobservable_count, ",", NULL, TEXT_INDENT, STYLE_DIM
		};

		page_put(&p, STYLE_DIM, "points this kernel cannot show: ");
		page_list(&p, &l);
	}
	if (s->truncated) {
		page_wrap(&p, STYLE_BAD,
			  "the trace has no end: recording was cut short, "
			  "what came later is missing");
	}
	return page_result(&p);
}

const struct renderer render_text = {
	.name = "text",
	.doc = "for people: who, how long, where the time went, every step",
	.begin = text_begin,
	.journey = text_journey,
	.end = text_end,
};
