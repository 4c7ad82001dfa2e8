// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"

enum option_id {
	OPT_PID = 256,
	OPT_COMM,
	OPT_NETNS,
	OPT_CGROUP,
	OPT_PAYLOAD,
	OPT_STACKS,
	OPT_LIBC,
	OPT_ACKS,
	OPT_FUNCTIONS,
	OPT_DEEP,
	OPT_RING,
	OPT_FLOWS,
	OPT_BACKEND,
	OPT_BTF,
	OPT_SNAPLEN,
	OPT_COLOR,
	OPT_SLOWER,
	OPT_VERDICT,
	OPT_LAB,
	OPT_IN,
	OPT_READY_FD,
	OPT_DURATION,
	OPT_LINKS,
	OPT_EXPLAIN,
	OPT_VM,
	OPT_FAIL,
	OPT_STATIC,
	OPT_DIRECT,
	OPT_SAVE,
	OPT_LOAD,
	OPT_LIST,
	OPT_HOST,
	OPT_UNTIL_EOF,
};

struct option_row {
	const char *name;
	int id;		     /* a character: the short form */
	const char *metavar; /* NULL: takes no value */
	unsigned int group;  /* enum option_group */
	const char *help;
};

static const struct option_row rows[] = {
	{ "pid", 'p', "PID", OPTIONS_SELECT, "messages of this process (may be repeated)" },
	{ "comm", OPT_COMM, "NAME", OPTIONS_SELECT, "messages of processes with this command name" },
	{ "netns", OPT_NETNS, "NAME", OPTIONS_SELECT,
	  "connections of this network namespace (name, path or inode)" },
	{ "cgroup", OPT_CGROUP, "PATH", OPTIONS_SELECT,
	  "messages of processes in this cgroup (v2) and below" },
	{ "payload", OPT_PAYLOAD, "TEXT", OPTIONS_SELECT,
	  "only messages whose first 128 bytes contain TEXT" },
	{ "stacks", OPT_STACKS, "WHEN", OPTIONS_HOOKS,
	  "call paths: all, sample (default: few messages pay for them), first\n(the first connection pays and is not shown), off" },
	{ "libc", OPT_LIBC, "WHEN", OPTIONS_HOOKS,
	  "libc calls of the traced processes: on, off, auto (default: with -p and\nrun, until they are so frequent that the hooks would slow them down)" },
	{ "functions", OPT_FUNCTIONS, NULL, OPTIONS_HOOKS,
	  "every kernel function that got the bytes or their socket, one by one\n(needs a kernel whose functions can be hooked; slow)" },
	{ "deep", OPT_DEEP, NULL, OPTIONS_HOOKS,
	  "also netfilter's verdicts, routes, forwarding decisions, socket lock and\nbacklog (needs a kernel whose functions can be hooked; costs)" },
	{ "acks", OPT_ACKS, NULL, OPTIONS_HOOKS, "record TCP segments without payload too" },
	{ "ring-size", OPT_RING, "BYTES", OPTIONS_HOOKS,
	  "ring buffer per CPU (default: 8M for all, 2M to 4M each)" },
	{ "max-flows", OPT_FLOWS, "N", OPTIONS_HOOKS, "connections followed at once (default 65536)" },
	{ "backend", OPT_BACKEND, "KIND", OPTIONS_HOOKS | OPTIONS_LOOK,
	  "hooks of this kind wherever there are any: tp_btf, raw_tp, tracepoint,\nfentry, kprobe.multi, kprobe, uprobe (default: the best that works)" },
	{ "btf", OPT_BTF, "FILE", OPTIONS_HOOKS | OPTIONS_LOOK,
	  "the running kernel's types, if it does not tell them itself" },
	{ "snaplen", OPT_SNAPLEN, "BYTES", OPTIONS_WRITE,
	  "bytes of each packet in the trace file (default and most 128; 0 none)" },
	{ "write", 'w', "FILE", OPTIONS_WRITE,
	  "write the trace (pcapng) to FILE, - for standard output" },
	{ "format", 'f', "FORMAT", OPTIONS_SHOW | OPTIONS_LOOK | OPTIONS_CLOCKS,
	  "text (default) or json" },
	{ "output", 'o', "FILE", OPTIONS_SHOW | OPTIONS_PAPER | OPTIONS_LOOK | OPTIONS_CLOCKS,
	  "write there instead of standard output" },
	{ "verbose", 'v', NULL, OPTIONS_SHOW | OPTIONS_PAPER | OPTIONS_CLOCKS,
	  "unfold: functions between the steps, registers, state; clocks over time" },
	{ "links", OPT_LINKS, NULL, OPTIONS_SHOW | OPTIONS_PAPER,
	  "where each function stands in the source of the kernel that was traced" },
	{ "color", OPT_COLOR, "WHEN", OPTIONS_SHOW | OPTIONS_PAPER, "auto (default), always, never" },
	{ "slower-than", OPT_SLOWER, "TIME", OPTIONS_SHOW,
	  "only journeys that took longer: 500us, 1ms, 2s" },
	{ "verdict", OPT_VERDICT, "VERDICT", OPTIONS_SHOW,
	  "only delivered, dropped, waiting, left or incomplete ones" },
	{ "count", 'c', "N", OPTIONS_COUNT, "stop after N journeys" },
	{ "duration", 't', "SECONDS", OPTIONS_LIMIT, "stop after that time" },
	{ "in", OPT_IN, "HOST", OPTIONS_PLACE, "run the command on this host of the lab" },
	{ "lab", OPT_LAB, "NAME", OPTIONS_LAB, "the lab whose hosts are meant (default: default)" },
	{ "host", OPT_HOST, "NAME[=COMMAND]", OPTIONS_HOSTS,
	  "trace on that machine too, through ssh NAME or COMMAND; times joined,\nwith their bounds (may be repeated)" },
	{ "until-eof", OPT_UNTIL_EOF, NULL, OPTIONS_RECORD, "stop when standard input ends" },
	{ "explain", OPT_EXPLAIN, NULL, OPTIONS_DEMO,
	  "a guided walk: every step of the journey explained, with what was just\nmeasured" },
	{ "vm", OPT_VM, NULL, OPTIONS_DEMO,
	  "in virtual machines: three kernels, three clocks (-w DIRECTORY keeps their\ntraces)" },
	{ "fail", OPT_FAIL, NULL, OPTIONS_CALL, "make the call so that it fails" },
	{ "static", OPT_STATIC, NULL, OPTIONS_CALL, "by a static program: no PLT, no GOT" },
	{ "direct", OPT_DIRECT, NULL, OPTIONS_CALL,
	  "by a program that executes the instruction itself (socket, write, close)" },
	{ "save", OPT_SAVE, "FILE", OPTIONS_CALL, "write what was seen to FILE as well" },
	{ "load", OPT_LOAD, "FILE", OPTIONS_CALL, "show what --save wrote, on whatever machine" },
	{ "list", OPT_LIST, NULL, OPTIONS_CALL, "the names of all topics, one a line" },
	{ "ready-fd", OPT_READY_FD, "FD", OPTIONS_HOOKS,
	  "write a line there when all hooks are in place" },
	{ "quiet", 'q', NULL, OPTIONS_HOOKS, "no notes on standard error" },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is_short(int id)
{
	return id < 256;
}

void options_usage(const struct usage *u)
{
	static const struct {
		unsigned int group;
		const char *title;
	} titles[] = {
		{ OPTIONS_SELECT, "Which messages" },
		{ OPTIONS_HOSTS, "Several machines" },
		{ OPTIONS_PLACE | OPTIONS_LAB, "Practice network" },
		{ OPTIONS_HOOKS, "What is recorded" },
		{ OPTIONS_WRITE, "Trace file" },
		{ OPTIONS_CALL | OPTIONS_DEMO, "What is explained" },
		{ OPTIONS_SHOW | OPTIONS_PAPER, "What is shown" },
		{ OPTIONS_COUNT | OPTIONS_LIMIT | OPTIONS_RECORD, "When to stop" },
		{ OPTIONS_LOOK | OPTIONS_CLOCKS, "Options" },
	};
	size_t t, i;

	printf("Usage: crumb %s %s\n%s\n", u->name, u->synopsis, u->about);
	for (t = 0; t < sizeof(titles) / sizeof(titles[0]); t++) {
		if (!(u->groups & titles[t].group))
			continue;
		printf("\n%s:\n", titles[t].title);
		for (i = 0; i < N_ROWS; i++) {
			char left[64];
			const char *help = rows[i].help, *end;

			if (!(rows[i].group & titles[t].group & u->groups))
				continue;
			snprintf(left, sizeof(left), "%c%c%s --%s%s%s",
				 is_short(rows[i].id) ? '-' : ' ',
				 is_short(rows[i].id) ? rows[i].id : ' ',
				 is_short(rows[i].id) ? "," : " ", rows[i].name,
				 rows[i].metavar ? " " : "", rows[i].metavar ? rows[i].metavar : "");
			while ((end = strchr(help, '\n'))) {
				printf("  %-28s %.*s\n", left, (int)(end - help), help);
				left[0] = '\0';
				help = end + 1;
			}
			printf("  %-28s %s\n", left, help);
		}
	}
	printf("  %-28s %s\n", "-h, --help", "this text");
	if (u->more)
		printf("\n%s", u->more);
}

static int bad_value(const char *option, const char *value, const char *wanted)
{
	log_error("--%s: '%s' is not %s", option, value, wanted);
	return EXIT_USAGE;
}

/* "8M", "64k", "65536" */
static int parse_size(const char *text, uint64_t *ret)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (end == text || errno || text[0] == '-')
		return -EINVAL;
	switch (*end) {
	case 'k':
	case 'K':
		v <<= 10;
		end++;
		break;
	case 'm':
	case 'M':
		v <<= 20;
		end++;
		break;
	case 'g':
	case 'G':
		v <<= 30;
		end++;
		break;
	}
	if (*end)
		return -EINVAL;
	*ret = v;
	return 0;
}

static int parse_time(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "µs", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *end;
	double v = strtod(text, &end);
	size_t i;

	if (end == text || !(v >= 0) || v > 1e9)
		return -EINVAL;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit)) {
			*ret_ns = v * units[i].ns;
			return 0;
		}
	return -EINVAL;
}

static int parse_number(const char *text, long min, long max, long *ret)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (end == text || *end || errno || v < min || v > max)
		return -EINVAL;
	*ret = v;
	return 0;
}

static int parse_word(const char *value, const char *const *words, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(value, words[i]))
			return i;
	return -1;
}

static int set_selection(struct options *o, int id, const char *v)
{
	long n;

	switch (id) {
	case 'p':
		if (parse_number(v, 1, 1 << 22, &n))
			return bad_value("pid", v, "a process id");
		if (o->n_pids == OPTIONS_PIDS_MAX)
			return bad_value("pid", v, "one of the first 64 processes");
		o->pids[o->n_pids++] = n;
		return -1;
	case OPT_COMM:
		if (!*v || strlen(v) > 15)
			return bad_value("comm", v,
					 "a command name of 1 to 15 characters (as in /proc/PID/comm)");
		o->comm = v;
		return -1;
	case OPT_NETNS:
		o->netns = v;
		return -1;
	case OPT_CGROUP:
		o->cgroup = v;
		return -1;
	case OPT_PAYLOAD:
		if (!*v || strlen(v) > CRUMB_PATTERN_BYTES)
			return bad_value("payload", v, "a text of 1 to 32 bytes");
		o->payload = v;
		return -1;
	}
	return EXIT_USAGE;
}

static int set_hooks(struct options *o, int id, const char *v)
{
	static const char *const when[] = { "off", "sample", "all", "first" };
	static const char *const switches[] = { "off", "on", "auto" };
	long n;

	switch (id) {
	case OPT_STACKS:
		n = parse_word(v, when, 4);
		if (n < 0)
			return bad_value("stacks", v, "one of all, sample, first, off");
		o->stacks = n;
		return -1;
	case OPT_LIBC:
		n = parse_word(v, switches, 3);
		if (n < 0)
			return bad_value("libc", v, "one of on, off, auto");
		o->libc = n;
		return -1;
	case OPT_FUNCTIONS:
		o->functions = true;
		return -1;
	case OPT_DEEP:
		o->deep = true;
		return -1;
	case OPT_ACKS:
		o->acks = true;
		return -1;
	case OPT_RING:
		if (parse_size(v, &o->ring_bytes) || o->ring_bytes < 65536 ||
		    o->ring_bytes > CRUMB_RING_BYTES_ASKED || (o->ring_bytes & (o->ring_bytes - 1)))
			return bad_value("ring-size", v, "a power of two from 64k to 256M");
		return -1;
	case OPT_FLOWS:
		if (parse_size(v, &o->max_flows) || !o->max_flows || o->max_flows > 1u << 24)
			return bad_value("max-flows", v, "a number from 1 to 16M");
		return -1;
	case OPT_BACKEND:
		o->backend = hook_kind_by_name(v);
		if (o->backend == HOOK_NONE || o->backend == HOOK_DERIVED)
			return bad_value(
				"backend", v,
				"one of tp_btf, raw_tp, tracepoint, fentry, kprobe.multi, kprobe, uprobe");
		return -1;
	case OPT_BTF:
		o->btf = v;
		return -1;
	case OPT_READY_FD:
		if (parse_number(v, 0, 1 << 20, &n))
			return bad_value("ready-fd", v, "a file descriptor");
		o->ready_fd = n;
		return -1;
	case 'q':
		o->quiet = true;
		log_level = LOG_QUIET;
		return -1;
	}
	return EXIT_USAGE;
}

static int set_show(struct options *o, int id, const char *v)
{
	static const char *const when[] = { "never", "always", "auto" };
	int n;

	switch (id) {
	case 'f':
		o->format = renderer_by_name(v);
		return o->format ? -1 : bad_value("format", v, "a format: text or json");
	case 'o':
		o->output = v;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	case OPT_LINKS:
		o->links = true;
		return -1;
	case OPT_COLOR:
		n = parse_word(v, when, 3);
		if (n < 0)
			return bad_value("color", v, "one of auto, always, never");
		o->color = n == 2 ? -1 : n;
		return -1;
	case OPT_SLOWER:
		if (parse_time(v, &o->slower_than_ns))
			return bad_value("slower-than", v, "a time such as 500us, 1ms, 2s");
		o->slower_set = true;
		return -1;
	case OPT_VERDICT:
		for (n = 0; n < VERDICT_MAX; n++)
			if (!strcmp(v, verdict_name(n))) {
				o->verdict = n;
				o->verdict_set = true;
				return -1;
			}
		return bad_value("verdict", v, "delivered, dropped, waiting, left or incomplete");
	}
	return EXIT_USAGE;
}

static int set_explain(struct options *o, int id, const char *v)
{
	switch (id) {
	case OPT_EXPLAIN:
		o->explain = true;
		return -1;
	case OPT_VM:
		o->vm = true;
		return -1;
	case OPT_FAIL:
		o->fail = true;
		return -1;
	case OPT_STATIC:
		o->is_static = true;
		return -1;
	case OPT_DIRECT:
		o->direct = true;
		return -1;
	case OPT_SAVE:
		o->save = v;
		return -1;
	case OPT_LOAD:
		o->load = v;
		return -1;
	case OPT_LIST:
		o->list = true;
		return -1;
	}
	return EXIT_USAGE;
}

static int set_rest(struct options *o, int id, const char *v)
{
	uint64_t n;
	char *end;

	switch (id) {
	case OPT_SNAPLEN:
		if (parse_size(v, &n) || n > CRUMB_SNAP_BYTES)
			return bad_value("snaplen", v, "a number from 0 to 128");
		o->snap_bytes = n;
		return -1;
	case 'w':
		o->write = v;
		return -1;
	case 'c':
		if (parse_size(v, &o->count) || !o->count)
			return bad_value("count", v, "a number of journeys");
		return -1;
	case 't':
		o->seconds = strtod(v, &end);
		if (end == v || *end || !(o->seconds > 0) || o->seconds > 1e8)
			return bad_value("duration", v, "a number of seconds");
		return -1;
	case OPT_IN:
		o->host = v;
		return -1;
	case OPT_LAB:
		o->lab = v;
		return -1;
	case OPT_HOST:
		if (!*v || *v == '=' || *v == '-')
			return bad_value("host", v, "a machine's name, or NAME=COMMAND");
		if (o->n_hosts == OPTIONS_HOSTS_MAX)
			return bad_value("host", v, "one of the first 64 machines");
		o->hosts[o->n_hosts++] = v;
		return -1;
	case OPT_UNTIL_EOF:
		o->until_eof = true;
		return -1;
	}
	return EXIT_USAGE;
}

static int set_option(struct options *o, const struct option_row *row, const char *v)
{
	switch (row->group & ~(OPTIONS_LOOK | OPTIONS_CLOCKS)) {
	case OPTIONS_SELECT:
		return set_selection(o, row->id, v);
	case OPTIONS_HOOKS:
		return set_hooks(o, row->id, v);
	case OPTIONS_DEMO:
	case OPTIONS_CALL:
		return set_explain(o, row->id, v);
	case OPTIONS_SHOW:
	case OPTIONS_SHOW | OPTIONS_PAPER:
		return set_show(o, row->id, v);
	default:
		return set_rest(o, row->id, v);
	}
}

static void fill_getopt(const struct usage *u, struct option *longs, char *shorts)
{
	size_t i, n = 0;

	if (!(u->groups & OPTIONS_CALL))
		*shorts++ = '+'; /* options come before the filter and the files, as with tcpdump */
	*shorts++ = ':';
	*shorts++ = 'h';
	longs[n++] = (struct option){ .name = "help", .val = 'h' };
	for (i = 0; i < N_ROWS; i++) {
		if (!(u->groups & rows[i].group))
			continue;
		longs[n++] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].metavar ? required_argument : no_argument,
			.val = rows[i].id,
		};
		if (!is_short(rows[i].id))
			continue;
		*shorts++ = rows[i].id;
		if (rows[i].metavar)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[n] = (struct option){ 0 };
}

int options_parse(int argc, char **argv, const struct usage *u, struct options *o)
{
	struct option longs[N_ROWS + 2];
	char shorts[2 * N_ROWS + 8];
	int c, err, i;

	*o = (struct options){
		.stacks = CRUMB_STACKS_SAMPLE,
		.libc = LIBC_AUTO,
		.format = renderer_by_name("text"),
		.color = -1,
		.ready_fd = -1,
		.snap_bytes = CRUMB_SNAP_BYTES,
		.lab = "default",
	};
	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--")) {
			o->command = argv + i + 1;
			argc = i;
			break;
		}
	fill_getopt(u, longs, shorts);
	optind = 1;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t row;

		if (c == 'h') {
			options_usage(u);
			return EXIT_DONE;
		}
		if (c == '?' || c == ':') {
			const char *at = argv[optind - 1];

			log_error(c == ':' ? "%s needs a value" : "unknown option %s", at);
			log_error("try 'crumb %s --help'", u->name);
			return EXIT_USAGE;
		}
		for (row = 0; row < N_ROWS && rows[row].id != c; row++)
			;
		err = set_option(o, &rows[row], optarg);
		if (err >= 0)
			return err;
	}
	o->rest = argv + optind;
	o->n_rest = argc - optind;
	for (i = 0; i < o->n_rest; i++)
		if (o->rest[i][0] == '-' && o->rest[i][1]) {
			log_error("%s: options go before what is not an option", o->rest[i]);
			return EXIT_USAGE;
		}
	return -1;
}

char *options_filter(const struct options *o)
{
	size_t len = 1;
	char *text;
	int i;

	if (!o->n_rest)
		return NULL;
	for (i = 0; i < o->n_rest; i++)
		len += strlen(o->rest[i]) + 1;
	text = calloc(1, len);
	for (i = 0; text && i < o->n_rest; i++) {
		strcat(text, o->rest[i]);
		if (i + 1 < o->n_rest)
			strcat(text, " ");
	}
	return text;
}

struct render_options options_render(const struct options *o, int fd)
{
	const char *term = getenv("TERM"), *columns = getenv("COLUMNS");
	struct render_options r = { .unfold = o->verbose };
	bool tty = isatty(fd);
	struct winsize ws;

	r.color = o->color == 1 ||
		  (o->color == -1 && tty && !getenv("NO_COLOR") && term && strcmp(term, "dumb"));
	if (tty && !ioctl(fd, TIOCGWINSZ, &ws) && ws.ws_col)
		r.width = ws.ws_col;
	else if (columns && atoi(columns) > 0)
		r.width = atoi(columns);
	setlocale(LC_CTYPE, "");
	r.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	return r;
}
