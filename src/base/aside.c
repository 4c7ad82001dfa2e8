// SPDX-License-Identifier: GPL-2.0-only
#include "aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool among(int fd, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

/* Whoever reads our output must not wait for this process: nothing stays open but the descriptors. Async-signal-safe. */
static void close_all_but(const int *fds, size_t n, int go)
{
	int last = go;

	for (size_t i = 0; i < n; i++)
		last = fds[i] > last ? fds[i] : last;
	for (int fd = 0; fd <= last; fd++)
		if (fd != go && !among(fd, fds, n))
			close(fd);
	close_range(last + 1, ~0u, 0);
}

/* @go: a pipe that ends when the caller has closed its own descriptors: the last close() is to be ours. */
static void holder(const int *fds, size_t n, int go)
{
	sigset_t all;
	char byte;

	setsid(); /* no Ctrl-C of the terminal */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, "crumb-detach");
	if (chdir("/")) /* nobody's mount is kept busy */
		_exit(1);
	close_all_but(fds, n, go);
	while (read(go, &byte, 1) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	_exit(0);
}

int aside_hold(const int *fds, size_t n)
{
	int go[2], status = 1;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		pid = fork();
		if (!pid)
			holder(fds, n, go[0]);
		_exit(pid < 0);
	}
	close(go[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		return go[1];
	close(go[1]);
	return -EAGAIN;
}
