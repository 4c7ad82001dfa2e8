// SPDX-License-Identifier: GPL-2.0-only
#include "vm_qmp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "vm_state.h"

#define ANSWER_WAIT_MS	 20000
#define CONNECT_WAIT_MS	 10000
#define CONNECT_PAUSE_NS 5000000

/* The next line, what is longer is passed over. */
static int read_line(int qmp, char line[QMP_LINE_BYTES])
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + ANSWER_WAIT_MS;
	size_t n = 0;
	char c = 0;

	while (c != '\n') {
		struct pollfd p = { .fd = qmp, .events = POLLIN };
		int64_t left = until_ms - clock_ms(CLOCK_MONOTONIC);

		if (left <= 0 || poll(&p, 1, left) == 0)
			return -ETIMEDOUT;
		switch (read(qmp, &c, 1)) {
		case 1:
			if (n < QMP_LINE_BYTES - 1)
				line[n++] = c;
			break;
		case 0:
			return -EPIPE;
		default:
			if (errno != EINTR)
				return -errno;
		}
	}
	line[n] = '\0';
	return 0;
}

static int send_line(int qmp, const char *command, int pass)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} beside = { 0 };
	struct iovec text = { (char *)command, strlen(command) };
	struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1 };

	if (pass >= 0) {
		m.msg_control = beside.room;
		m.msg_controllen = sizeof(beside.room);
		beside.head.cmsg_level = SOL_SOCKET;
		beside.head.cmsg_type = SCM_RIGHTS;
		beside.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&beside.head), &pass, sizeof(pass));
	}
	return sendmsg(qmp, &m, MSG_NOSIGNAL) == (ssize_t)text.iov_len ? 0 : -EPIPE;
}

/* Events may come in between. */
int qmp_tell(int qmp, const char *command, int pass, char ret_line[QMP_LINE_BYTES])
{
	int err = send_line(qmp, command, pass);

	while (!err) {
		err = read_line(qmp, ret_line);
		if (!err && !strncmp(ret_line, "{\"return\"", 9))
			return 0;
		if (!err && !strncmp(ret_line, "{\"error\"", 8))
			err = -EPROTO;
	}
	return err;
}

static int connect_qmp(const char *lab, const char *host, int qmp)
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + CONNECT_WAIT_MS;
	const struct timespec pause = { .tv_nsec = CONNECT_PAUSE_NS };
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	vm_path(a.sun_path, lab, "/%s.qmp", host);
	while (connect(qmp, (const struct sockaddr *)&a, sizeof(a)) < 0) {
		if ((errno != ENOENT && errno != ECONNREFUSED) ||
		    clock_ms(CLOCK_MONOTONIC) > until_ms || !vm_guest_pid(lab, host))
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int qmp_open(const char *lab, const char *host)
{
	_cleanup_close_ int qmp = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[QMP_LINE_BYTES];
	int err;

	if (qmp < 0)
		return -errno;
	err = connect_qmp(lab, host, qmp);
	if (!err)
		err = read_line(qmp, line); /* the greeting */
	if (!err)
		err = qmp_tell(qmp, "{\"execute\":\"qmp_capabilities\"}", -1, line);
	return err ? err : steal_fd(qmp);
}
