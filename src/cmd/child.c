// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"

static void run(const struct child *c, int gate, char *const *argv, const char *lab, const char *host)
{
	struct error why = { 0 };
	sigset_t none;
	char byte;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (c->out >= 0)
		dup2(c->out, STDOUT_FILENO);
	if (c->err >= 0)
		dup2(c->err, STDERR_FILENO);
	if (host) {
		err = lab_enter(lab, host, &why);
		if (err) {
			fprintf(stderr, "crumb: %s\n", error_text(&why, err));
			_exit(126);
		}
	}
	if (read(gate, &byte, 1) != 1)
		_exit(125);
	close(gate);
	execvp(argv[0], argv);
	fprintf(stderr, "crumb: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int child_fork(struct child *c, char *const *argv, const char *lab, const char *host, struct error *e)
{
	int gate[2];

	if (pipe2(gate, O_CLOEXEC))
		return error_set(e, -errno, "cannot make a pipe: %s", strerror(errno));
	c->pid = fork();
	if (c->pid < 0) {
		int err = -errno;

		close(gate[0]);
		close(gate[1]);
		return error_set(e, err, "cannot start a process: %s", strerror(-err));
	}
	if (!c->pid) {
		close(gate[1]);
		run(c, gate[0], argv, lab, host);
	}
	close(gate[0]);
	c->gate = gate[1];
	return 0;
}

int child_release(struct child *c, struct error *e)
{
	ssize_t n = write(c->gate, "1", 1);

	close(c->gate);
	c->gate = -1;
	return n == 1 ? 0 : error_set(e, -EPIPE, "the command ended before it began");
}
