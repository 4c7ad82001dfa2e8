// SPDX-License-Identifier: GPL-2.0-only
/* What crumb doctor found, as text and as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "json_out.h"
#include "page.h"

#define COLUMN_VALUE 16 /* of what begins a line in two columns */

static const char *option_word(char value)
{
	return value == 'y' ? "yes" : value == 'm' ? "module" : value == 'n' ? "no" : "unknown";
}

/* "  NAME  text", further lines below the text. */
static void line(struct page *p, const char *name, unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void line(struct page *p, const char *name, unsigned int column, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_printf(p, STYLE_PLAIN, "  %s", name);
	page_tab(p, column);
	page_wrap(p, STYLE_PLAIN, text);
}

static void heading(struct page *p, const char *name)
{
	page_newline(p);
	page_put(p, STYLE_BOLD, name);
	page_newline(p);
}

/* "    NAME   yes   what it is for" */
static void entry(struct page *p, const char *name, unsigned int width, const char *value,
		  const char *needed, const char *what)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text, "%s%s", needed, what);
	page_printf(p, STYLE_PLAIN, "    %s", name);
	page_tab(p, 4 + width);
	page_put(p, strcmp(value, "no") ? STYLE_PLAIN : STYLE_WARN, value);
	page_tab(p, 4 + width + 9);
	page_wrap(p, STYLE_PLAIN, text.text ? text.text : "");
}

static void text_machine(const struct doctor *d, struct page *p)
{
	const struct machine *m = &d->machine;
	char memlock[64] = "unlimited";

	page_printf(p, STYLE_BOLD, "crumb %s on Linux %s %s", CRUMB_VERSION, m->release, m->arch);
	page_newline(p);
	page_newline(p);
	line(p, "lockdown", COLUMN_VALUE, "%s",
	     m->lockdown[0] ? m->lockdown : "not told (no securityfs, or none)");
	if (m->btf_bytes >= 0)
		line(p, "types", COLUMN_VALUE,
		     "/sys/kernel/btf/vmlinux, %" PRId64 " bytes; of %u modules", m->btf_bytes,
		     m->btf_modules);
	else
		line(p, "types", COLUMN_VALUE, "%s",
		     "none: the kernel was built without CONFIG_DEBUG_INFO_BTF (--btf FILE)");
	if (m->memlock != UINT64_MAX)
		snprintf(memlock, sizeof(memlock), "%" PRIu64 " KiB (counts before Linux 5.11)",
			 m->memlock >> 10);
	line(p, "limits", COLUMN_VALUE, "locked memory %s; BPF compiled %s; kptr_restrict %d",
	     memlock, m->jit == 0 ? "no: slow" : "yes", m->kptr_restrict);
	line(p, "options", COLUMN_VALUE, "%s",
	     m->config_path[0] ? m->config_path : "the kernel's are not to be found");
	for (size_t i = 0; m->config_path[0] && i < MACHINE_OPTIONS; i++)
		entry(p, m->options[i].name, 35, option_word(m->options[i].value), "",
		      m->options[i].why);
	line(p, "rights", COLUMN_VALUE, "%s", "");
	for (size_t i = 0; i < MACHINE_RIGHTS; i++)
		entry(p, m->rights[i].name, 17, m->rights[i].here ? "yes" : "no",
		      m->rights[i].required ? "needed: " : "", m->rights[i].why);
}

static void text_cost(const struct doctor_cost *c, struct page *p)
{
	if (c->asked_runs)
		page_printf(p, STYLE_PLAIN, "%9" PRIu64, c->asked_ns / c->asked_runs);
	else
		page_put(p, STYLE_DIM, "        -");
	if (c->other_runs)
		page_printf(p, STYLE_PLAIN, "%9" PRIu64, c->other_ns / c->other_runs);
	else
		page_put(p, STYLE_DIM, "        -");
}

static const struct doctor_rung *rung_that_fails(const struct doctor *d, const char *name)
{
	for (size_t i = 0; i < DOCTOR_RUNGS; i++)
		if (d->rungs[i].why && !strcmp(d->rungs[i].name, name))
			return &d->rungs[i];
	return NULL;
}

/* Has a hook before @i of the same kind been refused, too? */
static bool refused_before(const struct plan_point *at, unsigned int i)
{
	for (unsigned int k = 0; k < i; k++)
		if (at->refused[k].hook->kind == at->refused[i].hook->kind)
			return true;
	return false;
}

/* A point that no hook shows because no hook of those kinds works here has its reasons above, once. */
static void text_hidden(const struct doctor *d, unsigned int pt, struct page *p)
{
	const struct plan_point *at = &d->plan->points[pt];
	_cleanup_strbuf_ struct strbuf names = { 0 };

	page_put(p, STYLE_WARN, "no");
	page_tab(p, 34);
	for (unsigned int i = 0; i < at->n_refused; i++) {
		const char *kind = hook_kind_name(at->refused[i].hook->kind);

		if (!rung_that_fails(d, kind)) {
			names.len = 0;
			break;
		}
		if (!refused_before(at, i))
			strbuf_printf(&names, "%s%s", names.len ? ", " : "needs one of: ", kind);
	}
	if (names.len)
		page_wrap(p, STYLE_PLAIN, names.text);
	else
		page_wrap(p, STYLE_PLAIN, doctor_why_not(d, pt));
}

static void text_points(const struct doctor *d, struct page *p)
{
	heading(p,
		"Points                            at                     ns a run: followed, other");
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		const struct point *row = point_get(pt);
		const struct plan_point *at = &d->plan->points[pt];

		if (row->layer == LAYER_NOTE)
			continue;
		page_printf(p, STYLE_PLAIN, "  %s", row->name);
		page_tab(p, 20);
		if (!doctor_visible(d, pt)) {
			text_hidden(d, pt, p);
			continue;
		}
		page_put(p, STYLE_PLAIN, hook_kind_name(at->hook->kind));
		page_tab(p, 34);
		page_put(p, STYLE_PLAIN, at->hook->target);
		if (row->layer == LAYER_LIBC && d->libc_cost_ns) {
			page_tab(p, 57);
			page_printf(p, STYLE_PLAIN, "%9u", d->libc_cost_ns);
		} else if (at->hook->kind != HOOK_DERIVED) {
			page_tab(p, 57);
			text_cost(&d->costs[pt], p);
		}
		if (row->deep)
			page_put(p, STYLE_PLAIN, "  --deep");
		page_newline(p);
	}
	if (!d->costs_counted)
		line(p, "costs were not counted:", 26, "%s", d->costs_why);
}

/* The points that only @rung or one like it would show. */
static unsigned int would_show(const struct doctor *d, const char *rung, struct strbuf *names)
{
	unsigned int n = 0;

	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		const struct plan_point *p = &d->plan->points[pt];

		if (point_get(pt)->layer == LAYER_NOTE || doctor_visible(d, pt))
			continue;
		for (unsigned int i = 0; i < p->n_refused; i++) {
			if (strcmp(hook_kind_name(p->refused[i].hook->kind), rung))
				continue;
			strbuf_printf(names, "%s%s", n++ ? ", " : "", point_get(pt)->name);
			break;
		}
	}
	return n;
}

static void text_followed(struct page *p, const char *what, const char *why_not)
{
	line(p, what, COLUMN_VALUE, "%s%s", why_not ? "not followed: " : "followed",
	     why_not ? why_not : "");
}

static void text_rungs(const struct doctor *d, struct page *p)
{
	heading(p, "Hooks");
	for (size_t i = 0; i < DOCTOR_RUNGS; i++) {
		const struct doctor_rung *r = &d->rungs[i];
		_cleanup_strbuf_ struct strbuf names = { 0 };
		size_t own = strlen(r->name);

		if (!r->why) {
			line(p, r->name, COLUMN_VALUE, "yes%s%s", r->but ? "; " : "",
			     r->but ? r->but : "");
			continue;
		}
		line(p, r->name, COLUMN_VALUE, "no: %s",
		     !strncmp(r->why, r->name, own) && r->why[own] == ':' ? r->why + own + 2 :
									    r->why);
		line(p, "", COLUMN_VALUE, "needs %s", r->remedy);
		if (would_show(d, r->name, &names))
			line(p, "", COLUMN_VALUE, "would show %s", names.text);
	}
	if (d->functions.name)
		line(p, "--functions", COLUMN_VALUE, "through %s", d->functions.name);
	else
		line(p, "--functions", COLUMN_VALUE, "%s", "no, see kprobe.multi and kprobe");
	text_followed(p, "NAT", d->nat_why);
	text_followed(p, "tunnels", d->tunnel_why);
}

void doctor_text(const struct doctor *d, const struct render_options *how, struct strbuf *to)
{
	unsigned int visible = 0, all = 0;
	struct page p;

	page_init(&p, how, to);
	text_machine(d, &p);
	if (!d->plan) {
		page_newline(&p);
		page_put(&p, STYLE_BAD, "crumb cannot run here: ");
		page_wrap(&p, STYLE_PLAIN, d->cannot.text);
		return;
	}
	text_rungs(d, &p);
	text_points(d, &p);
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		if (point_get(pt)->layer == LAYER_NOTE)
			continue;
		all++;
		visible += doctor_visible(d, pt);
	}
	page_newline(&p);
	page_printf(&p, STYLE_PLAIN,
		    "%u of %u points can be seen here; %u programs were attached to find out.",
		    visible, all, d->attached);
	page_newline(&p);
}

/* ---------------------------------------------------------------------------------------------- JSON */

static void json_machine(const struct doctor *d, struct json_out *j)
{
	const struct machine *m = &d->machine;

	json_put(j, "\"kernel\":");
	json_string(j, m->release);
	json_put(j, ",\"machine\":");
	json_string(j, m->arch);
	json_put(j, ",\"lockdown\":");
	json_string(j, m->lockdown[0] ? m->lockdown : NULL);
	json_put(j, ",\"btf_bytes\":");
	if (m->btf_bytes < 0)
		json_put(j, "null");
	else
		json_u64(j, m->btf_bytes);
	json_put(j, ",\"btf_modules\":");
	json_u64(j, m->btf_modules);
	json_put(j, ",\"memlock_bytes\":");
	if (m->memlock == UINT64_MAX)
		json_put(j, "null");
	else
		json_u64(j, m->memlock);
	json_put(j, ",\"options\":{");
	for (size_t i = 0; i < MACHINE_OPTIONS; i++) {
		const char value[2] = { m->options[i].value };

		if (i)
			json_put(j, ",");
		json_string(j, m->options[i].name);
		json_put(j, ":");
		json_string(j, value[0] == '?' ? NULL : value);
	}
	json_put(j, "},\"rights\":{");
	for (size_t i = 0; i < MACHINE_RIGHTS; i++) {
		if (i)
			json_put(j, ",");
		json_string(j, m->rights[i].name);
		json_put(j, ":");
		json_bool(j, m->rights[i].here);
	}
	json_put(j, "}");
}

static void json_rate(struct json_out *j, uint64_t runs, uint64_t ns)
{
	if (runs)
		json_u64(j, ns / runs);
	else
		json_put(j, "null");
}

static void json_refused(struct json_out *j, const struct plan_point *p)
{
	json_put(j, ",\"refused\":[");
	for (unsigned int i = 0; i < p->n_refused; i++) {
		json_bytes(j, i ? ",{\"via\":" : "{\"via\":", i ? 8 : 7);
		json_string(j, hook_kind_name(p->refused[i].hook->kind));
		json_put(j, ",\"target\":");
		json_string(j, p->refused[i].hook->target);
		json_put(j, ",\"why\":");
		json_string(j, p->refused[i].why);
		json_put(j, "}");
	}
	json_put(j, "]");
}

static void json_point(const struct doctor *d, unsigned int pt, struct json_out *j)
{
	const struct plan_point *p = &d->plan->points[pt];
	const struct doctor_cost *c = &d->costs[pt];
	bool visible = doctor_visible(d, pt);

	json_put(j, "{\"point\":");
	json_string(j, point_get(pt)->name);
	json_put(j, ",\"via\":");
	json_string(j, visible ? hook_kind_name(p->hook->kind) : NULL);
	json_put(j, ",\"target\":");
	json_string(j, visible ? p->hook->target : NULL);
	json_put(j, ",\"why\":");
	json_string(j, visible ? NULL : doctor_why_not(d, pt));
	json_put(j, ",\"option\":");
	json_string(j, point_get(pt)->deep ? "--deep" : NULL);
	json_put(j, ",\"followed_ns\":");
	if (point_get(pt)->layer == LAYER_LIBC && d->libc_cost_ns)
		json_u64(j, d->libc_cost_ns);
	else
		json_rate(j, c->asked_runs, c->asked_ns);
	json_put(j, ",\"other_ns\":");
	json_rate(j, c->other_runs, c->other_ns);
	json_refused(j, p);
	json_put(j, "}");
}

void doctor_json(const struct doctor *d, struct strbuf *to)
{
	struct json_out j;
	bool first = true;

	json_start(&j, to);
	json_put(&j, "{\"type\":\"doctor\",\"can_run\":");
	json_bool(&j, d->plan != NULL);
	json_put(&j, ",\"why\":");
	json_string(&j, d->plan ? NULL : d->cannot.text);
	json_put(&j, ",");
	json_machine(d, &j);
	json_put(&j, ",\"hooks\":[");
	for (size_t i = 0; d->plan && i < DOCTOR_RUNGS; i++) {
		if (i)
			json_put(&j, ",");
		json_put(&j, "{\"via\":");
		json_string(&j, d->rungs[i].name);
		json_put(&j, ",\"works\":");
		json_bool(&j, !d->rungs[i].why);
		json_put(&j, ",\"why\":");
		json_string(&j, d->rungs[i].why);
		json_put(&j, ",\"but\":");
		json_string(&j, d->rungs[i].why ? NULL : d->rungs[i].but);
		json_put(&j, ",\"needs\":");
		json_string(&j, d->rungs[i].why ? d->rungs[i].remedy : NULL);
		json_put(&j, "}");
	}
	json_put(&j, "],\"functions\":{\"via\":");
	json_string(&j, d->functions.name);
	json_put(&j, ",\"why\":");
	json_string(&j, d->functions.why);
	json_put(&j, "},\"nat\":{\"followed\":");
	json_bool(&j, !d->nat_why);
	json_put(&j, ",\"why\":");
	json_string(&j, d->nat_why);
	json_put(&j, "},\"tunnels\":{\"followed\":");
	json_bool(&j, !d->tunnel_why);
	json_put(&j, ",\"why\":");
	json_string(&j, d->tunnel_why);
	json_put(&j, "},\"points\":[");
	for (unsigned int pt = 1; d->plan && pt < CRUMB_PT_MAX; pt++) {
		if (point_get(pt)->layer == LAYER_NOTE)
			continue;
		if (!first)
			json_put(&j, ",");
		first = false;
		json_point(d, pt, &j);
	}
	json_put(&j, "]}\n");
	json_flush(&j);
}
