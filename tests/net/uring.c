// SPDX-License-Identifier: GPL-2.0-only
/* Three messages by io_uring: uring send|receive ADDRESS PORT [sqpoll]; or a connect and a send in vain: fail. Prints the result of each completion. */
#include <arpa/inet.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGES 3
#define PAUSE_US 50000 /* so that each is read by itself */

static int accepted(const struct sockaddr_in *addr)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) || listen(fd, 4))
		return -1;
	puts("listening");
	fflush(stdout);
	return accept(fd, NULL, NULL);
}

static int connected(const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? -1 : fd;
}

static int result(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int res;

	io_uring_submit(ring);
	if (io_uring_wait_cqe(ring, &cqe))
		return -1;
	res = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return res;
}

/* Nobody listens there; and a socket that is not connected. */
static int fail(struct io_uring *ring, const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	io_uring_prep_connect(io_uring_get_sqe(ring), fd, (const struct sockaddr *)addr,
			      sizeof(*addr));
	printf("connect %d\n", result(ring));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	io_uring_prep_send(io_uring_get_sqe(ring), fd, "muffin", 6, MSG_NOSIGNAL);
	printf("send %d\n", result(ring));
	return 0;
}

/* The result of one request, which is waited for. */
static int exchange(struct io_uring *ring, int fd, bool receive)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	static char buf[64];

	if (receive)
		io_uring_prep_recv(sqe, fd, buf, sizeof(buf), 0);
	else
		io_uring_prep_send(sqe, fd, "muffin", 6, 0);
	return result(ring);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	struct io_uring ring;
	bool receive;
	int fd, err;

	if (argc < 4)
		return 2;
	receive = !strcmp(argv[1], "receive");
	addr.sin_port = htons(atoi(argv[3]));
	inet_pton(AF_INET, argv[2], &addr.sin_addr);
	err = io_uring_queue_init(8, &ring, argc > 4 ? IORING_SETUP_SQPOLL : 0);
	if (err) {
		printf("io_uring is not here: %s\n", strerror(-err));
		return 1;
	}
	if (!strcmp(argv[1], "fail"))
		return fail(&ring, &addr);
	fd = receive ? accepted(&addr) : connected(&addr);
	if (fd < 0) {
		perror("uring");
		return 1;
	}
	for (int i = 0; i < MESSAGES; i++) {
		int res = exchange(&ring, fd, receive);

		printf("%d\n", res);
		fflush(stdout);
		if (res <= 0)
			return 1;
		usleep(receive ? 0 : PAUSE_US);
	}
	io_uring_queue_exit(&ring);
	return 0;
}
