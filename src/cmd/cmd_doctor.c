// SPDX-License-Identifier: GPL-2.0-only
/*
 * crumb doctor: what can be seen here. Nothing is quoted: every hook is attached, and what it costs is counted by the
 * kernel while a process sends messages to itself, once unasked for and once followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abilities.h"
#include "cleanup.h"
#include "cmd.h"
#include "doctor.h"
#include "func_hooks.h"
#include "log.h"
#include "session.h"

#define RING_BYTES CRUMB_RING_BYTES_MIN

static const struct {
	enum hook_kind kind;
	const char *remedy;
} rungs[] = {
	{ HOOK_TP_BTF,
	  "Linux 5.11 or newer with CONFIG_DEBUG_INFO_BTF; root, or CAP_BPF and CAP_PERFMON" },
	{ HOOK_RAW_TP, "CONFIG_BPF_EVENTS; root, or CAP_BPF and CAP_PERFMON" },
	{ HOOK_TRACEPOINT,
	  "Linux 6.7 or newer with CONFIG_BPF_EVENTS; root, or CAP_PERFMON and to be let into tracefs" },
	{ HOOK_FENTRY,
	  "Linux 5.11 or newer with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and CONFIG_DEBUG_INFO_BTF, not locked down" },
	{ HOOK_KPROBE_MULTI, "Linux 5.18 or newer with CONFIG_FPROBE, not locked down" },
	{ HOOK_KPROBE, "CONFIG_KPROBE_EVENTS, not locked down" },
	{ HOOK_NETFILTER,
	  "Linux 6.12 or newer with CONFIG_NETFILTER_BPF_LINK; root, or CAP_NET_ADMIN as well" },
};

static bool is_kprobe(enum hook_kind kind)
{
	return kind == HOOK_KPROBE || kind == HOOK_KPROBE_MULTI;
}

static void look_at_rungs(struct doctor *d, const struct session *s)
{
	size_t n = sizeof(rungs) / sizeof(rungs[0]), i;
	const char *libc = session_libc_why(s);

	for (i = 0; i < n; i++)
		d->rungs[i] = (struct doctor_rung){
			.name = hook_kind_name(rungs[i].kind),
			.why = abilities_refusal(session_abilities(s), rungs[i].kind),
			.remedy = rungs[i].remedy,
			.but = is_kprobe(rungs[i].kind) && !session_abilities(s)->kprobe_misses ?
				       "programs that it skips are not counted before Linux 6.7: a step may be missing unsaid" :
				       NULL,
		};
	d->rungs[i++] = (struct doctor_rung){
		.name = "uprobe.multi",
		.why = session_libc_multi(s) ? NULL : "the kernel has no such link",
		.remedy = "Linux 6.6 or newer",
	};
	d->rungs[i] = (struct doctor_rung){
		.name = "uprobe",
		.why = libc[0] ? libc : NULL,
		.remedy = "CONFIG_UPROBE_EVENTS, Linux 5.15 or newer",
	};
}

static void look_at_functions(struct doctor *d, const struct session *s, enum hook_kind force)
{
	enum func_rung rung = func_hooks_rung(session_abilities(s), force, &d->functions_why);

	d->functions.name = rung == FUNC_NONE ? NULL : func_rung_name(rung);
	d->functions.why = rung == FUNC_NONE ? d->functions_why.text : NULL;
}

static void read_costs(struct doctor *d, const struct session *s, bool asked)
{
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		struct doctor_cost *c = &d->costs[pt];

		if (!asked) {
			session_cost(s, pt, &c->other_runs, &c->other_ns);
			continue;
		}
		session_cost(s, pt, &c->asked_runs, &c->asked_ns);
		c->asked_runs -= c->other_runs;
		c->asked_ns -= c->other_ns;
	}
}

static int keep_nothing(void *ctx, uint32_t cpu, const void *bytes, size_t n, uint64_t records)
{
	(void)ctx;
	(void)cpu;
	(void)bytes;
	(void)n;
	(void)records;
	return 0;
}

static int measure(struct doctor *d, struct session *s)
{
	struct doctor_traffic other = { 0 }, asked = { 0 };
	struct error e = { 0 };
	int err = session_count_costs(s);

	if (err) {
		snprintf(d->costs_why, sizeof(d->costs_why),
			 "the kernel does not count them for us: %s (CAP_SYS_ADMIN)", strerror(-err));
		return 0;
	}
	err = doctor_traffic_start(&other, &e);
	if (!err)
		err = doctor_traffic_run(&other, &e);
	if (!err)
		read_costs(d, s, false);
	if (!err)
		err = doctor_traffic_start(&asked, &e);
	if (!err) {
		session_add_process(s, asked.pid, &e);
		err = doctor_traffic_run(&asked, &e);
	}
	if (!err)
		read_costs(d, s, true);
	session_drain(s, keep_nothing, NULL);
	d->costs_counted = !err;
	if (err)
		snprintf(d->costs_why, sizeof(d->costs_why), "%.119s", error_text(&e, err));
	return err;
}

/* -errno: crumb cannot run here, and d->cannot says why. */
static int examine(struct doctor *d, const struct options *o, struct session **ret_s)
{
	struct session_config c = {
		.settings = { .select = CRUMB_SELECT_TGID, .stacks = CRUMB_STACKS_OFF },
		.libc = true,
		.deep = true,
		.force = o->backend,
		.btf = o->btf,
		.ring_bytes = RING_BYTES,
	};
	int err;

	machine_look(&d->machine);
	err = session_new(&c, ret_s, &d->cannot);
	if (!err)
		err = session_attach(*ret_s, &d->cannot);
	if (!err)
		err = session_map_rings(*ret_s, &d->cannot);
	if (err) {
		if (!d->cannot.text[0])
			error_set(&d->cannot, err, "%s", strerror(-err));
		return err;
	}
	d->plan = session_plan(*ret_s);
	for (unsigned int i = 0; i < d->plan->n_programs; i++)
		d->attached += d->plan->programs[i].link != NULL;
	d->libc_why = session_libc_why(*ret_s);
	d->libc_cost_ns = session_libc_cost_ns(*ret_s);
	look_at_rungs(d, *ret_s);
	look_at_functions(d, *ret_s, o->backend);
	d->nat_why = session_abilities(*ret_s)->nat_why;
	d->tunnel_why = session_abilities(*ret_s)->tunnel_why;
	measure(d, *ret_s);
	return 0;
}

bool doctor_visible(const struct doctor *d, unsigned int point)
{
	return d->plan && d->plan->points[point].hook && !d->plan->points[point].why[0] &&
	       !(point_get(point)->layer == LAYER_LIBC && d->libc_why[0]);
}

const char *doctor_why_not(const struct doctor *d, unsigned int point)
{
	if (point_get(point)->layer == LAYER_LIBC && d->libc_why[0])
		return d->libc_why;
	return d->plan->points[point].why;
}

static int write_out(const struct options *o, const struct strbuf *text)
{
	_cleanup_close_ int file = -1;
	int fd = STDOUT_FILENO;
	size_t done = 0;

	if (o->output) {
		fd = file = open(o->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (file < 0) {
			log_error("cannot write %s: %s", o->output, strerror(errno));
			return EXIT_USAGE;
		}
	}
	while (done < text->len) {
		ssize_t n = write(fd, text->text + done, text->len - done);

		if (n <= 0) {
			log_error("cannot write: %s", strerror(errno));
			return EXIT_NOTHING;
		}
		done += n;
	}
	return EXIT_DONE;
}

int cmd_doctor(int argc, char **argv)
{
	static const struct usage u = {
		.name = "doctor",
		.synopsis = "[OPTIONS]",
		.about = "Say what can be seen on this machine, through which hooks, at what cost, and what would show more.",
		.groups = OPTIONS_LOOK,
		.more = "Exit status 3: crumb cannot run here; what is missing is said.\n",
	};
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct session *s __attribute__((cleanup(session_freep))) = NULL;
	struct doctor d = { 0 };
	struct render_options render;
	struct options o;
	int ret = options_parse(argc, argv, &u, &o), err;

	if (ret >= 0)
		return ret;
	if (o.n_rest || o.command) {
		log_error("doctor takes no arguments");
		return EXIT_USAGE;
	}
	err = examine(&d, &o, &s);
	render = options_render(&o, o.output ? -1 : STDOUT_FILENO);
	if (!strcmp(o.format->name, "json"))
		doctor_json(&d, &text);
	else
		doctor_text(&d, &render, &text);
	ret = write_out(&o, &text);
	if (err)
		log_error("%s", error_text(&d.cannot, err));
	return ret ? ret : err ? EXIT_CANNOT : EXIT_DONE;
}
