// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

#define ROUNDS 300

static int connect_to_self(int *ret_a, int *ret_b)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	int err = -1;

	*ret_a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener >= 0 && *ret_a >= 0 && !bind(listener, (struct sockaddr *)&addr, len) &&
	    !listen(listener, 1) && !getsockname(listener, (struct sockaddr *)&addr, &len) &&
	    !connect(*ret_a, (struct sockaddr *)&addr, len)) {
		*ret_b = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		err = *ret_b < 0 ? -1 : 0;
	}
	close(listener);
	return err;
}

static void child_main(int gate)
{
	char byte, message[6] = "muffin";
	int a, b;

	if (read(gate, &byte, 1) != 1)
		_exit(0);
	if (connect_to_self(&a, &b))
		_exit(1);
	for (int i = 0; i < ROUNDS; i++)
		if (send(a, message, 6, MSG_NOSIGNAL) != 6 || recv(b, message, 6, MSG_WAITALL) != 6 ||
		    send(b, message, 6, MSG_NOSIGNAL) != 6 || recv(a, message, 6, MSG_WAITALL) != 6)
			_exit(1);
	_exit(0);
}

int doctor_traffic_start(struct doctor_traffic *t, struct error *e)
{
	int gate[2];

	if (pipe2(gate, O_CLOEXEC))
		return error_set(e, -errno, "cannot make a pipe: %s", strerror(errno));
	t->pid = fork();
	if (!t->pid) {
		close(gate[1]);
		child_main(gate[0]);
	}
	close(gate[0]);
	t->gate = gate[1];
	if (t->pid > 0)
		return 0;
	close(gate[1]);
	return error_set(e, -EAGAIN, "cannot start a process: %s", strerror(errno));
}

int doctor_traffic_run(struct doctor_traffic *t, struct error *e)
{
	int status = -1;
	bool told = write(t->gate, "1", 1) == 1;

	close(t->gate);
	if (waitpid(t->pid, &status, 0) != t->pid || status || !told)
		return error_set(e, -EIO, "no TCP over loopback: is the device lo up?");
	return 0;
}
