// SPDX-License-Identifier: GPL-2.0-only
/*
 * crumb demo --vm. The muffin is sent twice here, too: the first connection warms caches and call paths that the emulated
 * machines feel far more, its packets help to align the clocks, and the recorders do not show it.
 */
#include "demo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "cmd.h"
#include "lab.h"
#include "live.h"
#include "log.h"
#include "vm.h"

#define MUFFIN_PORT   "4747"
#define HOSTS_MAX     8
#define READY_WAIT_MS 60000
#define WAIT_MS	      30000
#define LOOK_NS	      10000000

/* A command in a guest: a child of ours carries what it says. */
struct task {
	pid_t pid;
	int out, err;
	int status;
};

struct demo {
	const struct options *o;
	const char *lab, *message;
	char names[HOSTS_MAX][LAB_HOST_BYTES];
	char files[HOSTS_MAX][PATH_MAX];
	struct task recorders[HOSTS_MAX];
	int n_hosts;
};

/* Signals are blocked: one that came ends the demo in order. */
static int pause_a_little(struct error *e)
{
	const struct timespec t = { .tv_nsec = LOOK_NS };
	sigset_t set;

	sigpending(&set);
	if (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP))
		return error_set(e, -EINTR, "interrupted");
	nanosleep(&t, NULL);
	return 0;
}

static int start_task(struct demo *d, struct task *t, const char *host, char *const *words, int out,
		      struct error *e)
{
	struct error why = { 0 };
	int status = 0, err;

	t->err = memfd_create("crumb-words", MFD_CLOEXEC);
	t->out = out;
	if (t->err < 0 || out < 0)
		return error_set(e, -errno, "cannot make a file: %m");
	t->pid = fork();
	if (t->pid < 0)
		return error_set(e, -errno, "cannot fork: %m");
	if (t->pid)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	setpgid(0, 0); /* Ctrl-C is the parent's */
	err = vm_exec(d->lab, host, words, (int[]){ -1, out, t->err }, &status, &why);
	if (err)
		dprintf(t->err, "%s\n", error_text(&why, err));
	_exit(err ? 1 : vm_exec_status(status));
}

static void last_words(const struct task *t, char *words, size_t size)
{
	ssize_t n = pread(t->err, words, size - 1, 0);

	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
}

static bool has_ended(struct task *t)
{
	if (t->pid > 0 && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
		t->pid = 0;
	return !t->pid;
}

/* Wait until it has said something on standard error. */
static int wait_words(struct task *t, const char *what, int64_t until_ms, struct error *e)
{
	char words[200];
	struct stat st;
	int err = 0;

	while (!err && (fstat(t->err, &st) || !st.st_size)) {
		if (has_ended(t))
			return error_set(e, -EIO, "%s ended", what);
		if (clock_ms(CLOCK_MONOTONIC) > until_ms)
			return error_set(e, -ETIMEDOUT, "%s is not ready in time", what);
		err = pause_a_little(e);
	}
	last_words(t, words, sizeof(words));
	if (!err && has_ended(t))
		return error_set(e, -EIO, "%s: %s", what, words);
	return err;
}

static int wait_end(struct task *t, const char *what, struct error *e)
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + WAIT_MS;
	char words[200];
	int err = 0;

	while (!err && !has_ended(t)) {
		if (clock_ms(CLOCK_MONOTONIC) > until_ms)
			return error_set(e, -ETIMEDOUT, "%s does not end", what);
		err = pause_a_little(e);
	}
	if (err || !t->status)
		return err;
	last_words(t, words, sizeof(words));
	return error_set(e, -EIO, "%s failed: %s", what, words);
}

static void end_task(struct task *t)
{
	if (t->pid > 0) {
		kill(t->pid, SIGKILL); /* the guest's agent ends the command */
		waitpid(t->pid, NULL, 0);
	}
	t->pid = 0;
	if (t->out >= 0)
		close(t->out);
	if (t->err >= 0)
		close(t->err);
	t->out = t->err = -1;
}

static int add_host(const struct vm_host *h, void *arg)
{
	struct demo *d = arg;

	if (d->n_hosts == HOSTS_MAX)
		return -E2BIG;
	snprintf(d->names[d->n_hosts], LAB_HOST_BYTES, "%s", h->name);
	if (d->o->write)
		snprintf(d->files[d->n_hosts], PATH_MAX, "%s/%s.pcapng", d->o->write, h->name);
	else
		snprintf(d->files[d->n_hosts], PATH_MAX, VM_STATE_DIR "/%s/%s.pcapng", d->lab,
			 h->name);
	d->n_hosts++;
	return 0;
}

/* The line that --ready-fd 2 writes is all that a quiet recorder says unless it fails. */
static int start_recorders(struct demo *d, struct error *e)
{
	static char filter[] = "tcp port " MUFFIN_PORT;
	char *words[] = { "crumb",	    "record", "-q", "--ready-fd", "2", "--acks",
			  "--stacks=first", "-w",     "-",  filter,	  NULL };
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + READY_WAIT_MS;
	char what[64];
	int fd, err = 0;

	if (d->o->stacks == CRUMB_STACKS_OFF)
		words[6] = "--stacks=off";
	if (d->o->write && mkdir(d->o->write, 0777) < 0 && errno != EEXIST)
		return error_set(e, -errno, "cannot create directory %s: %m", d->o->write);
	for (int h = 0; h < d->n_hosts && !err; h++) {
		fd = open(d->files[h], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0)
			return error_set(e, -errno, "cannot create %s: %m", d->files[h]);
		err = start_task(d, &d->recorders[h], d->names[h], words, fd, e);
	}
	for (int h = 0; h < d->n_hosts && !err; h++) {
		snprintf(what, sizeof(what), "crumb record on %s", d->names[h]);
		err = wait_words(&d->recorders[h], what, until_ms, e);
	}
	return err;
}

static int stop_recorders(struct demo *d, struct error *e)
{
	char what[64];
	int err = 0;

	for (int h = 0; h < d->n_hosts; h++)
		if (d->recorders[h].pid > 0)
			kill(d->recorders[h].pid, SIGINT);
	for (int h = 0; h < d->n_hosts && !err; h++) {
		snprintf(what, sizeof(what), "crumb record on %s", d->names[h]);
		err = wait_end(&d->recorders[h], what, e);
	}
	return err;
}

static int send_muffin(struct demo *d, struct error *e)
{
	char *recv_words[] = { "muffin-recv", "-p", MUFFIN_PORT, NULL };
	char *send_words[] = { "muffin-send", "-p", MUFFIN_PORT, "b", (char *)d->message, NULL };
	struct task receiver = { .out = -1, .err = -1 }, sender = { .out = -1, .err = -1 };
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + WAIT_MS;
	int err;

	err = start_task(d, &receiver, "b", recv_words, memfd_create("crumb-out", MFD_CLOEXEC), e);
	if (!err)
		err = wait_words(&receiver, "muffin-recv", until_ms, e);
	if (!err)
		err = start_task(d, &sender, "a", send_words,
				 memfd_create("crumb-out", MFD_CLOEXEC), e);
	if (!err)
		err = wait_end(&sender, "muffin-send", e);
	if (!err)
		err = wait_end(&receiver, "muffin-recv", e);
	if (!err)
		err = demo_check_message(d->message, receiver.out, e);
	end_task(&receiver);
	end_task(&sender);
	return err;
}

static int play(struct demo *d, struct error *e)
{
	const struct vm_options vm = { .die_with_caller = true };
	int err;

	err = vm_up(d->lab, &vm, e);
	if (err < 0)
		return err;
	vm_for_each_host(d->lab, add_host, d);
	err = start_recorders(d, e);
	if (!err && d->o->stacks != CRUMB_STACKS_OFF)
		err = send_muffin(d, e);
	if (!err)
		err = send_muffin(d, e);
	return err ? err : stop_recorders(d, e);
}

int demo_vm(struct options *o, const char *lab, const char *message)
{
	struct demo d = { .o = o, .lab = lab, .message = message };
	char *files[HOSTS_MAX];
	struct error e = { 0 }, late = { 0 };
	int err, ret;

	live_block_signals();
	for (int h = 0; h < HOSTS_MAX; h++)
		d.recorders[h].out = d.recorders[h].err = -1;
	err = play(&d, &e);
	for (int h = 0; h < d.n_hosts; h++) {
		end_task(&d.recorders[h]);
		files[h] = d.files[h];
	}
	if (err)
		log_error("%s", error_text(&e, err));
	ret = err == -EPERM || err == -EACCES || err == -ENOTSUP ? EXIT_CANNOT : EXIT_NOTHING;
	if (!err) {
		o->rest = files;
		o->n_rest = d.n_hosts;
		ret = report_files(o);
	}
	if (vm_down(lab, &late))
		log_note("the demo's machines were not cleared: %s; crumb lab down --lab %s",
			 late.text, lab);
	return ret;
}
