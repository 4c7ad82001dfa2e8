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

int cmd_report(int argc, char **argv)
{
	static const struct usage u = {
		.name = "report",
		.synopsis = "[OPTIONS] FILE",
		.about = "Show the journeys of a trace that crumb record wrote (- reads standard input).",
		.groups = OPTIONS_SHOW | OPTIONS_COUNT,
		.more = "Examples:\n"
			"  crumb report -v t.pcapng\n"
			"  crumb report --format json t.pcapng | jq 'select(.total_ns > 1000000)'\n",
	};
	struct show *show = NULL;
	struct error e = { 0 };
	struct options o;
	int ret = options_parse(argc, argv, &u, &o), err;

	if (ret >= 0)
		return ret;
	if (o.n_rest != 1) {
		log_error(o.n_rest ?
				  "report: one file at a time; traces of several hosts cannot be joined yet" :
				  "report: which file? crumb report FILE");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	err = show_new(&o, &show, &e);
	if (err) {
		log_error("%s", error_text(&e, err));
		return EXIT_USAGE;
	}
	ret = report_file(o.rest[0], show);
	if (!ret && !show_journeys(show)) {
		log_error("no message matched");
		ret = EXIT_NOTHING;
	}
	show_free(show);
	return ret;
}
