// SPDX-License-Identifier: GPL-2.0-only
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "strbuf.h"
#include "trace_reader.h"

#define QUEUE_MOST (4u << 20)	 /* then it waits, and the recorder's spool takes what comes */
#define ASK_NS	   3000000000ull /* after it was asked to end until it is terminated ... */
#define KILL_NS	   5000000000ull /* ... and killed */

struct remote {
	char *name;
	pid_t pid;   /* leader of a process group of its own; 0: reaped */
	bool termed; /* it was asked less kindly */
	int in, out;
	int status;
	int quit; /* readable: the thread is to end, whoever holds the other end of @out */
	uint64_t stopped_ns; /* it was asked to end; 0 not yet */
	pthread_t thread;
	bool reading;
	pthread_mutex_t lock;
	pthread_cond_t room;
	struct queue queue;
	bool ended, given_up;
	int err; /* of reading */
	struct error error;
};

/* ------------------------------------------------------------------------------------------------ command */

static void quote(struct strbuf *to, const char *word)
{
	strbuf_puts(to, " '");
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_puts(to, "'\\''");
		else
			strbuf_putc(to, *word);
	}
	strbuf_putc(to, '\'');
}

static void option(struct strbuf *to, const char *name, const char *value)
{
	if (!value)
		return;
	quote(to, name);
	quote(to, value);
}

static void number(struct strbuf *to, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	option(to, name, value ? text : NULL);
}

/* What is run there: the options that say what is recorded are the same on all machines. */
static void record_command(const struct options *o, struct strbuf *to)
{
	static const char *const stacks[] = { "off", "sample", "all", "first" };
	static const char *const libc[] = { "off", "on", "auto" };
	_cleanup_free_ char *filter = options_filter(o);

	strbuf_puts(to, "crumb record -w - -q --until-eof");
	option(to, "--comm", o->comm);
	option(to, "--netns", o->netns);
	option(to, "--cgroup", o->cgroup);
	option(to, "--payload", o->payload);
	option(to, "--stacks", stacks[o->stacks]);
	option(to, "--libc", libc[o->libc]);
	if (o->acks)
		quote(to, "--acks");
	number(to, "--ring-size", o->ring_bytes);
	number(to, "--max-flows", o->max_flows);
	if (o->backend != HOOK_NONE)
		option(to, "--backend", hook_kind_name(o->backend));
	if (filter)
		quote(to, filter);
}

/* For /bin/sh: ssh takes a command for the other shell as one word; another command gets the words, or one word for {}. */
static void whole_command(const struct options *o, const char *host, struct strbuf *to)
{
	_cleanup_strbuf_ struct strbuf record = { 0 };
	const char *equal = strchr(host, '='), *hole;

	record_command(o, &record);
	if (record.failed) {
		to->failed = true;
		return;
	}
	strbuf_puts(to, "exec ");
	if (!equal) {
		strbuf_puts(to, "ssh -T --");
		quote(to, host);
		quote(to, record.text);
		return;
	}
	hole = strstr(equal + 1, "{}");
	if (hole) {
		strbuf_add(to, equal + 1, hole - equal - 1);
		quote(to, record.text);
		strbuf_puts(to, hole + 2);
	} else {
		strbuf_puts(to, equal + 1);
		strbuf_putc(to, ' ');
		strbuf_puts(to, record.text);
	}
}

static void child_main(const char *command, int in, int out)
{
	sigset_t none;

	setpgid(0, 0); /* Ctrl-C is for us: we ask it to end */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

/* Both ends above the standard three: those may be closed here, and dup2() of a descriptor onto itself would leave it close-on-exec. */
static int pipe_above(int ret[2])
{
	int low[2], err = 0;

	if (pipe2(low, O_CLOEXEC))
		return -errno;
	for (int i = 0; i < 2; i++) {
		ret[i] = err ? -1 : fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (ret[i] < 0 && !err)
			err = -errno;
	}
	close(low[0]);
	close(low[1]);
	return err;
}

static int spawn(struct remote *r, const char *command, struct error *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err = pipe_above(in);

	if (!err)
		err = pipe_above(out);
	r->pid = err ? 0 : fork();
	if (r->pid == 0 && !err)
		child_main(command, in[0], out[1]);
	if (r->pid < 0) {
		err = -errno;
		r->pid = 0;
	}
	if (in[0] >= 0)
		close(in[0]);
	if (out[1] >= 0)
		close(out[1]);
	r->in = in[1];
	r->out = out[0];
	if (err)
		return error_set(e, err, "cannot start the recorder of %s: %s", r->name,
				 strerror(-err));
	setpgid(r->pid, r->pid);
	return 0;
}

/* ------------------------------------------------------------------------------------------------ reading */

static int on_event(void *ctx, const struct crumb_event *ev)
{
	struct remote *r = ctx;
	int err;

	pthread_mutex_lock(&r->lock);
	while (r->queue.len - r->queue.at > QUEUE_MOST && !r->given_up)
		pthread_cond_wait(&r->room, &r->lock);
	err = r->given_up ? -ECANCELED : queue_put(&r->queue, ev);
	pthread_mutex_unlock(&r->lock);
	return err;
}

static void *reader_main(void *ctx)
{
	struct trace_reader *reader = NULL;
	struct error e = { 0 };
	struct remote *r = ctx;
	int err = trace_reader_open_fd(r->out, r->name, &reader, &e);

	if (!err) {
		trace_reader_until(reader, r->quit);
		err = trace_reader_run(reader, on_event, r, &e);
	}
	trace_reader_free(reader);
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	r->err = err;
	r->error = e;
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

int remote_start(const struct options *o, const char *host, struct remote **ret, struct error *e)
{
	_cleanup_strbuf_ struct strbuf command = { 0 };
	struct remote *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->in = r->out = -1;
	r->quit = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->room, NULL);
	r->name = strndup(host, strcspn(host, "="));
	whole_command(o, host, &command);
	if (!r->name || command.failed || r->quit < 0)
		err = r->quit < 0 ? -errno : -ENOMEM;
	else
		err = spawn(r, command.text, e);
	if (!err) {
		err = -pthread_create(&r->thread, NULL, reader_main, r);
		r->reading = !err;
		if (err)
			error_set(e, err, "cannot start a thread: %s", strerror(-err));
	}
	if (err) {
		remote_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

const char *remote_name(const struct remote *r)
{
	return r->name;
}

bool remote_take(struct remote *r, struct queue *queue)
{
	struct queue empty = *queue;
	bool ended;

	pthread_mutex_lock(&r->lock);
	*queue = r->queue;
	r->queue = empty;
	ended = r->ended;
	pthread_cond_signal(&r->room);
	pthread_mutex_unlock(&r->lock);
	return ended && !queue_head(queue);
}

void remote_stop(struct remote *r)
{
	if (r->in >= 0)
		close(r->in);
	r->in = -1;
	if (!r->stopped_ns)
		r->stopped_ns = clock_ns(CLOCK_MONOTONIC);
}

/* It is given time to end by itself, then asked less kindly. True: it has ended. */
static bool child_ended(struct remote *r)
{
	uint64_t waited_ns = clock_ns(CLOCK_MONOTONIC) - r->stopped_ns;

	if (r->pid && waitpid(r->pid, &r->status, WNOHANG) == r->pid) {
		kill(-r->pid, SIGTERM); /* what it may have started */
		r->pid = 0;
	}
	if (r->pid && waited_ns > KILL_NS)
		kill(-r->pid, SIGKILL);
	else if (r->pid && waited_ns > ASK_NS && !r->termed)
		r->termed = !kill(-r->pid, SIGTERM);
	return !r->pid;
}

bool remote_reap(struct remote *r, struct error *why)
{
	remote_stop(r);
	if (!child_ended(r))
		return false;
	if (WIFSIGNALED(r->status))
		error_set(why, -EPIPE, "its recorder was ended by signal %d", WTERMSIG(r->status));
	else if (WEXITSTATUS(r->status) == 127)
		error_set(why, -ENOENT,
			  "its recorder cannot be run (exit status 127: is crumb installed there?)");
	else if (WEXITSTATUS(r->status) == 255)
		error_set(why, -EPIPE, "the connection failed (exit status 255)");
	else if (WEXITSTATUS(r->status))
		error_set(why, -EPIPE, "its recorder ended with exit status %d",
			  WEXITSTATUS(r->status));
	else if (r->err)
		error_set(why, r->err, "%s", error_text(&r->error, r->err));
	return true;
}

/* The thread ends, even if somebody who left the process group keeps the stream open, and whether or not there is room. */
static void reader_end(struct remote *r)
{
	if (!r->reading)
		return;
	pthread_mutex_lock(&r->lock);
	r->given_up = true;
	pthread_cond_signal(&r->room);
	pthread_mutex_unlock(&r->lock);
	eventfd_write(r->quit, 1);
	pthread_join(r->thread, NULL);
}

void remote_free(struct remote *r)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	if (!r)
		return;
	remote_stop(r);
	while (!child_ended(r))
		nanosleep(&pause, NULL);
	reader_end(r);
	if (r->out >= 0)
		close(r->out);
	if (r->quit >= 0)
		close(r->quit);
	queue_done(&r->queue);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->room);
	free(r->name);
	free(r);
}
