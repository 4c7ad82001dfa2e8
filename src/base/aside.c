// SPDX-License-Identifier: GPL-2.0-only
#include "aside.h"

#include <errno.h>
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
static void close_all_but(const int *fds, size_t n)
{
	int last = -1;

	for (size_t i = 0; i < n; i++)
		last = fds[i] > last ? fds[i] : last;
	for (int fd = 0; fd <= last; fd++)
		if (!among(fd, fds, n))
			close(fd);
	close_range(last + 1, ~0u, 0);
}

static void holder(const int *fds, size_t n)
{
	sigset_t all;

	setsid(); /* no Ctrl-C of the terminal */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, "crumb-detach");
	if (chdir("/")) /* nobody's mount is kept busy */
		_exit(1);
	close_all_but(fds, n);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	_exit(0);
}

int aside_close(const int *fds, size_t n)
{
	int status = 1;
	pid_t pid;

	if (!n)
		return 0;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		pid = fork();
		if (!pid)
			holder(fds, n);
		_exit(pid < 0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EAGAIN;
}
