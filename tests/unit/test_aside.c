// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor whose last close() takes a second (SO_LINGER with bytes that the other end does not take): who waits for it? */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "aside.h"
#include "clock.h"

#define LINGER_S 1
#define HEAD_START_US \
	50000 /* that process comes to its close() first, if it does not wait for ours */
#define SHORT_NS 500000000ull /* half of that */

/* A connection to @ret_peer whose close() lingers. */
static int lingering(int *ret_peer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger linger = { .l_onoff = 1, .l_linger = LINGER_S };
	static char bytes[1 << 16];
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(s, (struct sockaddr *)&at, sizeof(at)), 0);
	*ret_peer = accept(listener, NULL, NULL);
	assert_true(*ret_peer >= 0);
	close(listener);
	while (send(s, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	return s;
}

static void nobody_waits(void **state)
{
	int peer, s = lingering(&peer), output[2], held;
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	struct pollfd eof = { .events = POLLIN };
	char byte;

	(void)state;
	assert_int_equal(pipe(output), 0);
	held = aside_hold(&s, 1);
	assert_true(held >= 0);
	usleep(HEAD_START_US);
	close(s);
	close(held);
	close(output[1]);
	eof.fd = output[0];
	assert_int_equal(poll(&eof, 1, LINGER_S * 1000), 1);
	assert_int_equal(read(output[0], &byte, 1), 0); /* whoever reads our output is at its end */
	assert_true(clock_ns(CLOCK_MONOTONIC) - start < SHORT_NS);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child of ours */
	assert_int_equal(errno, ECHILD);
	close(output[0]);
	close(peer);
}

/* And it is closed: the peer comes to the end of the bytes. */
static void closed_in_the_end(void **state)
{
	int peer, s = lingering(&peer), held;
	static char bytes[1 << 16];
	ssize_t n;

	(void)state;
	held = aside_hold(&s, 1);
	assert_true(held >= 0);
	usleep(HEAD_START_US);
	close(s);
	close(held);
	while ((n = recv(peer, bytes, sizeof(bytes), 0)) > 0)
		;
	assert_int_equal(n, 0);
	close(peer);
}

static void in_order(void **state)
{
	int first[2], second[2], fds[2];
	int peer, s = lingering(&peer), three[3], held;
	struct pollfd eof[2];

	(void)state;
	assert_int_equal(pipe(first), 0);
	assert_int_equal(pipe(second), 0);
	fds[0] = first[1];
	fds[1] = second[1];
	memcpy(three, (int[]){ fds[0], s, fds[1] }, sizeof(three));
	held = aside_hold(three, 3);
	assert_true(held >= 0);
	for (int i = 0; i < 3; i++)
		close(three[i]);
	close(held);
	eof[0] = (struct pollfd){ .fd = first[0] };
	eof[1] = (struct pollfd){ .fd = second[0] };
	assert_int_equal(poll(eof, 2, LINGER_S * 1000 / 2), 1);
	assert_true(eof[0].revents & POLLHUP);
	assert_int_equal(poll(eof + 1, 1, LINGER_S * 3000), 1); /* after the one that lingers */
	close(first[0]);
	close(second[0]);
	close(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_waits),
		cmocka_unit_test(closed_in_the_end),
		cmocka_unit_test(in_order),
	};

	return cmocka_run_group_tests_name("aside", tests, NULL, NULL);
}
