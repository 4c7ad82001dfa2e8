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

#define MUFFIN_PORT "4747"
#define HOSTS_MAX   8
#define WAIT_MS	    60000
#define LOOK_NS	    10000000

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
	int traces[HOSTS_MAX]; /* the files, -1 */
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

/*
 * In each guest as soon as it is set up, while others may still boot: its set-up ends when it records. Nobody waits for it after that,
 * so that it can be saved as it runs. Its words wait in a pipe that it holds open itself. Nothing is looked for in a loop: each program that
 * the guest starts takes time from the recorders.
 */
static const char record_script[] =
	"/payload/bin/busybox mkfifo /run/crumb.ready /run/crumb.words\n"
	"/payload/bin/busybox setsid crumb record --ready-fd 3 --acks --stacks=%s -w /run/crumb.pcapng 'tcp port " MUFFIN_PORT
	"' </dev/null >/dev/null 2<>/run/crumb.words 3>/run/crumb.ready &\n"
	"echo $! >/run/crumb.pid\n"
	"exec 4<>/run/crumb.words\n"
	"if ! read -r word </run/crumb.ready; then\n"
	"	read -r word <&4 && echo \"$word\" >&2\n"
	"	exit 1\n"
	"fi\n"
	"exec 4<&-\n";

static const char alive_script[] = "read -r pid </run/crumb.pid && kill -0 $pid";

/*
 * The trace is whole when the recorder says how much it has written. What follows is taking programs out of the kernel, which takes
 * seconds under emulation: the guest that they are in is thrown away.
 */
static const char collect_script[] = "read -r pid </run/crumb.pid && kill -TERM $pid || exit 1\n"
				     "while read -r word; do\n"
				     "	case $word in\n"
				     "	*' written to /run/crumb.pcapng')\n"
				     "		kill -STOP $pid\n"
				     "		exec /payload/bin/busybox cat /run/crumb.pcapng ;;\n"
				     "	esac\n"
				     "done </run/crumb.words\n"
				     "echo \"$word\" >&2\n"
				     "exit 1\n";

static int make_files(struct demo *d, struct error *e)
{
	if (d->o->write && mkdir(d->o->write, 0777) < 0 && errno != EEXIST)
		return error_set(e, -errno, "cannot create directory %s: %m", d->o->write);
	for (int h = 0; h < d->n_hosts; h++) {
		d->traces[h] = open(d->files[h], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (d->traces[h] < 0)
			return error_set(e, -errno, "cannot create %s: %m", d->files[h]);
	}
	return 0;
}

/* @script on all hosts at once; what it prints goes to the hosts' descriptors @outs. */
static int run_on_all(struct demo *d, const char *script, const int *outs, struct error *e)
{
	char *words[] = { "/payload/bin/busybox", "sh", "-c", (char *)script, NULL };
	struct task tasks[HOSTS_MAX];
	char what[64];
	int err = 0, n = 0;

	for (; n < d->n_hosts && !err; n++) {
		tasks[n] = (struct task){ .out = -1, .err = -1 };
		err = start_task(d, &tasks[n], d->names[n], words, dup(outs[n]), e);
	}
	for (int h = 0; h < n && !err; h++) {
		snprintf(what, sizeof(what), "crumb record on %s", d->names[h]);
		err = wait_end(&tasks[h], what, e);
	}
	while (n--)
		end_task(&tasks[n]);
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

/* Guests that record. Saved ones go on from where they recorded already; if they do not, they are booted. */
static int begin(struct demo *d, const struct vm_options *vm, struct error *e)
{
	struct error why = { 0 };
	int how, err;

	how = vm_up(d->lab, vm, e);
	if (how < 0)
		return how;
	d->n_hosts = 0;
	vm_for_each_host(d->lab, add_host, d);
	err = make_files(d, e);
	if (!err && how == VM_RESTORED)
		err = run_on_all(d, alive_script, d->traces, e);
	if (err && err != -EINTR && how == VM_RESTORED) {
		for (int h = 0; h < d->n_hosts; h++)
			cleanup_closep(&d->traces[h]);
		memset(d->traces, -1, sizeof(d->traces));
		vm_forget_saved(d->lab);
		err = vm_down(d->lab, e);
		return err ? err : begin(d, vm, e);
	}
	if (!err && !how && vm->saved && vm_save(d->lab, &why))
		log_note("%s; the next demo boots them again", why.text);
	return err;
}

static int play(struct demo *d, struct error *e)
{
	bool rehearsed = d->o->stacks != CRUMB_STACKS_OFF;
	char also[sizeof(record_script) + 8];
	struct vm_options vm = { .die_with_caller = true, .also = also };
	int err;

	snprintf(also, sizeof(also), record_script, rehearsed ? "first" : "off");
	/* Saved guests keep the date of then: not for traces that are kept. */
	if (rehearsed && !d->o->write)
		vm.saved = "demo";
	err = begin(d, &vm, e);
	if (!err && rehearsed)
		err = send_muffin(d, e);
	if (!err)
		err = send_muffin(d, e);
	return err ? err : run_on_all(d, collect_script, d->traces, e);
}

int demo_vm(struct options *o, const char *lab, const char *message)
{
	struct demo d = { .o = o, .lab = lab, .message = message };
	char *files[HOSTS_MAX];
	struct error e = { 0 }, late = { 0 };
	int err, ret;

	live_block_signals();
	memset(d.traces, -1, sizeof(d.traces));
	err = play(&d, &e);
	for (int h = 0; h < d.n_hosts; h++) {
		cleanup_closep(&d.traces[h]);
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
