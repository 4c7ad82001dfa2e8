// SPDX-License-Identifier: GPL-2.0-only
/* crumb report: journeys from a trace file. Needs no privilege and no particular kernel. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "assemble.h"
#include "cmd.h"
#include "join.h"
#include "log.h"
#include "show.h"
#include "trace_reader.h"

struct reporting {
	struct assembler *assembler;
	struct show *show;
};

static int on_event(void *ctx, const struct crumb_event *ev)
{
	struct reporting *r = ctx;

	if (!show_wants_more(r->show))
		return -ECANCELED;
	return assembler_event(r->assembler, ev);
}

/* Several traces, of one host or more. */
static int on_host_event(void *ctx, unsigned int host, const struct crumb_event *ev)
{
	struct reporting *r = ctx;

	assembler_from(r->assembler, host);
	return on_event(ctx, ev);
}

static int on_absent(void *ctx, unsigned int host, uint64_t from_ns, uint64_t to_ns)
{
	return assembler_absent(((struct reporting *)ctx)->assembler, host, from_ns, to_ns);
}

static void say_unrelated(const struct join_files *files)
{
	for (unsigned int h = 0; h < join_files_hosts(files); h++)
		if (!clocks_reached(join_files_clocks(files), h))
			log_note("%s: no packet of it was seen by the others: its times are by its wall clock, "
				 "and no journey crosses to it",
				 join_files_host(files, h));
}

static int report_joined(char *const *paths, unsigned int n, struct show *show)
{
	struct reporting r = { .show = show };
	struct join_sink sink = { &r, on_host_event, on_absent };
	struct join_files *files = NULL;
	struct error e = { 0 };
	int err = join_files_open(paths, n, &files, &e), got;
	const char *complaint;

	if (err) {
		log_error("%s", error_text(&e, err));
		return err == -ENOENT || err == -EACCES ? EXIT_USAGE : EXIT_NOTHING;
	}
	say_unrelated(files);
	err = assembler_new(show_sink(show), &r.assembler);
	if (!err) {
		show_clocks(r.assembler, join_files_clocks(files));
		got = join_files_run(files, &sink, &e);
		err = got == -ECANCELED || !got ? assembler_finish(r.assembler) : got;
	}
	if (show_failure(show)) {
		log_error("%s", show_failure(show));
		err = -EIO;
	} else if (err) {
		log_error("%s", error_text(&e, err));
	}
	for (unsigned int i = 0; (complaint = join_files_complaint(files, i)); i++) {
		log_error("%s", complaint);
		err = -EBADMSG;
	}
	assembler_free(r.assembler);
	join_files_free(files);
	return err ? EXIT_NOTHING : EXIT_DONE;
}

static int report_file(const char *path, struct show *show)
{
	struct reporting r = { .show = show };
	struct trace_reader *reader = NULL;
	struct error e = { 0 };
	int err, got;

	err = trace_reader_open(path, &reader, &e);
	if (err) {
		log_error("%s", error_text(&e, err));
		return err == -ENOENT || err == -EACCES ? EXIT_USAGE : EXIT_NOTHING;
	}
	err = assembler_new(show_sink(show), &r.assembler);
	got = err ? err : trace_reader_run(reader, on_event, &r, &e);
	if (got == -ECANCELED)
		got = 0;
	if (!err &&
	    (!got || trace_reader_events(reader))) /* also what a damaged file held before the damage */
		err = assembler_finish(r.assembler);
	if (show_failure(show)) {
		log_error("%s", show_failure(show));
		err = -EIO;
	} else if (got) {
		log_error("%s", error_text(&e, got));
		err = got;
	}
	assembler_free(r.assembler);
	trace_reader_free(reader);
	return err ? EXIT_NOTHING : EXIT_DONE;
}

int report_files(const struct options *o)
{
	struct show *show = NULL;
	struct error e = { 0 };
	int err, ret;

	signal(SIGPIPE, SIG_IGN);
	err = show_new(o, &show, &e);
	if (err) {
		log_error("%s", error_text(&e, err));
		return EXIT_USAGE;
	}
	ret = o->n_rest == 1 ? report_file(o->rest[0], show) :
			       report_joined(o->rest, o->n_rest, show);
	if (!ret && !show_journeys(show)) {
		log_error("no message matched");
		ret = EXIT_NOTHING;
	}
	show_free(show);
	return ret;
}

int cmd_report(int argc, char **argv)
{
	static const struct usage u = {
		.name = "report",
		.synopsis = "[OPTIONS] FILE...",
		.about = "Show the journeys of a trace that crumb record wrote (- reads standard input), or of the\n"
			 "traces of several hosts, joined: their clocks are aligned by the packets between them.",
		.groups = OPTIONS_SHOW | OPTIONS_COUNT,
		.more = "Examples:\n"
			"  crumb report -v t.pcapng\n"
			"  crumb report a.pcapng sw.pcapng b.pcapng\n"
			"  crumb report --format json t.pcapng | jq 'select(.total_ns > 1000000)'\n",
	};
	struct options o;
	int ret = options_parse(argc, argv, &u, &o);

	if (ret >= 0)
		return ret;
	if (!o.n_rest) {
		log_error("report: which file? crumb report FILE...");
		return EXIT_USAGE;
	}
	return report_files(&o);
}
