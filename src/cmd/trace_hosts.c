// SPDX-License-Identifier: GPL-2.0-only
/*
 * crumb trace --host: see trace_hosts.h. One thread for each machine reads and queues; this one takes what came, every few
 * milliseconds, lets it be joined, and prints journeys. No daemon, no port: only what ssh, or the command that was given, offers.
 */
#include "trace_hosts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "assemble.h"
#include "clock.h"
#include "cmd.h"
#include "join_live.h"
#include "live.h"
#include "log.h"
#include "remote.h"
#include "show.h"

#define TURN_NS	  20000000
#define ARRIVE_NS 45000000000ull /* all machines have answered by then, or it goes on without */
#define STOP_NS \
	8000000000ull /* recorders hand over what they have left: so long may nothing come */
#define HELD_MOST \
	(32u << 20) /* of one machine: more is left where it is, and its recorder keeps it */

struct hosts {
	const struct options *o;
	struct show *show;
	struct assembler *assembler;
	struct join_live *join;
	unsigned int n, over;
	struct remote *remote[OPTIONS_HOSTS_MAX];
	bool is_over[OPTIONS_HOSTS_MAX];
	bool is_ending[OPTIONS_HOSTS_MAX]; /* its stream has ended, its command not yet */
	bool cut[OPTIONS_HOSTS_MAX];	   /* ... before it was asked to */
	bool is_silent[OPTIONS_HOSTS_MAX];
	struct join_live_loss said[OPTIONS_HOSTS_MAX];
	bool ready, stopping;
	uint64_t start_ns, stop_ns;
	int lost;
};

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int on_event(void *ctx, unsigned int host, const struct crumb_event *ev)
{
	struct hosts *h = ctx;

	if (!show_wants_more(h->show))
		return 0;
	assembler_from(h->assembler, host);
	return assembler_event(h->assembler, ev);
}

static int on_absent(void *ctx, unsigned int host, uint64_t from_ns, uint64_t to_ns)
{
	return assembler_absent(((struct hosts *)ctx)->assembler, host, from_ns, to_ns);
}

/* A machine's stream has ended. Before it was asked to: the others go on, and why is said as soon as its command has ended. */
static int host_ends(struct hosts *h, unsigned int i)
{
	struct error why = { 0 };
	bool was_ending = h->is_ending[i], ended = remote_reap(h->remote[i], &why);
	int err = 0;

	h->is_ending[i] = true;
	if (!was_ending && !h->stopping) {
		h->cut[i] = true;
		err = join_live_over(h->join, i, false);
	}
	if (!ended || err)
		return err;
	h->is_over[i] = true;
	h->over++;
	if (h->cut[i] || why.text[0]) {
		h->lost++;
		log_error("%s: %s%s", remote_name(h->remote[i]),
			  why.text[0] ? why.text : "its recorder ended",
			  h->over < h->n && !h->stopping ? "; going on without it" : "");
	}
	return h->cut[i] ? 0 : join_live_over(h->join, i, !why.text[0]);
}

/* What has come of one machine. */
static int host_take(struct hosts *h, unsigned int i)
{
	struct queue came = { 0 };
	const struct crumb_event *ev;
	uint64_t now;
	int err = 0;
	bool over;

	if (h->is_over[i])
		return 0;
	if (h->is_ending[i])
		return host_ends(h, i);
	if (join_live_held(h->join, i) > HELD_MOST) {
		join_live_full(h->join, i, now_ns());
		return 0;
	}
	over = remote_take(h->remote[i], &came);
	now = now_ns();
	if (h->stopping && h->stop_ns && queue_head(&came))
		h->stop_ns = now; /* it still tells */
	for (; !err && (ev = queue_head(&came)); queue_pop(&came)) {
		_Alignas(8) char buf[EVENT_SCRATCH_BYTES] = { 0 };

		memcpy(buf, ev, ev->size < sizeof(buf) ? ev->size : sizeof(buf));
		err = join_live_event(h->join, i, (const void *)buf, now);
	}
	queue_done(&came);
	return !err && over ? host_ends(h, i) : err;
}

/* All machines record, or will not any more, or have had their time. */
static void look_ready(struct hosts *h, uint64_t now)
{
	unsigned int waiting = 0;

	if (h->ready)
		return;
	for (unsigned int i = 0; i < h->n; i++)
		waiting += !h->is_over[i] && !h->is_ending[i] && !join_live_known(h->join, i);
	if (waiting && now < h->start_ns + ARRIVE_NS)
		return;
	for (unsigned int i = 0; i < h->n; i++)
		if (!h->is_over[i] && !h->is_ending[i] && !join_live_known(h->join, i))
			log_note("%s has not answered yet; going on without it until it does",
				 remote_name(h->remote[i]));
	h->ready = true;
	if (h->over < h->n)
		log_note("tracing on %u machine%s; Ctrl-C ends it", h->n - h->over,
			 h->n - h->over == 1 ? "" : "s");
	if (h->o->ready_fd >= 0 && write(h->o->ready_fd, "1\n", 2) < 0)
		log_note("cannot write to --ready-fd %d: %s", h->o->ready_fd, strerror(errno));
}

static void look_silent(struct hosts *h)
{
	for (unsigned int i = 0; i < h->n; i++) {
		bool silent = !h->is_over[i] && join_live_silent(h->join, i);

		if (silent != h->is_silent[i] && !h->is_over[i])
			log_note("%s: %s", remote_name(h->remote[i]),
				 silent ? "nothing comes from its recorder; going on without it until it does" :
					  "it tells again; what it saw meanwhile is left out");
		h->is_silent[i] = silent;
	}
}

/* Said when it begins; how much it was is in the summary. */
static void look_loss(struct hosts *h)
{
	for (unsigned int i = 0; i < h->n; i++) {
		struct join_live_loss l = join_live_loss(h->join, i);

		if (l.times && !h->said[i].times)
			log_note("%s: its recorder tells a time that cannot be; such events are left out",
				 remote_name(h->remote[i]));
		if (l.room && !h->said[i].room)
			log_note("%s: more than %u MiB of it wait for the others; what comes now is left out",
				 remote_name(h->remote[i]), JOIN_LIVE_MOST >> 20);
		h->said[i] = l;
	}
}

static void look_stop(struct hosts *h, uint64_t now, int sig)
{
	bool asked = sig == SIGINT || sig == SIGTERM || sig == SIGHUP;
	bool wanted = asked || !show_wants_more(h->show) ||
		      (h->o->seconds > 0 && h->ready &&
		       now > h->start_ns + (uint64_t)(h->o->seconds * 1e9));

	if (h->stopping && asked) /* once more: at once */
		h->stop_ns = 0;
	if (h->stopping || !wanted)
		return;
	h->stopping = true;
	h->stop_ns = now;
	for (unsigned int i = 0; i < h->n; i++)
		remote_stop(h->remote[i]);
}

static int turn(struct hosts *h, int sig)
{
	uint64_t now = now_ns();
	int err = 0;

	for (unsigned int i = 0; i < h->n && !err; i++)
		err = host_take(h, i);
	if (err)
		return err;
	if (!h->ready) {
		look_ready(h, now);
		if (h->ready) /* --duration counts from here */
			h->start_ns = now;
	}
	look_stop(h, now, sig);
	if (h->ready)
		err = join_live_advance(h->join, now_ns());
	look_silent(h);
	look_loss(h);
	return err ? err : show_flush(h->show);
}

static int trace(struct hosts *h)
{
	const struct timespec pause = { .tv_nsec = TURN_NS };
	sigset_t set;
	int err = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	while (!err && h->over < h->n) {
		if (h->stopping && now_ns() > h->stop_ns + STOP_NS)
			break;
		err = turn(h, sigtimedwait(&set, NULL, &pause));
	}
	for (unsigned int i = 0; i < h->n && !err; i++)
		if (!h->is_over[i]) {
			log_error("%s: its recorder does not end; what it has left is not shown",
				  remote_name(h->remote[i]));
			err = h->cut[i] ? 0 : join_live_over(h->join, i, false);
		}
	if (!err)
		err = join_live_finish(h->join);
	return err ? err : assembler_finish(h->assembler);
}

static int begin(struct hosts *h, struct error *e)
{
	struct join_sink sink = { h, on_event, on_absent };
	int err = show_new(h->o, &h->show, e);

	if (!err)
		err = assembler_new(show_sink(h->show), &h->assembler);
	if (!err)
		err = join_live_new(&sink, &h->join);
	if (!err)
		show_clocks(h->assembler, join_live_clocks(h->join));
	for (unsigned int i = 0; i < h->o->n_hosts && !err; i++) {
		err = join_live_source(h->join);
		err = err < 0 ? err : remote_start(h->o, h->o->hosts[i], &h->remote[i], e);
		h->n += !err;
	}
	h->start_ns = now_ns();
	return err;
}

static int usage_fault(const struct options *o)
{
	if (o->n_pids)
		log_error("--pid means a process of one machine: with --host use --comm, or a filter");
	else if (o->write)
		log_error("--write with --host: record on each machine (crumb record -w), join with crumb report");
	else
		return -1;
	return EXIT_USAGE;
}

int trace_hosts(const struct options *o)
{
	struct hosts h = { .o = o };
	struct error e = { 0 };
	int ret = usage_fault(o), err;

	if (ret >= 0)
		return ret;
	live_block_signals();
	err = begin(&h, &e);
	if (!err)
		err = trace(&h);
	ret = EXIT_DONE;
	if (h.show && show_failure(h.show))
		err = error_replace(&e, -EIO, "%s", show_failure(h.show));
	if (err) {
		log_error("%s", error_text(&e, err));
		ret = EXIT_NOTHING;
	} else if (!show_journeys(h.show)) {
		log_note("no message matched");
		ret = EXIT_NOTHING;
	}
	for (unsigned int i = 0; i < h.n; i++)
		remote_stop(h.remote[i]);
	for (unsigned int i = 0; i < h.n; i++)
		remote_free(h.remote[i]);
	join_live_free(h.join);
	assembler_free(h.assembler);
	show_free(h.show);
	return ret;
}
