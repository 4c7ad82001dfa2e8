// SPDX-License-Identifier: GPL-2.0-only
/* crumb run, trace, record: three ways to say what is traced and where it goes; the trace itself is live.c. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "cmd.h"
#include "lab.h"
#include "live.h"
#include "log.h"
#include "select.h"
#include "trace_hosts.h"

#define SETTLE_QUIET_MS \
	60 /* after the traced program ended: its last bytes may still be under way */
#define SETTLE_MOST_MS 1000
#define END_TRIES      200 /* of 10 ms */

static int status_of(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
	case -ENOTSUP:
	case -ENOMEM:
		return EXIT_CANNOT;
	case -EINVAL:
	case -E2BIG:
	case -ENOENT:
	case -ESRCH:
		return EXIT_USAGE;
	default:
		return EXIT_NOTHING;
	}
}

static int complain(int err, const struct error *e)
{
	log_error("%s", error_text(e, err));
	return status_of(err);
}

/* The command line as typed, for the trace. */
static char *as_typed(const char *name, int argc, char **argv)
{
	size_t len = strlen(name) + 1;
	char *text;
	int i;

	for (i = 1; i < argc; i++)
		len += strlen(argv[i]) + 1;
	text = malloc(len);
	if (!text)
		return NULL;
	strcpy(text, name);
	for (i = 1; i < argc; i++) {
		strcat(text, " ");
		strcat(text, argv[i]);
	}
	return text;
}

static void report_recording(const struct options *o, const struct live_counts *c)
{
	if (!o->quiet)
		log_note("%llu events, %llu lost%s%s", (unsigned long long)c->events,
			 (unsigned long long)c->lost, o->write ? ", written to " : "",
			 o->write ? o->write : "");
}

/* Tracing ends before the program does (-t, -c, a second Ctrl-C): it is asked to end, too. True: it does not. */
static bool end_child(pid_t pid, int *ret_status)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	int tries, got = waitpid(pid, ret_status, WNOHANG);

	if (got) /* ended now, or long ago */
		return false;
	kill(pid, SIGTERM);
	for (tries = 0; tries < END_TRIES; tries++) {
		nanosleep(&pause, NULL);
		if (waitpid(pid, ret_status, WNOHANG) == pid) {
			*ret_status = 0; /* by our hand: no failure of its own */
			return false;
		}
	}
	return true;
}

/* Start, wait, stop; the child's end decides a good part of the exit status. */
static int trace_it(struct live *l, const struct options *o, struct show *show, struct child *child)
{
	struct error e = { 0 };
	struct live_counts counts;
	int err, status = 0;

	err = live_start(l, &e);
	if (!err && child && child_release(child, &e)) {
		waitpid(child->pid, NULL, 0); /* it said why */
		return EXIT_USAGE;
	}
	if (err)
		return complain(err, &e);
	if (!child)
		log_note("%s; Ctrl-C ends it", !show	? "recording" :
					       o->write ? "tracing and recording" :
							  "tracing");
	err = live_wait(l, child ? child->pid : 0, &status, &e);
	if (child && end_child(child->pid, &status))
		log_note("%s (pid %d) goes on without being traced", o->command[0], child->pid);
	if (child)
		live_settle(l, SETTLE_QUIET_MS, SETTLE_MOST_MS);
	if (!err)
		err = live_stop(l, &e);
	counts = live_counts(l);
	if (!show || counts.lost)
		report_recording(o, &counts);
	if (err)
		return complain(err, &e);
	if (WIFSIGNALED(status) || WEXITSTATUS(status)) {
		if (WIFSIGNALED(status))
			log_error("%s was ended by signal %d", o->command[0], WTERMSIG(status));
		else
			log_error("%s ended with status %d", o->command[0], WEXITSTATUS(status));
		return EXIT_NOTHING;
	}
	if (show && !show_journeys(show)) { /* record leaves that question to report */
		log_note("no message matched");
		return EXIT_NOTHING;
	}
	return EXIT_DONE;
}

/* Whoever reads the trace over a connection ends it by closing ours, also by going away. */
static void *stdin_main(void *none)
{
	char bytes[4096];
	ssize_t n;

	do
		n = read(STDIN_FILENO, bytes, sizeof(bytes));
	while (n > 0 || (n < 0 && errno == EINTR));
	kill(getpid(), SIGTERM);
	return none;
}

static int watch_stdin(struct error *e)
{
	pthread_t thread;
	int err = -pthread_create(&thread, NULL, stdin_main, NULL);

	if (err)
		return error_set(e, err, "cannot start a thread: %s", strerror(-err));
	pthread_detach(thread);
	return 0;
}

static int run_with(const struct options *o, const char *typed, bool shows)
{
	struct show *show = NULL;
	struct live *l = NULL;
	struct child child = CHILD_NONE;
	struct lab_host place;
	struct error e = { 0 }, why = { 0 };
	int err = 0, ret;

	live_block_signals();
	if (o->host && !lab_is_up(o->lab))
		err = error_set(&e, -ENOENT, "lab %s is not up (for --in %s): crumb lab up --lab %s",
				o->lab, o->host, o->lab);
	else if (o->host && lab_find_host(o->lab, o->host, &place))
		err = error_set(&e, -ENOENT, "lab %s has no host %s: crumb lab status lists them",
				o->lab, o->host);
	if (!err && o->until_eof)
		err = watch_stdin(&e);
	if (!err && shows)
		err = show_new(o, &show, &e);
	if (!err && o->command)
		err = child_fork(&child, o->command, o->lab, o->host, &e);
	if (!err)
		err = live_new(o, show, typed, &l, &e);
	if (!err && child.pid) {
		err = session_add_process(live_session(l), child.pid, &e);
		if (!err && session_hook_libc(live_session(l), child.pid, &why))
			log_note("libc calls are not shown: %s", why.text);
	}
	if (!err)
		err = select_processes(o, live_session(l), &e);
	ret = err ? complain(err, &e) : trace_it(l, o, show, child.pid ? &child : NULL);
	if (child.gate >= 0)
		close(child.gate); /* never released: it ends by itself */
	live_free(l);
	show_free(show);
	return ret;
}

/* As execvp() looks for it: nothing need be hooked, nor shown, for a command that is not there. 0 or an errno. */
static int look_for(const char *command)
{
	const char *path = getenv("PATH");
	int err = ENOENT;

	if (strchr(command, '/'))
		return access(command, X_OK) ? errno : 0;
	for (path = path ? path : "/bin:/usr/bin"; *path; path += *path == ':') {
		size_t n = strcspn(path, ":");
		char file[PATH_MAX];

		if (snprintf(file, sizeof(file), "%.*s%s%s", (int)n, path, n ? "/" : "", command) <
		    (int)sizeof(file)) {
			if (!access(file, X_OK))
				return 0;
			err = errno == EACCES ? EACCES : err;
		}
		path += n;
	}
	return err;
}

static int start(int argc, char **argv, const struct usage *u, bool shows)
{
	_cleanup_free_ char *typed = as_typed(u->name, argc, argv);
	struct options o;
	int ret = options_parse(argc, argv, u, &o);

	if (ret >= 0)
		return ret;
	o.drop_rights = true;
	if (!strcmp(u->name, "run")) {
		if (!o.command || !o.command[0]) {
			log_error("run: which command? crumb run [OPTIONS] -- CMD [ARG...]");
			return EXIT_USAGE;
		}
		ret = look_for(o.command[0]);
		if (ret) {
			log_error("cannot run %s: %s", o.command[0], strerror(ret));
			return EXIT_USAGE;
		}
	}
	if (!strcmp(u->name, "trace") && o.command) {
		log_error("trace takes no command: use crumb run -- %s",
			  o.command[0] ? o.command[0] : "CMD");
		return EXIT_USAGE;
	}
	if (!strcmp(u->name, "record") && !o.write) {
		log_error("record: where to? -w FILE, or -w - for standard output");
		return EXIT_USAGE;
	}
	if (o.command && !o.command[0])
		o.command = NULL;
	if (shows && o.write && !strcmp(o.write, "-") && !o.output) {
		log_error("%s: -w - takes standard output: where do the journeys go? -o FILE",
			  u->name);
		return EXIT_USAGE;
	}
	if (!shows && o.write && !strcmp(o.write, "-") && isatty(STDOUT_FILENO)) {
		log_error("record: a trace is not for a terminal: -w FILE, or pipe it somewhere");
		return EXIT_USAGE;
	}
	return o.n_hosts ? trace_hosts(&o) : run_with(&o, typed, shows);
}

int cmd_run(int argc, char **argv)
{
	static const struct usage u = {
		.name = "run",
		.synopsis = "[OPTIONS] [FILTER] -- CMD [ARG...]",
		.about = "Run a program and show the journeys of the messages that it and its children send and receive.",
		.groups = OPTIONS_HOOKS | OPTIONS_SHOW | OPTIONS_PLACE | OPTIONS_WRITE |
			  OPTIONS_SELECT | OPTIONS_LAB | OPTIONS_COUNT | OPTIONS_LIMIT,
		.more = "Examples:\n"
			"  crumb run -- curl -s http://example.org/\n"
			"  crumb run --in a -- curl -s http://b/        on host a of the practice network\n"
			"  crumb run --slower-than 10ms -- ./myprogram\n",
	};

	return start(argc, argv, &u, true);
}

int cmd_trace(int argc, char **argv)
{
	static const struct usage u = {
		.name = "trace",
		.synopsis = "[OPTIONS] [FILTER]",
		.about = "Show journeys live, of the connections that match FILTER (pcap-filter(7)) and the options.",
		.groups = OPTIONS_SELECT | OPTIONS_LAB | OPTIONS_HOOKS | OPTIONS_SHOW |
			  OPTIONS_WRITE | OPTIONS_COUNT | OPTIONS_LIMIT | OPTIONS_HOSTS,
		.more = "Examples:\n"
			"  crumb trace --host root@a --host root@sw --host root@b 'tcp port 5432'\n"
			"  crumb trace 'tcp port 5432 and host 10.0.0.7'\n"
			"  crumb trace -p $(pidof -s nginx) --slower-than 1ms\n"
			"  crumb trace --payload muffin -c 1 -v\n",
	};

	return start(argc, argv, &u, true);
}

int cmd_record(int argc, char **argv)
{
	static const struct usage u = {
		.name = "record",
		.synopsis = "-w FILE [OPTIONS] [FILTER] [-- CMD [ARG...]]",
		.about = "Record a trace (pcapng) for crumb report, Wireshark and tshark.",
		.groups = OPTIONS_WRITE | OPTIONS_SELECT | OPTIONS_LAB | OPTIONS_HOOKS |
			  OPTIONS_PLACE | OPTIONS_LIMIT | OPTIONS_RECORD,
		.more = "Examples:\n"
			"  crumb record -w t.pcapng 'tcp port 80'\n"
			"  crumb record -w - -t 10 'host 10.0.0.7' | crumb report -\n",
	};

	return start(argc, argv, &u, false);
}
