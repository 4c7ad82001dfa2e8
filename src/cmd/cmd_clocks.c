// SPDX-License-Identifier: GPL-2.0-only
/* crumb clocks: how the clocks of several traces' hosts relate. Needs no privilege and no particular kernel. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "join.h"
#include "json_out.h"
#include "log.h"
#include "show.h"
#include "units.h"

struct pair_facts {
	unsigned int a, b;
	const struct clock_pair *pair;
	const struct clock_node *nodes;
	size_t n;
	enum clock_state state;
	int64_t offset_ns; /* at the first node */
	double drift_ppm;  /* mean */
	uint64_t bound_ns; /* median */
	unsigned int steps;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median_bound(const struct pair_facts *f)
{
	uint64_t *bounds = malloc((f->n + 1) * sizeof(*bounds)), median = CLOCK_UNKNOWN;

	if (!bounds || !f->n) {
		free(bounds);
		return median;
	}
	for (size_t i = 0; i < f->n; i++)
		bounds[i] = f->nodes[i].bound_ns;
	qsort(bounds, f->n, sizeof(*bounds), by_value);
	median = bounds[f->n / 2];
	free(bounds);
	return median;
}

/* Steps apart: what changed between neighbouring nodes, over the time between them. */
static double mean_drift(const struct pair_facts *f)
{
	double changed = 0, time = 0;

	for (size_t i = 1; i < f->n; i++) {
		if (f->nodes[i].after_step)
			continue;
		changed += (double)(f->nodes[i].offset_ns - f->nodes[i - 1].offset_ns);
		time += (double)(f->nodes[i].x_ns - f->nodes[i - 1].x_ns);
	}
	if (time < 1e8) /* noise would be all of it */
		return f->n ? f->nodes[0].slope * 1e6 : 0;
	return changed / time * 1e6;
}

static void facts_of(const struct join_files *j, unsigned int a, unsigned int b, struct pair_facts *f)
{
	*f = (struct pair_facts){ .a = a, .b = b, .state = CLOCK_NONE };
	f->pair = clocks_pair(join_files_clocks(j), a, b);
	if (!f->pair)
		return;
	f->nodes = clock_pair_nodes(f->pair, &f->n);
	if (!f->n)
		return;
	f->state = f->nodes[f->n - 1].state;
	f->offset_ns = f->nodes[0].offset_ns;
	f->drift_ppm = mean_drift(f);
	f->bound_ns = median_bound(f);
	for (size_t i = 0; i < f->n; i++)
		f->steps += f->nodes[i].after_step;
}

/* ---------------------------------------------------------------------------------------------------- text */

static void text_bound(uint64_t ns, struct strbuf *to)
{
	char buf[UNITS_BYTES];

	if (ns == CLOCK_UNKNOWN)
		strbuf_puts(to, "unknown");
	else
		strbuf_printf(to, "± %s", units_duration(buf, ns, true));
}

static void text_nodes(const struct pair_facts *f, int64_t first_ns, struct strbuf *to)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct clock_node *n = &f->nodes[i];

		if (n->after_step)
			strbuf_printf(to, "      the clock stepped by %+.3f µs\n",
				      (double)(n->offset_ns - n[-1].offset_ns) / 1e3);
		strbuf_printf(to, "    %+12.6f s  offset %+.3f µs  drift %+8.3f ppm  ",
			      (double)(n->x_ns - first_ns) / 1e9,
			      (double)(n->offset_ns - f->offset_ns) / 1e3, n->slope * 1e6);
		text_bound(n->bound_ns, to);
		strbuf_puts(to, "\n");
	}
}

static void text_pair(const struct join_files *j, const struct pair_facts *f, bool verbose,
		      struct strbuf *to)
{
	strbuf_printf(to, "%s - %s  ", join_files_host(j, f->a), join_files_host(j, f->b));
	if (!f->n) {
		strbuf_puts(to,
			    "none: no packet was seen by both, nor do NTP or PTP on both say how far they are off\n");
		return;
	}
	strbuf_printf(to, "%s", clock_state_name(f->state));
	if (f->state == CLOCK_ONE_WAY)
		strbuf_puts(to, " (packets one way only: delays are relative to the least one)");
	if (f->state == CLOCK_SYNCED)
		strbuf_puts(to, " (by what NTP or PTP say on both; packets did not go both ways)");
	strbuf_printf(to, "\n  %s's clock is %+.6f s against %s's, drifts %+.3f ppm, bound ",
		      join_files_host(j, f->b), (double)f->offset_ns / 1e9,
		      join_files_host(j, f->a), f->drift_ppm);
	text_bound(f->bound_ns, to);
	strbuf_printf(to, "\n  %" PRIu64 " packets %s>%s, %" PRIu64 " %s>%s",
		      clock_pair_samples(f->pair, true), join_files_host(j, f->a),
		      join_files_host(j, f->b), clock_pair_samples(f->pair, false),
		      join_files_host(j, f->b), join_files_host(j, f->a));
	if (clock_pair_outliers(f->pair))
		strbuf_printf(to, "; %" PRIu64 " left out, they contradict the rest",
			      clock_pair_outliers(f->pair));
	if (clock_pair_refuted(f->pair))
		strbuf_puts(to, "; what NTP or PTP said is left out in part, packets contradict it");
	if (f->steps)
		strbuf_printf(to, "; %u step%s", f->steps, f->steps == 1 ? "" : "s");
	strbuf_puts(to, "\n");
	if (verbose)
		text_nodes(f, f->nodes[0].x_ns, to);
}

/* ---------------------------------------------------------------------------------------------------- JSON */

static void json_bound(struct json_out *o, uint64_t ns)
{
	if (ns == CLOCK_UNKNOWN)
		json_put(o, "null");
	else
		json_u64(o, ns);
}

static void json_double(struct json_out *o, double v)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%.6f", isfinite(v) ? v : 0.0);

	json_bytes(o, text, n);
}

static void json_names(struct json_out *o, const struct join_files *j, const struct pair_facts *f)
{
	json_put(o, ",\"a\":");
	json_string(o, join_files_host(j, f->a));
	json_put(o, ",\"b\":");
	json_string(o, join_files_host(j, f->b));
}

static void json_node(struct json_out *o, const struct join_files *j, const struct pair_facts *f,
		      const struct clock_node *n)
{
	json_put(o, "{\"type\":\"clock_node\"");
	json_names(o, j, f);
	json_put(o, ",\"a_ns\":");
	json_i64(o, n->x_ns);
	json_put(o, ",\"offset_ns\":");
	json_i64(o, n->offset_ns);
	json_put(o, ",\"drift_ppm\":");
	json_double(o, n->slope * 1e6);
	json_put(o, ",\"bound_ns\":");
	json_bound(o, n->bound_ns);
	json_put(o, ",\"state\":");
	json_string(o, clock_state_name(n->state));
	json_put(o, ",\"after_step\":");
	json_bool(o, n->after_step);
	json_put(o, "}\n");
}

static void json_pair(const struct join_files *j, const struct pair_facts *f, struct strbuf *to)
{
	struct json_out o;

	json_start(&o, to);
	json_put(&o, "{\"type\":\"clock\"");
	json_names(&o, j, f);
	json_put(&o, ",\"state\":");
	json_string(&o, clock_state_name(f->state));
	json_put(&o, ",\"offset_ns\":");
	json_i64(&o, f->offset_ns);
	json_put(&o, ",\"drift_ppm\":");
	json_double(&o, f->drift_ppm);
	json_put(&o, ",\"bound_ns\":");
	json_bound(&o, f->n ? f->bound_ns : CLOCK_UNKNOWN);
	json_put(&o, ",\"packets\":[");
	json_u64(&o, f->pair ? clock_pair_samples(f->pair, true) : 0);
	json_put(&o, ",");
	json_u64(&o, f->pair ? clock_pair_samples(f->pair, false) : 0);
	json_put(&o, "],\"outliers\":");
	json_u64(&o, f->pair ? clock_pair_outliers(f->pair) : 0);
	json_put(&o, ",\"refuted\":");
	json_u64(&o, f->pair ? clock_pair_refuted(f->pair) : 0);
	json_put(&o, ",\"steps\":");
	json_u64(&o, f->steps);
	json_put(&o, "}\n");
	for (size_t i = 0; i < f->n; i++)
		json_node(&o, j, f, &f->nodes[i]);
	json_flush(&o);
}

static void json_hosts(const struct join_files *j, struct strbuf *to)
{
	struct json_out o;

	json_start(&o, to);
	json_put(&o, "{\"type\":\"clocks\",\"hosts\":[");
	for (unsigned int h = 0; h < join_files_hosts(j); h++) {
		if (h > 0)
			json_put(&o, ",");
		json_put(&o, "{\"host\":");
		json_string(&o, join_files_host(j, h));
		json_put(&o, ",\"boot_id\":\"");
		json_hex(&o, join_files_boot_id(j, h), 16);
		json_put(&o, "\",\"reached\":");
		json_bool(&o, clocks_reached(join_files_clocks(j), h));
		json_put(&o, "}");
	}
	json_put(&o, "]}\n");
	json_flush(&o);
}

static int clocks_show(const struct join_files *j, const struct options *o, struct error *e)
{
	_cleanup_strbuf_ struct strbuf to = { 0 };
	bool json = !strcmp(o->format->name, "json");
	unsigned int hosts = join_files_hosts(j);
	struct pair_facts f;

	if (json)
		json_hosts(j, &to);
	else if (hosts == 1)
		strbuf_printf(&to, "%s: one kernel, one clock: exact\n", join_files_host(j, 0));
	for (unsigned int a = 0; a < hosts; a++) {
		for (unsigned int b = a + 1; b < hosts; b++) {
			facts_of(j, a, b, &f);
			if (json)
				json_pair(j, &f, &to);
			else
				text_pair(j, &f, o->verbose, &to);
		}
	}
	return show_text(o, &to, e);
}

int cmd_clocks(int argc, char **argv)
{
	static const struct usage u = {
		.name = "clocks",
		.synopsis = "[OPTIONS] FILE...",
		.about = "How the clocks of the hosts relate whose traces these are: offset, drift and bound of each two,\n"
			 "from the packets that both saw.",
		.groups = OPTIONS_CLOCKS,
		.more = "Examples:\n"
			"  crumb clocks a.pcapng sw.pcapng b.pcapng\n"
			"  crumb clocks --format json a.pcapng b.pcapng | jq 'select(.type == \"clock_node\")'\n",
	};
	struct join_files *files = NULL;
	struct error e = { 0 };
	struct options o;
	const char *complaint;
	int ret = options_parse(argc, argv, &u, &o), err;

	if (ret >= 0)
		return ret;
	if (!o.n_rest) {
		log_error("clocks: which files? crumb clocks FILE FILE...");
		return EXIT_USAGE;
	}
	err = join_files_open(o.rest, o.n_rest, &files, &e);
	ret = err == -ENOENT || err == -EACCES ? EXIT_USAGE : EXIT_NOTHING;
	if (!err) {
		ret = EXIT_NOTHING;
		err = clocks_show(files, &o, &e);
	}
	if (err) {
		log_error("%s", error_text(&e, err));
		join_files_free(files);
		return ret;
	}
	ret = EXIT_DONE;
	for (unsigned int i = 0; (complaint = join_files_complaint(files, i)); i++) {
		log_error("%s", complaint);
		ret = EXIT_NOTHING;
	}
	join_files_free(files);
	return ret;
}
