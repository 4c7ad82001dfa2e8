// SPDX-License-Identifier: GPL-2.0-only
/*
 * One JSON object a line (RFC 8259): "trace", then a "journey" each, then "summary". Names are a
 * contract with programs that we do not know: none is ever renamed, new ones come after the old.
 * The contract's keys are always there; later ones only where they say something. Segments without
 * a cause are not listed: their time is unexplained_ns, so the listed ones plus it are total_ns.
 */
#include <errno.h>
#include <stdio.h>

#include "json_out.h"
#include "json_parts.h"
#include "links.h"
#include "render.h"
#include "units.h"

static int finish(struct json_out *j)
{
	json_put(j, "}\n");
	json_flush(j);
	return j->to->failed ? -ENOMEM : 0;
}

static void put_boot_id(struct json_out *j, const uint8_t id[16])
{
	static const uint8_t groups[] = { 4, 2, 2, 2, 6 };

	for (size_t i = 0; i < sizeof(groups); i++) {
		if (i > 0)
			json_put(j, "-");
		json_hex(j, id, groups[i]);
		id += groups[i];
	}
}

static void put_hook(struct json_out *j, const struct trace_hook *h)
{
	json_put(j, "{\"point\":");
	json_string(j, point_get(h->point)->name);
	json_put(j, ",\"via\":");
	json_string(j, h->visible ? h->via : NULL);
	json_put(j, ",\"target\":");
	json_string(j, h->visible ? h->target : NULL);
	if (!h->visible) {
		json_put(j, ",\"why\":");
		json_string(j, h->why);
	}
	json_put(j, "}");
}

static void put_hooks(struct json_out *j, const struct trace_hook *hooks, uint32_t n)
{
	json_put(j, "[");
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			json_put(j, ",");
		put_hook(j, &hooks[i]);
	}
	json_put(j, "]");
}

/* The hosts after the first have their hooks with them; the first one's stand beside the list, where they always stood. */
static void put_host(struct json_out *j, const struct trace_host *h)
{
	json_put(j, ",{\"host\":");
	json_string(j, h->host);
	json_put(j, ",\"kernel\":");
	json_string(j, h->release);
	json_put(j, ",\"machine\":");
	json_string(j, h->machine);
	json_put(j, ",\"boot_id\":\"");
	put_boot_id(j, h->boot_id);
	json_put(j, "\",\"hooks\":");
	put_hooks(j, h->hooks, h->hook_count);
	json_put(j, "}");
}

static void put_flags(struct json_out *j, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ CRUMB_TRACE_TASKS, "tasks" },		  { CRUMB_TRACE_STACKS, "stacks" },
		{ CRUMB_TRACE_STACKS_ALL, "stacks_all" }, { CRUMB_TRACE_LIBC, "libc" },
		{ CRUMB_TRACE_PACKETS, "packets" },	  { CRUMB_TRACE_PAYLOAD, "payload" },
		{ CRUMB_TRACE_FUNCTIONS, "functions" },
	};
	bool first = true;

	json_put(j, ",\"flags\":[");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		if (!first)
			json_put(j, ",");
		first = false;
		json_string(j, names[i].name);
	}
	json_put(j, "]");
}

static int json_begin(const struct render_options *o, const struct trace_info *info,
		      struct strbuf *out)
{
	struct json_out j;

	(void)o;
	json_start(&j, out);
	json_put(&j, "{\"type\":\"trace\",\"crumb\":");
	json_string(&j, info->version);
	json_put(&j, ",\"selection\":");
	json_string(&j, info->selection);
	json_put(&j, ",\"hosts\":[{\"host\":");
	json_string(&j, info->host);
	json_put(&j, ",\"kernel\":");
	json_string(&j, info->release);
	json_put(&j, ",\"machine\":");
	json_string(&j, info->machine);
	json_put(&j, ",\"boot_id\":\"");
	put_boot_id(&j, info->boot_id);
	json_put(&j, "\"}");
	for (uint32_t i = 0; i < info->more_count; i++)
		put_host(&j, &info->more[i]);
	json_put(&j, "],\"hooks\":");
	put_hooks(&j, info->hooks, info->hook_count);
	put_flags(&j, info->flags);
	return finish(&j);
}

static void put_end(struct json_out *j, const struct journey_end *e)
{
	char word[24];

	if (!e->known) {
		json_put(j, "null");
		return;
	}
	json_put(j, "{\"host\":");
	json_string(j, e->host);
	json_put(j, ",\"pid\":");
	json_u64(j, e->tgid);
	json_put(j, ",\"comm\":");
	json_string(j, e->comm);
	json_put(j, ",\"fd\":");
	if (e->fd >= 0)
		json_i64(j, e->fd);
	else
		json_put(j, "null");
	if (e->pid != e->tgid && e->pid != 0) {
		json_put(j, ",\"tid\":");
		json_u64(j, e->pid);
	}
	if (e->cgroup) {
		json_put(j, ",\"cgroup\":");
		json_string(j, e->cgroup);
	}
	if (e->pid_inside) {
		json_put(j, ",\"nspid\":");
		json_u64(j, e->pid_inside);
	}
	if (e->call) {
		json_put(j, ",\"call\":");
		json_string(j, e->call);
		json_put(j, ",\"args\":[");
		for (int i = 0; i < 6; i++) {
			/* as text: a register does not fit what most readers take for a number */
			int n = snprintf(word, sizeof(word), "%s\"0x%llx\"", i ? "," : "",
					 (unsigned long long)e->args[i]);

			json_bytes(j, word, n);
		}
		json_put(j, "]");
	}
	if (e->returned) {
		json_put(j, ",\"ret\":");
		json_i64(j, e->ret);
	}
	json_put(j, "}");
}

static void put_path(struct json_out *j, const struct journey_step *s)
{
	json_put(j, ",\"path\":[");
	for (uint32_t i = 0; i < s->path_len; i++) {
		if (i > 0)
			json_put(j, ",");
		json_string(j, s->path[i]);
	}
	json_put(j, "]");
	if (s->path_borrowed)
		json_put(j, ",\"path_borrowed\":true");
}

/* As they called each other: the list has each followed by those that it called. */
static void put_functions(struct json_out *j, const struct journey_step *s)
{
	json_put(j, ",\"functions\":[");
	for (uint32_t i = 0; i < s->function_count; i++) {
		const struct journey_function *f = &s->functions[i];
		uint32_t next = i + 1 < s->function_count ? f[1].level : 0;

		json_put(j, "{\"name\":");
		json_string(j, f->name);
		json_put(j, ",\"t_ns\":");
		json_i64(j, f->t_ns);
		json_put(j, ",\"ns\":");
		json_u64(j, f->ns);
		json_put(j, ",\"self_ns\":");
		json_u64(j, f->self_ns);
		if (f->after)
			json_put(j, ",\"after\":true");
		if (next > f->level) {
			json_put(j, ",\"children\":[");
			continue;
		}
		json_put(j, "}");
		for (uint32_t level = f->level; level > next; level--)
			json_put(j, "]}");
		if (i + 1 < s->function_count)
			json_put(j, ",");
	}
	json_put(j, "]");
}

static void put_tunnel(struct json_out *j, const struct journey_tunnel *t)
{
	char buf[UNITS_BYTES];

	json_put(j, ",\"tunnel\":{\"kind\":");
	json_string(j, tunnel_kind_name(t->kind));
	if (t->kind) {
		json_put(j, ",\"key\":");
		if (t->has_key)
			json_u64(j, t->key);
		else
			json_put(j, "null");
		json_put(j, ",\"src\":");
		json_string(j, units_host(buf, t->from));
		json_put(j, ",\"dst\":");
		json_string(j, units_host(buf, t->to));
	}
	json_put(j, "}");
}

static void put_step(struct json_out *j, const struct journey_step *s)
{
	json_put(j, "{\"host\":");
	json_string(j, s->host);
	json_put(j, ",\"point\":");
	json_string(j, point_get(s->point)->name);
	json_put(j, ",\"t_ns\":");
	json_u64(j, s->t_ns);
	json_put(j, ",\"cpu\":");
	json_u64(j, s->cpu);
	json_put(j, ",\"dev\":");
	json_string(j, s->dev);
	json_put(j, ",\"via\":");
	json_string(j, hook_kind_name(s->via));
	json_put(j, ",\"func\":");
	json_string(j, s->func);
	json_put(j, ",\"exact\":");
	json_bool(j, s->exact);
	if (s->netns) {
		json_put(j, ",\"netns\":");
		json_u64(j, s->netns);
	}
	if (s->count > 1) {
		json_put(j, ",\"count\":");
		json_u64(j, s->count);
		json_put(j, ",\"first_ns\":");
		json_u64(j, s->first_ns);
	}
	if (s->detail) {
		json_put(j, ",\"detail\":");
		json_string(j, s->detail);
	}
	if (s->tunnel)
		put_tunnel(j, s->tunnel);
	if (s->path_len > 0)
		put_path(j, s);
	if (s->function_count > 0)
		put_functions(j, s);
	json_put(j, "}");
}

static void put_steps(struct json_out *j, const struct journey_step *steps, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			json_put(j, ",");
		put_step(j, &steps[i]);
	}
}

/* null: relative to the least delay seen, whatever that is. */
static void put_bound(struct json_out *j, uint64_t ns)
{
	if (ns == JOURNEY_BOUND_UNKNOWN)
		json_put(j, "null");
	else
		json_u64(j, ns);
}

static void put_segment(struct json_out *j, const struct journey *y, const struct journey_segment *s)
{
	const struct journey_step *from = &y->steps[s->from], *to = &y->steps[s->to];

	json_put(j, "{\"from\":");
	json_string(j, point_get(from->point)->name);
	json_put(j, ",\"to\":");
	json_string(j, point_get(to->point)->name);
	json_put(j, ",\"host\":\"");
	json_escaped(j, from->host);
	if (from->host != to->host && strcmp(from->host, to->host)) {
		json_put(j, ">");
		json_escaped(j, to->host);
	}
	json_put(j, "\",\"ns\":");
	json_u64(j, s->ns);
	json_put(j, ",\"code\":");
	json_string(j, s->cause->code);
	json_put(j, ",\"cause\":");
	json_string(j, s->cause->words);
	if (s->note) {
		json_put(j, ",\"note\":");
		json_string(j, s->note);
	}
	if (s->across) {
		json_put(j, ",\"bound_ns\":");
		put_bound(j, s->bound_ns);
	}
	if (s->hardware_count > 0)
		json_hardware(j, s);
	json_put(j, "}");
}

static void put_segments(struct json_out *j, const struct journey *y)
{
	bool first = true;

	json_put(j, ",\"segments\":[");
	for (uint32_t i = 0; i < y->segment_count; i++) {
		if (!y->segments[i].cause)
			continue;
		if (!first)
			json_put(j, ",");
		first = false;
		put_segment(j, y, &y->segments[i]);
	}
	json_put(j, "]");
}

static void put_call(struct json_out *j, const struct journey_call *c)
{
	char to[UNITS_BYTES];

	json_put(j, "{\"host\":");
	json_string(j, c->host);
	json_put(j, ",\"layer\":");
	json_string(j, c->layer == CRUMB_CALLED_LIBC ? "libc" : "syscall");
	json_put(j, ",\"name\":");
	json_string(j, c->name);
	if (c->text) {
		json_put(j, ",\"text\":");
		json_string(j, c->text);
	}
	if (c->has_to) {
		json_put(j, ",\"to\":");
		json_string(j, units_address(to, &c->to));
	}
	json_put(j, ",\"t_ns\":");
	json_i64(j, c->t_ns);
	json_put(j, ",\"ns\":");
	json_u64(j, c->ns);
	json_put(j, ",\"ret\":");
	json_i64(j, c->ret);
	json_put(j, ",\"tid\":");
	json_u64(j, c->pid);
	json_put(j, "}");
}

static void put_extents(struct json_out *j, const struct journey *y)
{
	json_put(j, ",\"extents\":[");
	for (uint32_t i = 0; i < y->extent_count; i++) {
		if (i > 0)
			json_put(j, ",");
		json_put(j, "[");
		json_u64(j, y->extents[i].start);
		json_put(j, ",");
		json_u64(j, y->extents[i].end);
		json_put(j, "]");
	}
	json_put(j, "]");
}

/* What came after the first contract. */
static void put_pair(struct json_out *j, const struct journey_address pair[2])
{
	char buf[UNITS_BYTES];

	json_put(j, "{\"src\":");
	json_string(j, units_address(buf, &pair[0]));
	json_put(j, ",\"dst\":");
	json_string(j, units_address(buf, &pair[1]));
	json_put(j, "}");
}

static void put_nat(struct json_out *j, const struct journey_nat *n)
{
	json_put(j, "{\"host\":");
	json_string(j, n->host);
	json_put(j, ",\"netns\":");
	json_u64(j, n->netns);
	json_put(j, ",\"kind\":");
	json_string(j, units_nat_name(n->how));
	json_put(j, ",\"before\":");
	put_pair(j, n->before);
	json_put(j, ",\"after\":");
	put_pair(j, n->after);
	json_put(j, "}");
}

static void put_additions(struct json_out *j, const struct journey *y)
{
	if (y->where) {
		json_put(j, ",\"where\":");
		json_string(j, y->where);
	}
	if (y->proof) {
		json_put(j, ",\"proof\":");
		json_string(j, y->proof);
	}
	if (!y->offset_known)
		json_put(j, ",\"offset_known\":false");
	if (y->extent_count > 1)
		put_extents(j, y);
	if (y->reads > 0) {
		json_put(j, ",\"reads\":");
		json_u64(j, y->reads);
	}
	if (y->waiting_ns > 0) {
		json_put(j, ",\"waiting_ns\":");
		json_u64(j, y->waiting_ns);
	}
	if (y->observer_ns > 0) {
		json_put(j, ",\"observer_ns\":");
		json_u64(j, y->observer_ns);
	}
	if (y->function_calls > 0) {
		json_put(j, ",\"function_calls\":");
		json_u64(j, y->function_calls);
		json_put(j, ",\"functions_missed\":");
		json_u64(j, y->functions_missed);
	}
	if (y->side_step_count > 0) {
		json_put(j, ",\"side_steps\":[");
		put_steps(j, y->side_steps, y->side_step_count);
		json_put(j, "]");
	}
	if (y->transmission_count > 0)
		json_transmissions(j, y);
	if (y->reset)
		json_reset(j, y->reset);
	if (y->nat_count > 0) {
		json_put(j, ",\"nat\":[");
		for (uint32_t i = 0; i < y->nat_count; i++) {
			if (i > 0)
				json_put(j, ",");
			put_nat(j, &y->nats[i]);
		}
		json_put(j, "]");
	}
	if (y->call_count > 0) {
		json_put(j, ",\"before\":[");
		for (uint32_t i = 0; i < y->call_count; i++) {
			if (i > 0)
				json_put(j, ",");
			put_call(j, &y->calls[i]);
		}
		json_put(j, "]");
	}
}

static void put_message(struct json_out *j, const struct journey *y)
{
	char buf[UNITS_BYTES];

	json_put(j, "{\"type\":\"journey\",\"id\":\"");
	json_hex(j, y->id, sizeof(y->id));
	json_put(j, "\",\"verdict\":");
	json_string(j, verdict_name(y->verdict));
	json_put(j, ",\"reason\":");
	json_string(j, y->reason);
	json_put(j, ",\"proto\":");
	json_string(j, units_proto(buf, y->proto));
	json_put(j, ",\"src\":");
	json_string(j, units_address(buf, &y->src));
	json_put(j, ",\"dst\":");
	json_string(j, units_address(buf, &y->dst));
	json_put(j, ",\"offset\":");
	json_u64(j, y->offset);
	json_put(j, ",\"bytes\":");
	json_u64(j, y->bytes);
	json_put(j, ",\"sender\":");
	put_end(j, &y->sender);
	json_put(j, ",\"receiver\":");
	put_end(j, &y->receiver);
	json_put(j, ",\"start_ns\":");
	json_u64(j, y->start_ns);
	json_put(j, ",\"total_ns\":");
	json_u64(j, y->total_ns);
	json_put(j, ",\"unexplained_ns\":");
	json_u64(j, y->unexplained_ns);
}

/* --links: {"tcp_sendmsg":"net/ipv4/tcp.c:1423", ...} */
static void put_links(struct json_out *j, const struct render_options *o, const struct journey *y)
{
	struct links l = { .n = 0 };
	bool first = true;

	links_add_journey(&l, y);
	json_put(j, ",\"links\":{");
	for (uint32_t i = 0; i < l.n; i++) {
		const char *place = o->link(o->link_ctx, l.names[i], l.libc[i]);

		if (!place)
			continue;
		if (!first)
			json_put(j, ",");
		first = false;
		json_string(j, l.names[i]);
		json_put(j, ":");
		json_string(j, place);
	}
	json_put(j, "}");
}

static int json_journey(const struct render_options *o, const struct journey *y, struct strbuf *out)
{
	struct json_out j;

	json_start(&j, out);
	put_message(&j, y);
	json_put(&j, ",\"steps\":[");
	put_steps(&j, y->steps, y->step_count);
	json_put(&j, "]");
	put_segments(&j, y);
	json_put(&j, ",\"clock\":{\"state\":");
	json_string(&j, y->clock_state);
	json_put(&j, ",\"bound_ns\":");
	put_bound(&j, y->clock_bound_ns);
	json_put(&j, "},\"retransmits\":");
	json_u64(&j, y->retransmits);
	json_put(&j, ",\"lost_events\":");
	json_u64(&j, y->lost_events);
	put_additions(&j, y);
	if (o->link)
		put_links(&j, o, y);
	return finish(&j);
}

static void put_losses(struct json_out *j, const struct trace_summary *s)
{
	json_put(j, ",\"losses\":[");
	for (uint32_t i = 0; i < s->loss_count; i++) {
		const struct trace_loss *l = &s->losses[i];

		if (i > 0)
			json_put(j, ",");
		json_put(j, "{\"cause\":");
		json_string(j, units_loss_name(l->cause));
		json_put(j, ",\"point\":");
		json_string(j, l->point ? point_get(l->point)->name : NULL);
		json_put(j, ",\"count\":");
		json_u64(j, l->count);
		json_put(j, "}");
	}
	json_put(j, "]");
}

static void put_absences(struct json_out *j, const struct trace_summary *s)
{
	json_put(j, ",\"absent\":[");
	for (uint32_t i = 0; i < s->absence_count; i++) {
		const struct trace_absence *k = &s->absences[i];

		if (i > 0)
			json_put(j, ",");
		json_put(j, "{\"host\":");
		json_string(j, k->host);
		json_put(j, ",\"from_ns\":");
		json_u64(j, k->from_ns);
		json_put(j, ",\"to_ns\":");
		put_bound(j, k->to_ns);
		json_put(j, "}");
	}
	json_put(j, "]");
}

static void put_asides(struct json_out *j, const struct trace_summary *s)
{
	bool first = true;

	for (uint32_t i = 1; i < CRUMB_ASIDE_MAX; i++) {
		if (!s->aside[i])
			continue;
		if (first)
			json_put(j, ",\"not_followed\":[{\"what\":");
		else
			json_put(j, ",{\"what\":");
		json_string(j, units_aside_code(i));
		json_put(j, ",\"count\":");
		json_u64(j, s->aside[i]);
		json_put(j, "}");
		first = false;
	}
	if (!first)
		json_put(j, "]");
}

static int json_end(const struct render_options *o, const struct trace_summary *s, struct strbuf *out)
{
	struct json_out j;

	(void)o;
	json_start(&j, out);
	json_put(&j, "{\"type\":\"summary\",\"journeys\":");
	json_u64(&j, s->journeys);
	for (int v = 0; v < VERDICT_MAX; v++) {
		json_put(&j, ",\"");
		json_escaped(&j, verdict_name(v));
		json_put(&j, "\":");
		json_u64(&j, s->verdicts[v]);
	}
	json_put(&j, ",\"events\":");
	json_u64(&j, s->events);
	json_put(&j, ",\"lost_events\":");
	json_u64(&j, s->lost_events);
	json_put(&j, ",\"unobservable\":[");
	for (uint32_t i = 0; i < s->unobservable_count; i++) {
		if (i > 0)
			json_put(&j, ",");
		json_string(&j, s->unobservable[i]);
	}
	json_put(&j, "],\"flows\":");
	json_u64(&j, s->flows);
	json_put(&j, ",\"bytes\":");
	json_u64(&j, s->bytes);
	if (s->stacked > 0) {
		json_put(&j, ",\"stacked\":");
		json_u64(&j, s->stacked);
	}
	if (s->loss_count > 0)
		put_losses(&j, s);
	if (s->truncated)
		json_put(&j, ",\"truncated\":true");
	if (s->absence_count > 0)
		put_absences(&j, s);
	put_asides(&j, s);
	json_unmade(&j, s);
	json_failed(&j, s);
	json_outside(&j, s);
	if (s->unusual)
		json_unusual(&j, s->unusual);
	return finish(&j);
}

const struct renderer render_json = {
	.name = "json",
	.doc = "one JSON object a line, names stable",
	.begin = json_begin,
	.journey = json_journey,
	.end = json_end,
};
