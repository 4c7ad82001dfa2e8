// SPDX-License-Identifier: GPL-2.0-only
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "annotate.h"
#include "cleanup.h"
#include "clock.h"
#include "filter.h"
#include "flow_aging.h"
#include "func_hooks.h"
#include "lab.h"
#include "lab_names.h"
#include "log.h"
#include "merge.h"
#include "netns_look.h"
#include "priority.h"
#include "rights.h"
#include "select.h"
#include "spool.h"
#include "trace_writer.h"

#define DRAIN_BUSY_NS 4000000 /* pause between two passes while events come */
#define DRAIN_IDLE_NS 10000000
#define MISSES_EVERY_NS \
	10000000ull /* asking every program for its misses is not free; below the analysis' patience */
#define HOOKER_POLL_MS	      50
#define LIBC_WINDOW_NS	      100000000ull
#define LIBC_CALLS_PER_SECOND 5000
#define SETTLE_POLL_NS	      5000000
#define TICK_FIRST_NS	      35000000ull
#define TICK_LAST_NS	      16000000000ull
#define HEARTBEAT_NS	      100000000ull
#define ANALYST_LIVE_NICE     5

struct live {
	const struct options *o;
	struct show *show;
	struct session *session;
	const char *selection;
	char *filter;
	uint32_t trace_flags;

	struct spool *spool;
	struct merge *merge;
	struct annotate *annotate;
	struct assembler *assembler;
	struct trace_writer *writer;
	int write_fd;
	uint32_t cpus;

	pthread_t recorder, analyst, hooker;
	bool started, hooking;
	atomic_bool stop, enough;
	atomic_uint_fast64_t events, last_event_ns, lost, max_lag;
	uint64_t stream_ns; /* newest event of the stream */
	uint64_t told_lost; /* by the events that came to the end of the stream */
	bool cut;	    /* the analysis ended before the stream, with told_lost */
	uint64_t pass_ns;   /* recorder: when the pass before this one began */
	uint64_t quiet_ns; /* next tick after that much silence; 0: the analysis has nothing to wait for */
	struct priority priority; /* the analyst's */
	pid_t analyst_tid;
	int analyst_err;
	struct error analyst_error;
	struct flow_aging *aging;
};

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void pause_ns(long ns)
{
	struct timespec t = { .tv_nsec = ns };

	nanosleep(&t, NULL);
}

/* ------------------------------------------------------------------------------------------ recorder */

/*
 * It stands in the stream where the pass before began. A recorder that was kept off its CPU for longer than finished
 * journeys are held would else tell of it after them.
 */
static int spool_event(void *ctx, const struct crumb_event *ev)
{
	struct live *l = ctx;
	struct crumb_ev_loss loss = *(const struct crumb_ev_loss *)ev;

	loss.to_ns = ev->time_ns;
	loss.h.time_ns = l->pass_ns;
	atomic_fetch_add(&l->lost, loss.count);
	return spool_append(l->spool, l->cpus, &loss, sizeof(loss), NULL, 0);
}

struct take {
	struct live *l;
	uint64_t records, refused;
	int err;
};

static int take_batch(void *ctx, uint32_t cpu, const void *bytes, size_t n, uint64_t records)
{
	struct take *t = ctx;
	int err = spool_append(t->l->spool, cpu, bytes, n, NULL, 0);

	if (err) {
		t->refused += records;
		t->err = err;
	} else {
		t->records += records;
	}
	return err;
}

/* What could not be kept is a loss like any other. */
static void note_refused(struct live *l, const struct take *t, uint64_t from, uint64_t to)
{
	struct crumb_ev_loss e = {
		.h = { .time_ns = to, .type = CRUMB_EV_LOSS, .size = sizeof(e) },
		.from_ns = from,
		.count = t->refused,
		.cause = CRUMB_LOSS_SPOOL,
		.on_cpu = UINT32_MAX,
	};

	spool_event(l, &e.h);
}

static void *recorder_main(void *ctx)
{
	uint64_t previous = now_ns(), misses_at = previous;
	struct live *l = ctx;
	int last_rounds = 3;
	const struct sched_param first = { .sched_priority = 1 };

	/* Before the traced programs, so that a ring never fills while its reader waits for a CPU. */
	if (pthread_setschedparam(pthread_self(), SCHED_RR, &first))
		setpriority(PRIO_PROCESS, syscall(SYS_gettid), -10);
	while (last_rounds > 0) {
		uint64_t start = now_ns(), lag;
		struct take t = { .l = l };
		bool misses = start - misses_at > MISSES_EVERY_NS;
		int fill;

		if (atomic_load(&l->stop))
			last_rounds--;
		l->pass_ns = previous;
		fill = session_drain(l->session, take_batch, &t);
		if (t.records) {
			atomic_fetch_add(&l->events, t.records);
			atomic_store(&l->last_event_ns, start);
		}
		if (t.refused)
			note_refused(l, &t, previous, start);
		session_losses(l->session, previous, start, spool_event, l);
		if (misses || last_rounds < 2) {
			session_misses(l->session, start, spool_event, l);
			misses_at = start;
		}
		/* Whatever was stamped before the previous pass began has been submitted by now. */
		spool_mark(l->spool, previous);
		previous = start;
		lag = spool_lag_bytes(l->spool);
		if (lag > atomic_load(&l->max_lag))
			atomic_store(&l->max_lag, lag);
		if (fill < 64 && last_rounds)
			pause_ns(t.records	       ? DRAIN_BUSY_NS :
				 atomic_load(&l->stop) ? DRAIN_BUSY_NS :
							 DRAIN_IDLE_NS);
	}
	spool_mark(l->spool, now_ns());
	spool_close_write(l->spool);
	return NULL;
}

/*
 * Children of the traced processes get their libc hooked as they appear. A hook is a trap, microseconds each (tens in
 * some virtual machines): a program that calls libc all the time is let go again, and that is said.
 */
static void *hooker_main(void *ctx)
{
	uint64_t since = now_ns(), calls = 0;
	struct live *l = ctx;

	while (!atomic_load(&l->stop) &&
	       session_watch_children(l->session, HOOKER_POLL_MS) >= -EINTR) {
		uint64_t now = now_ns(), n = session_libc_calls(l->session);

		session_prune_libc(l->session);
		if (l->o->libc != LIBC_AUTO || now - since < LIBC_WINDOW_NS)
			continue;
		if ((n - calls) * 1000000000ull / (now - since) > LIBC_CALLS_PER_SECOND) {
			session_unhook_libc(l->session);
			log_note("more than %d libc calls a second: their hooks would slow the program down and "
				 "were taken away; journeys begin at the syscall from here on (--libc=on keeps them)",
				 LIBC_CALLS_PER_SECOND);
			break;
		}
		since = now;
		calls = n;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------- analyst */

/*
 * Its place in the kernel's table is free again. While a task is in a bpf(2) call that changes a map, the kernel calls no program of a
 * kprobe or of a perf event on that CPU (bpf_disable_instrumentation(), kernel/bpf/syscall.c): if it is preempted there, and has no claim to
 * a CPU, that is for long, and all that is missed.
 */
static void forget_flow(void *ctx, const struct crumb_ev_flow *flow)
{
	struct live *l = ctx;

	priority_raise(&l->priority);
	session_forget_flow(l->session, flow);
	annotate_forget_flow(l->annotate, flow);
}

/* A packet of it was sampled by a switch's hardware, and no hook has seen one. */
static void take_flow(void *ctx, const struct crumb_ev_flow *flow, uint32_t *ret_flow)
{
	struct live *l = ctx;

	priority_raise(&l->priority); /* likewise */
	*ret_flow = session_take_flow(l->session, flow);
}

/* Behind merge and annotate: the stream as every consumer sees it. */
static int on_event(void *ctx, const struct crumb_event *ev)
{
	struct live *l = ctx;
	int err = flow_aging_event(l->aging, ev);

	if (ev->time_ns > l->stream_ns)
		l->stream_ns = ev->time_ns;
	if (ev->type < CRUMB_EV_TRACE)
		l->quiet_ns = TICK_FIRST_NS;
	if (ev->type == CRUMB_EV_LOSS)
		l->told_lost += ((const struct crumb_ev_loss *)ev)->count;
	if (!err && l->writer)
		err = trace_writer_event(l->writer, ev);
	if (!err && l->assembler)
		err = assembler_event(l->assembler, ev);
	return err;
}

static int write_head(struct live *l)
{
	struct crumb_ev_trace t = {
		.h = { .time_ns = now_ns(), .type = CRUMB_EV_TRACE, .size = sizeof(t) },
		.version = CRUMB_EVENT_VERSION,
		.flags = l->trace_flags,
	};
	int err;

	snprintf(t.crumb, sizeof(t.crumb), "%s", CRUMB_VERSION);
	snprintf(t.selection, sizeof(t.selection), "%.255s", l->selection ? l->selection : "");
	err = on_event(l, &t.h);
	if (!err)
		err = annotate_host(l->annotate, t.h.time_ns);
	if (!err)
		err = session_hooks(l->session, on_event, l);
	if (!err)
		err = session_flows(l->session, annotate_event, l->annotate);
	return err;
}

/* Never seen; if it happens, it is a loss like any other. */
static int tell_malformed(struct live *l)
{
	struct crumb_ev_loss e = {
		.h = { .time_ns = now_ns(), .type = CRUMB_EV_LOSS, .size = sizeof(e) },
		.count = merge_malformed(l->merge),
		.cause = CRUMB_LOSS_SPOOL,
		.on_cpu = UINT32_MAX,
	};

	atomic_fetch_add(&l->lost, e.count);
	return on_event(l, &e.h);
}

static uint64_t lost_of(const struct live *l)
{
	return l->cut ? l->told_lost : atomic_load(&l->lost);
}

/* Unless what was recorded has been read to its end, nothing is said of what comes behind. */
static int write_tail(struct live *l)
{
	struct crumb_ev_end e = {
		.h = { .time_ns = now_ns(), .type = CRUMB_EV_END, .size = sizeof(e) },
		.kernel_events = atomic_load(&l->events),
		.lost = lost_of(l),
	};
	int err = session_asides(l->session, e.h.time_ns, on_event, l);

	if (!err)
		err = annotate_look(l->annotate, e.h.time_ns, true);
	return err ? err : on_event(l, &e.h);
}

/*
 * A journey is complete when its time has passed, and only events tell the analysis what time it is: when none come, it
 * is told so, less and less often, until nothing can be waited for any more. In the trace file too.
 */
static int tell_time(struct live *l, uint64_t now)
{
	struct crumb_event tick = { .time_ns = now, .type = CRUMB_EV_TICK, .size = sizeof(tick) };

	if (l->o->until_eof) /* others' events wait for ours */
		l->quiet_ns = HEARTBEAT_NS;
	if (!l->quiet_ns || now < l->stream_ns + l->quiet_ns)
		return 0;
	l->quiet_ns = l->quiet_ns < TICK_LAST_NS ? l->quiet_ns * 2 : 0;
	return on_event(l, &tick);
}

static void calm_down(struct live *l)
{
	const struct sched_param none = { 0 };

	if (!l->priority.raised)
		return;
	priority_restore(&l->priority);
	if (atomic_load(&l->stop)) /* live_stop() may have given it the machine meanwhile */
		pthread_setschedparam(pthread_self(), SCHED_OTHER, &none);
}

static int analyse_chunk(struct live *l, const struct spool_chunk *c)
{
	int err;

	if (c->kind != SPOOL_MARK)
		return merge_chunk(l->merge, c->cpu, c->bytes, c->n);
	err = merge_watermark(l->merge, c->mark_ns);
	flow_aging_tick(l->aging, c->mark_ns);
	calm_down(l);
	if (!err)
		err = annotate_look(l->annotate, c->mark_ns, false);
	calm_down(l);
	return err ? err : tell_time(l, c->mark_ns);
}

static int flush_outputs(struct live *l)
{
	int err = 0;

	if (l->show)
		err = show_flush(l->show);
	if (!err && l->writer)
		err = trace_writer_flush(l->writer, &l->analyst_error);
	return err;
}

static int analyse(struct live *l)
{
	struct spool_chunk c;
	bool dirty = true; /* the head: whoever reads the trace live waits for it */
	int err = write_head(l);

	while (!err) {
		int got = spool_read_chunk(l->spool, dirty ? 0 : 1000, &c);

		if (got == -ENODATA)
			break;
		if (got == -EAGAIN) {
			err = dirty ? flush_outputs(l) : 0;
			dirty = false;
			continue;
		}
		if (got)
			return error_set(&l->analyst_error, got, "cannot read back the spool: %s",
					 strerror(-got));
		err = analyse_chunk(l, &c);
		dirty = true;
		if (l->show && !show_wants_more(l->show)) {
			l->cut = true;
			atomic_store(&l->enough, true);
			kill(getpid(), SIGUSR1);
			break;
		}
	}
	if (!err)
		err = merge_flush(l->merge);
	if (!err && merge_malformed(l->merge))
		err = tell_malformed(l);
	if (!err)
		err = write_tail(l);
	if (!err && l->assembler)
		err = assembler_finish(l->assembler);
	if (l->writer) {
		int end = trace_writer_finish(l->writer, &l->analyst_error);

		if (!err)
			err = end;
	}
	return err;
}

static void *analyst_main(void *ctx)
{
	const struct sched_param none = { 0 };
	struct live *l = ctx;
	int err;

	l->analyst_tid = syscall(SYS_gettid);
	/* Whoever reads the trace live waits for it, and other machines' events with him: behind the rest, but not last of all. */
	if (l->o->until_eof)
		setpriority(PRIO_PROCESS, l->analyst_tid, ANALYST_LIVE_NICE);
	else if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &none))
		setpriority(PRIO_PROCESS, l->analyst_tid, 19);
	err = analyse(l);
	if (err && l->show && show_failure(l->show))
		error_replace(&l->analyst_error, err, "%s", show_failure(l->show));
	else if (err && l->writer && !l->analyst_error.text[0])
		trace_writer_finish(l->writer, &l->analyst_error);
	l->analyst_err = err;
	if (err) { /* nobody would notice otherwise */
		atomic_store(&l->enough, true);
		kill(getpid(), SIGUSR1);
	}
	return NULL;
}

/* --------------------------------------------------------------------------------------------- set-up */

static bool name_netns(uint32_t inum, struct crumb_ev_netns *fact)
{
	struct lab_host h;

	if (lab_lookup_netns(inum, &h))
		return false;
	snprintf(fact->host, sizeof(fact->host), "%s", h.name);
	snprintf(fact->name, sizeof(fact->name), "%s", h.netns);
	snprintf(fact->lab, sizeof(fact->lab), "%.31s", h.lab);
	return true;
}

static uint32_t flags_of(const struct session_config *c)
{
	uint32_t flags = 0;

	if (c->settings.select & (CRUMB_SELECT_TASKS | CRUMB_SELECT_NETNS))
		flags |= CRUMB_TRACE_TASKS;
	if (c->settings.stacks != CRUMB_STACKS_OFF)
		flags |= CRUMB_TRACE_STACKS;
	if (c->settings.stacks == CRUMB_STACKS_ALL)
		flags |= CRUMB_TRACE_STACKS_ALL;
	if (c->settings.stacks == CRUMB_STACKS_FIRST)
		flags |= CRUMB_TRACE_REHEARSAL;
	if (c->libc)
		flags |= CRUMB_TRACE_LIBC;
	if (c->settings.snap_bytes)
		flags |= CRUMB_TRACE_PACKETS;
	if (c->settings.pattern_len)
		flags |= CRUMB_TRACE_PAYLOAD;
	if (c->functions)
		flags |= CRUMB_TRACE_FUNCTIONS;
	return flags;
}

static int open_writer(struct live *l, struct error *e)
{
	const char *path = l->o->write;

	if (!path)
		return 0;
	l->write_fd = STDOUT_FILENO;
	if (strcmp(path, "-")) {
		l->write_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (l->write_fd < 0)
			return error_set(e, -errno, "cannot write %s: %s", path, strerror(errno));
	}
	return trace_writer_new(l->write_fd, &l->writer, e);
}

struct lab_zones {
	struct session *session;
	char lab[LAB_NAME_BYTES];
	uint32_t zone;
};

/* Hosts come lab by lab. */
static int add_zone(const struct lab_host *h, void *arg)
{
	struct lab_zones *z = arg;

	if (strcmp(z->lab, h->lab)) {
		snprintf(z->lab, sizeof(z->lab), "%s", h->lab);
		z->zone++;
	}
	session_add_zone(z->session, h->netns_inum, z->zone);
	return 0;
}

static int take_filter(struct live *l, struct error *e)
{
	_cleanup_free_ char *words = options_filter(l->o);

	if (!words)
		return 0;
	l->filter = lab_names_in(words, l->o->lab);
	if (!l->filter)
		return -ENOMEM;
	return filter_check_protos(l->filter, e);
}

static int open_parts(struct live *l, struct error *e)
{
	struct session_config c = {
		.ring_bytes = l->o->ring_bytes,
		.max_flows = l->o->max_flows,
		.force = l->o->backend,
		.btf = l->o->btf,
		.functions = l->o->functions,
		.deep = l->o->deep,
	};
	int err;

	err = take_filter(l, e);
	c.filter = l->filter;
	if (!err)
		err = select_settings(l->o, &c, e);
	if (!err)
		err = open_writer(l, e);
	if (!err)
		err = session_new(&c, &l->session, e);
	if (!err) {
		struct lab_zones zones = { .session = l->session };

		lab_for_each_host(NULL, add_zone, &zones);
	}
	if (!err)
		err = spool_new(&l->spool, e);
	if (err)
		return err;
	l->trace_flags = flags_of(&c);
	l->cpus = sysconf(_SC_NPROCESSORS_CONF);
	err = annotate_new(session_abilities(l->session)->btf, name_netns, on_event, l, &l->annotate);
	if (err)
		return err;
	/* What is chosen by process, namespace or payload no packet on its way tells of. */
	if (!(c.settings.select & (CRUMB_SELECT_TASKS | CRUMB_SELECT_NETNS)) &&
	    !c.settings.pattern_len)
		annotate_samples(l->annotate, l->filter, take_flow, l);
	l->merge = merge_new(l->cpus + 1, annotate_event, l->annotate);
	if (!l->merge)
		return -ENOMEM;
	err = flow_aging_new(forget_flow, l, &l->aging);
	if (err)
		return err;
	return l->show ? assembler_new(show_sink(l->show), &l->assembler) : 0;
}

int live_new(const struct options *o, struct show *show, const char *selection, struct live **ret,
	     struct error *e)
{
	struct live *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->o = o;
	l->show = show;
	l->selection = selection;
	l->write_fd = -1;
	err = open_parts(l, e);
	if (err) {
		live_free(l);
		return err;
	}
	*ret = l;
	return 0;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	live_stop(l, NULL); /* if it still runs: an error came between */
	assembler_free(l->assembler);
	annotate_free(l->annotate);
	merge_free(l->merge);
	trace_writer_free(l->writer);
	if (l->write_fd > STDOUT_FILENO)
		close(l->write_fd);
	spool_free(l->spool);
	session_free(l->session);
	flow_aging_free(l->aging);
	free(l->filter);
	free(l);
}

struct session *live_session(struct live *l)
{
	return l->session;
}

/* What --functions costs before it begins. */
static void tell_functions(const struct live *l)
{
	struct func_counts c;
	const char *via = session_functions(l->session, &c);

	if (via)
		log_note("%zu of %zu functions that take an skb or a socket through %s: found in %.2f s, hooked in %.2f s (%zu "
			 "share their name, %zu are inlined or taken apart, %zu not for tracing)",
			 c.hooked, c.typed, via, c.find_ns / 1e9, c.attach_ns / 1e9, c.ambiguous,
			 c.no_symbol, c.refused);
}

int live_start(struct live *l, struct error *e)
{
	int err;

	/* Else the analyst reads them while it has a rehearsal to tell of. */
	if (l->trace_flags & CRUMB_TRACE_REHEARSAL)
		annotate_load_functions(l->annotate);
	err = session_attach(l->session, e);
	if (err)
		return err;
	tell_functions(l);
	session_settle(l->session);
	err = session_map_rings(l->session, e);
	if (err)
		return err;
	if (l->o->drop_rights)
		rights_drop(); /* where that is refused there was nothing to give up */
	err = -pthread_create(&l->recorder, NULL, recorder_main, l);
	if (err)
		return error_set(e, err, "cannot start a thread: %s", strerror(-err));
	err = -pthread_create(&l->analyst, NULL, analyst_main, l);
	if (err) {
		atomic_store(&l->stop, true);
		pthread_join(l->recorder, NULL);
		return error_set(e, err, "cannot start a thread: %s", strerror(-err));
	}
	l->started = true;
	l->hooking = (l->trace_flags & CRUMB_TRACE_LIBC) &&
		     !pthread_create(&l->hooker, NULL, hooker_main, l);
	if (l->o->ready_fd >= 0 && write(l->o->ready_fd, "1\n", 2) < 0)
		log_note("cannot write to --ready-fd %d: %s", l->o->ready_fd, strerror(errno));
	return 0;
}

/* -------------------------------------------------------------------------------------------- waiting */

static void wait_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGUSR1); /* from the analyst: enough, or it failed */
}

void live_block_signals(void)
{
	sigset_t set;

	wait_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int live_wait(struct live *l, pid_t pid, int *ret_status, struct error *e)
{
	uint64_t end = l->o->seconds > 0 ? now_ns() + (uint64_t)(l->o->seconds * 1e9) : UINT64_MAX;
	sigset_t set;
	int asked = 0;

	(void)e;
	wait_set(&set);
	for (;;) {
		uint64_t now = now_ns(), left = end > now ? end - now : 0;
		uint64_t tend = session_tend(l->session, now);
		uint64_t most = left < tend ? left : tend;
		struct timespec t = { .tv_sec = most / 1000000000, .tv_nsec = most % 1000000000 };
		int sig, status;

		if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid) {
			*ret_status = status;
			return 0;
		}
		if (atomic_load(&l->enough) || !left)
			return 0;
		sig = sigtimedwait(&set, NULL, &t);
		if (sig != SIGINT && sig != SIGTERM && sig != SIGHUP)
			continue;
		/* A terminal sends Ctrl-C to the traced program too: let it end; the second one is for us. */
		if (pid <= 0)
			return 0;
		if (sig != SIGINT || tcgetpgrp(STDIN_FILENO) != getpgrp())
			kill(pid, sig);
		if (asked++)
			return 0;
	}
}

void live_settle(struct live *l, int quiet_ms, int most_ms)
{
	uint64_t start = now_ns();

	for (;;) {
		uint64_t now = now_ns(), last = atomic_load(&l->last_event_ns);

		if (last < start)
			last = start;
		if (now - last > quiet_ms * 1000000ull || now - start > most_ms * 1000000ull)
			return;
		pause_ns(SETTLE_POLL_NS);
	}
}

int live_stop(struct live *l, struct error *e)
{
	const struct sched_param none = { 0 };

	if (!l->started)
		return 0;
	atomic_store(&l->stop, true);
	pthread_join(l->recorder, NULL);
	if (l->hooking)
		pthread_join(l->hooker, NULL);
	if (spool_lag_bytes(l->spool) > 64u << 20)
		log_note("analysis is %llu MiB behind; catching up",
			 (unsigned long long)(spool_lag_bytes(l->spool) >> 20));
	/* Nothing else to do now: the analyst may have the machine. */
	if (l->analyst_tid && pthread_setschedparam(l->analyst, SCHED_OTHER, &none))
		setpriority(PRIO_PROCESS, l->analyst_tid, 0);
	pthread_join(l->analyst, NULL);
	l->started = false;
	if (l->analyst_err)
		return error_set(e, l->analyst_err, "%s",
				 error_text(&l->analyst_error, l->analyst_err));
	return 0;
}

struct live_counts live_counts(const struct live *l)
{
	return (struct live_counts){
		.events = atomic_load(&l->events),
		.lost = lost_of(l),
		.late = merge_late(l->merge),
		.max_lag_bytes = atomic_load(&l->max_lag),
	};
}
