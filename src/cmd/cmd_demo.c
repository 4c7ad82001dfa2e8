// SPDX-License-Identifier: GPL-2.0-only
/*
 * crumb demo: a lab of its own, the muffin sent twice. The first time is the rehearsal: its connection pays for the walks
 * of the kernel's stacks. The second is the one that is shown: it travels unburdened and borrows the call paths.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "cmd.h"
#include "demo.h"
#include "lab.h"
#include "live.h"
#include "log.h"
#include "vm.h"
#include "walk.h"

#define MUFFIN_PORT	"4747"
#define LISTEN_TRIES	400
#define LISTEN_PAUSE_NS 5000000
#define SETTLE_QUIET_MS 60
#define SETTLE_MOST_MS	500
#define DEMO_LAB	"demo-" /* and the process id */
#define GRACE_MS	200
#define PF_EXITING	4 /* include/linux/sched.h; the flags in /proc/PID/stat */

struct demo {
	struct options o;
	struct show *show;
	struct live *live;
	char lab[LAB_NAME_BYTES];
	char sender[PATH_MAX], receiver[PATH_MAX];
	const char *message;
	bool lab_up;
};

/* The muffin programs lie beside the binary (build tree) or in libexec (installed). */
static int find_programs(struct demo *d, struct error *e)
{
	static const char *const places[] = { "examples", "../libexec/crumb", "." };
	char self[PATH_MAX], *dir;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	if (n <= 0)
		return error_set(e, -errno, "cannot read /proc/self/exe: is /proc mounted?");
	self[n] = '\0';
	dir = dirname(self);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(d->sender, PATH_MAX, "%s/%s/muffin-send", dir, places[i]) >= PATH_MAX ||
		    snprintf(d->receiver, PATH_MAX, "%s/%s/muffin-recv", dir, places[i]) >= PATH_MAX)
			continue;
		if (!access(d->sender, X_OK) && !access(d->receiver, X_OK))
			return 0;
	}
	return error_set(e, -ENOENT,
			 "muffin-send and muffin-recv are not beside %s: build crumb whole "
			 "(./run build)",
			 dir);
}

/* Does anything listen on the port in the namespace of @pid? /proc/PID/net is that of the process. */
static bool listens(pid_t pid)
{
	char path[64], line[512];
	int v6;

	for (v6 = 0; v6 < 2; v6++) {
		_cleanup_fclose_ FILE *f = NULL;
		unsigned int port, state;

		snprintf(path, sizeof(path), "/proc/%d/net/tcp%s", pid, v6 ? "6" : "");
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &port,
				   &state) == 2 &&
			    port == (unsigned int)atoi(MUFFIN_PORT) && state == 0x0a)
				return true;
	}
	return false;
}

static int start_process(struct demo *d, char *const *argv, const char *host, struct child *c,
			 struct error *e)
{
	struct error why = { 0 };
	int err = child_fork(c, argv, d->lab, host, e);

	if (err)
		return err;
	err = session_add_process(live_session(d->live), c->pid, e);
	if (!err && session_hook_libc(live_session(d->live), c->pid, &why))
		log_note("libc calls are not shown: %s", why.text);
	return err ? err : child_release(c, e);
}

/* What the process said on standard error, first line. */
static void first_words(int fd, char *words, size_t size)
{
	ssize_t n = pread(fd, words, size - 1, 0);

	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
}

static int wait_child(const struct child *c, const char *what, struct error *e)
{
	char words[200];
	int status;

	if (waitpid(c->pid, &status, 0) != c->pid)
		return error_set(e, -errno, "lost %s", what);
	if (!status)
		return 0;
	first_words(c->err, words, sizeof(words));
	return error_set(e, -EIO, "%s failed (%s %d): %s", what,
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), words);
}

int demo_check_message(const char *message, int fd, struct error *e)
{
	size_t n = strlen(message);
	_cleanup_free_ char *got = calloc(1, n + 2);
	ssize_t len;

	if (!got)
		return -ENOMEM;
	len = pread(fd, got, n + 1, 0);
	if (len != (ssize_t)n || memcmp(got, message, n))
		return error_set(e, -EIO, "b received %zd bytes that are not the message", len);
	return 0;
}

static int wait_listening(const struct child *receiver, struct error *e)
{
	struct timespec pause = { .tv_nsec = LISTEN_PAUSE_NS };
	int tries;

	for (tries = 0; tries < LISTEN_TRIES; tries++) {
		if (listens(receiver->pid))
			return 0;
		if (waitpid(receiver->pid, NULL, WNOHANG | WNOWAIT) == receiver->pid)
			break;
		nanosleep(&pause, NULL);
	}
	return error_set(e, -ETIMEDOUT, "muffin-recv does not listen on port " MUFFIN_PORT);
}

/* What a process said of its end is the better explanation. */
static int explain_failure(int err, int recv_err, int send_err, struct error *e)
{
	static const char listening[] = "muffin-recv: listening";
	char words[200];

	first_words(send_err, words, sizeof(words));
	if (!words[0])
		first_words(recv_err, words, sizeof(words));
	if (words[0] && strncmp(words, listening, sizeof(listening) - 1))
		return error_replace(e, err, "%s", strncmp(words, "crumb: ", 7) ? words : words + 7);
	return err;
}

/* One muffin from a to b. */
static int send_muffin(struct demo *d, struct error *e)
{
	char *recv_argv[] = { d->receiver, "-p", MUFFIN_PORT, NULL };
	char *send_argv[] = { d->sender, "-p", MUFFIN_PORT, "b", (char *)d->message, NULL };
	struct child receiver = CHILD_NONE, sender = CHILD_NONE;
	_cleanup_close_ int out = memfd_create("muffin-recv", MFD_CLOEXEC);
	_cleanup_close_ int recv_err = memfd_create("muffin-recv-err", MFD_CLOEXEC);
	_cleanup_close_ int send_err = memfd_create("muffin-send-err", MFD_CLOEXEC);
	int err;

	if (out < 0 || recv_err < 0 || send_err < 0)
		return error_set(e, -errno, "cannot make a memory file: %s", strerror(errno));
	receiver.out = out;
	receiver.err = recv_err;
	sender.out = sender.err = send_err;
	err = start_process(d, recv_argv, "b", &receiver, e);
	if (!err)
		err = wait_listening(&receiver, e);
	if (!err)
		err = start_process(d, send_argv, "a", &sender, e);
	if (!err)
		err = wait_child(&sender, "muffin-send", e);
	if (!err) {
		err = wait_child(&receiver, "muffin-recv", e);
		return err ? err : demo_check_message(d->message, out, e);
	}
	if (receiver.pid > 0) {
		kill(receiver.pid, SIGKILL);
		waitpid(receiver.pid, NULL, 0);
	}
	return explain_failure(err, recv_err, send_err, e);
}

/*
 * Is @pid a crumb that lives? If not, a demo's lab that bears that number is nobody's. A killed one is there for a while yet: its
 * programs are being detached.
 */
static bool is_crumb(pid_t pid)
{
	char path[32], line[256] = "", state;
	_cleanup_fclose_ FILE *f = NULL;
	const char *after;
	unsigned int flags;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return false;
	after = strrchr(line, ')');
	if (!strstr(line, "(crumb)") || !after ||
	    sscanf(after, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return false;
	return state != 'Z' && state != 'X' && !(flags & PF_EXITING);
}

/* What a demo left that was killed without a chance to clear up. What cannot be cleared is no reason not to start. */
static int clear_left_over(const char *lab, void *arg)
{
	struct error why = { 0 };
	pid_t pid;

	(void)arg;
	if (strncmp(lab, DEMO_LAB, strlen(DEMO_LAB)))
		return 0;
	pid = atoi(lab + strlen(DEMO_LAB));
	if (pid <= 0 || is_crumb(pid))
		return 0;
	lab_end_processes(lab, GRACE_MS, NULL);
	if (lab_down(lab, &why))
		log_note("an earlier demo left lab %s behind: %s", lab, why.text);
	return 0;
}

static int clear_left_machines(const char *lab, void *arg)
{
	struct error why = { 0 };
	pid_t pid;

	(void)arg;
	if (strncmp(lab, DEMO_LAB, strlen(DEMO_LAB)))
		return 0;
	pid = atoi(lab + strlen(DEMO_LAB));
	if (pid > 0 && !is_crumb(pid) && vm_down(lab, &why))
		log_note("an earlier demo left lab %s behind: %s", lab, why.text);
	return 0;
}

static int play(struct demo *d, struct error *e)
{
	int err;

	lab_for_each_state(clear_left_over, NULL);
	err = lab_up(d->lab, NULL, e);

	if (err < 0)
		return err;
	d->lab_up = true;
	err = live_new(&d->o, d->show, "demo", &d->live, e);
	if (!err)
		err = live_start(d->live, e);
	if (err)
		return err;
	if (d->o.stacks == CRUMB_STACKS_FIRST) {
		err = send_muffin(d, e);
		if (err)
			return err;
		live_settle(d->live, SETTLE_QUIET_MS, SETTLE_MOST_MS);
	}
	err = send_muffin(d, e);
	live_settle(d->live, SETTLE_QUIET_MS, SETTLE_MOST_MS);
	return err;
}

static int run_demo(struct demo *d)
{
	struct error e = { 0 }, late = { 0 };
	int err, end;

	live_block_signals();
	err = show_new(&d->o, &d->show, &e);
	if (err) {
		log_error("%s", error_text(&e, err));
		return EXIT_USAGE;
	}
	err = find_programs(d, &e);
	if (!err)
		err = play(d, &e);
	end = d->live ? live_stop(d->live, &late) : 0;
	live_free(d->live);
	if (d->lab_up && lab_down(d->lab, &late))
		log_note("the demo's lab was not cleared: %s; crumb lab down --lab %s", late.text,
			 d->lab);
	if (err || end) {
		log_error("%s", err ? error_text(&e, err) : error_text(&late, end));
		return err == -EPERM || err == -EACCES || err == -ENOTSUP ? EXIT_CANNOT :
									    EXIT_NOTHING;
	}
	return show_journeys(d->show) ? EXIT_DONE : EXIT_NOTHING;
}

int cmd_demo(int argc, char **argv)
{
	static const struct usage u = {
		.name = "demo",
		.synopsis = "[OPTIONS] [MESSAGE]",
		.about = "Build a network of its own (a - switch - b), send \"muffin\" from a to b, show its journey, "
			 "leave nothing behind.",
		.groups = OPTIONS_SHOW | OPTIONS_WRITE | OPTIONS_HOOKS | OPTIONS_DEMO,
		.more = "The muffin is sent twice: a rehearsal, on which the kernel's call paths are sampled, and the\n"
			"journey that is shown, which does not pay for that. --stacks=all samples the shown one.\n",
	};
	struct demo d = { .message = "muffin" };
	int ret = options_parse(argc, argv, &u, &d.o);
	char *nothing[] = { NULL };

	if (ret >= 0)
		return ret;
	if (d.o.n_rest > 1) {
		log_error("demo: one message, in quotes if it has blanks");
		return EXIT_USAGE;
	}
	if (d.o.n_rest)
		d.message = d.o.rest[0];
	d.o.n_rest = 0;
	if (d.o.write && !strcmp(d.o.write, "-") && !d.o.output) {
		log_error("demo: -w - takes standard output: where does the journey go? -o FILE");
		return EXIT_USAGE;
	}
	if (d.o.explain && d.o.format == renderer_by_name("text"))
		d.o.format = &render_walk;
	d.o.command = nothing; /* processes are selected, by pid, as with run */
	if (d.o.stacks == CRUMB_STACKS_SAMPLE && !d.o.functions)
		d.o.stacks = CRUMB_STACKS_FIRST;
	snprintf(d.lab, sizeof(d.lab), DEMO_LAB "%d", getpid());
	if (d.o.vm) {
		vm_for_each(clear_left_machines, NULL);
		return demo_vm(&d.o, d.lab, d.message);
	}
	ret = run_demo(&d);
	show_free(d.show);
	return ret;
}
