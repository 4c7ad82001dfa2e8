// SPDX-License-Identifier: GPL-2.0-only
/* What crumb doctor found, as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "json_out.h"

static const char *option_word(char value)
{
	return value == 'y' ? "yes" : value == 'm' ? "module" : value == 'n' ? "no" : "unknown";
}

static void text_machine(const struct doctor *d, struct strbuf *to)
{
	const struct machine *m = &d->machine;

	strbuf_printf(to, "crumb %s on Linux %s %s\n\n", CRUMB_VERSION, m->release, m->arch);
	strbuf_printf(to, "  lockdown   %s\n",
		      m->lockdown[0] ? m->lockdown : "not told (no securityfs, or none)");
	if (m->btf_bytes >= 0)
		strbuf_printf(to,
			      "  types      /sys/kernel/btf/vmlinux, %" PRId64
			      " bytes; of %u modules\n",
			      m->btf_bytes, m->btf_modules);
	else
		strbuf_puts(to,
			    "  types      none: the kernel was built without CONFIG_DEBUG_INFO_BTF (--btf FILE)\n");
	if (m->memlock == UINT64_MAX)
		strbuf_puts(to, "  limits     locked memory unlimited");
	else
		strbuf_printf(to,
			      "  limits     locked memory %" PRIu64 " KiB (counts before Linux 5.11)",
			      m->memlock >> 10);
	strbuf_printf(to, "; BPF compiled %s; kptr_restrict %d\n", m->jit == 0 ? "no: slow" : "yes",
		      m->kptr_restrict);
	strbuf_printf(to, "  options    %s\n",
		      m->config_path[0] ? m->config_path : "the kernel's are not to be found");
	for (size_t i = 0; m->config_path[0] && i < MACHINE_OPTIONS; i++)
		strbuf_printf(to, "    %-34s %-8s %s\n", m->options[i].name,
			      option_word(m->options[i].value), m->options[i].why);
	strbuf_puts(to, "  rights\n");
	for (size_t i = 0; i < MACHINE_RIGHTS; i++)
		strbuf_printf(to, "    %-16s %-8s %s%s\n", m->rights[i].name,
			      m->rights[i].here ? "yes" : "no",
			      m->rights[i].required ? "needed: " : "", m->rights[i].why);
}

static void text_cost(const struct doctor_cost *c, struct strbuf *to)
{
	if (c->asked_runs)
		strbuf_printf(to, "%9" PRIu64, c->asked_ns / c->asked_runs);
	else
		strbuf_puts(to, "        -");
	if (c->other_runs)
		strbuf_printf(to, "%9" PRIu64, c->other_ns / c->other_runs);
	else
		strbuf_puts(to, "        -");
}

static void text_points(const struct doctor *d, struct strbuf *to)
{
	strbuf_printf(to, "\nPoints%34s%26s\n", "", "ns a run: followed, other");
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		const struct point *row = point_get(pt);
		const struct plan_point *p = &d->plan->points[pt];

		if (row->layer == LAYER_NOTE)
			continue;
		if (!doctor_visible(d, pt)) {
			strbuf_printf(to, "  %-17s no            %s\n", row->name,
				      doctor_why_not(d, pt));
			continue;
		}
		strbuf_printf(to, "  %-17s %-13s %-24s", row->name, hook_kind_name(p->hook->kind),
			      p->hook->target);
		if (row->layer == LAYER_LIBC && d->libc_cost_ns)
			strbuf_printf(to, "%8u", d->libc_cost_ns);
		else if (p->hook->kind != HOOK_DERIVED)
			text_cost(&d->costs[pt], to);
		strbuf_puts(to, row->deep ? "  --deep\n" : "\n");
	}
	if (!d->costs_counted)
		strbuf_printf(to, "  costs were not counted: %s\n", d->costs_why);
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

static void text_rungs(const struct doctor *d, struct strbuf *to)
{
	strbuf_puts(to, "\nHooks\n");
	for (size_t i = 0; i < DOCTOR_RUNGS; i++) {
		const struct doctor_rung *r = &d->rungs[i];
		_cleanup_strbuf_ struct strbuf names = { 0 };

		if (!r->why) {
			strbuf_printf(to, "  %-13s work%s%s\n", r->name, r->but ? "; " : "",
				      r->but ? r->but : "");
			continue;
		}
		strbuf_printf(to, "  %-13s no: %s\n", r->name, r->why);
		strbuf_printf(to, "  %-13s   needs %s", "", r->remedy);
		if (would_show(d, r->name, &names))
			strbuf_printf(to, "; would show %s", names.text);
		strbuf_putc(to, '\n');
	}
	if (d->functions.name)
		strbuf_printf(to, "  %-13s through %s\n", "--functions", d->functions.name);
	else
		strbuf_printf(to, "  %-13s no, see kprobe.multi and kprobe\n", "--functions");
	strbuf_printf(to, "  %-13s %s%s\n", "NAT", d->nat_why ? "not followed: " : "followed",
		      d->nat_why ? d->nat_why : "");
	strbuf_printf(to, "  %-13s %s%s\n", "tunnels", d->tunnel_why ? "not followed: " : "followed",
		      d->tunnel_why ? d->tunnel_why : "");
}

void doctor_text(const struct doctor *d, struct strbuf *to)
{
	unsigned int visible = 0, all = 0;

	text_machine(d, to);
	if (!d->plan) {
		strbuf_printf(to, "\ncrumb cannot run here: %s\n", d->cannot.text);
		return;
	}
	text_rungs(d, to);
	text_points(d, to);
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		if (point_get(pt)->layer == LAYER_NOTE)
			continue;
		all++;
		visible += doctor_visible(d, pt);
	}
	strbuf_printf(to,
		      "\n%u of %u points can be seen here; %u programs were attached to find out.\n",
		      visible, all, d->attached);
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
