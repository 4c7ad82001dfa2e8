// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send a message over TCP: muffin-send [-p PORT] HOST [MESSAGE]
 *
 * The whole life of a client: resolve a name, try each address, connect, write every byte, close.
 * The interfaces are those of POSIX; getaddrinfo(3) and RFC 6724 say in which order addresses come.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_PORT	"4747"
#define DEFAULT_MESSAGE "muffin"

/*
 * A signal may interrupt connect(), but not the handshake it began: calling it again would fail
 * with EALREADY. The socket becomes writable when the handshake ends, and SO_ERROR tells how.
 */
static int connect_fully(int fd, const struct sockaddr *address, socklen_t address_bytes)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	socklen_t error_bytes = sizeof(int);
	int error;

	if (connect(fd, address, address_bytes) == 0)
		return 0;
	if (errno != EINTR)
		return -1;
	while (poll(&writable, 1, -1) < 0)
		if (errno != EINTR)
			return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) < 0)
		return -1;
	errno = error;
	return error ? -1 : 0;
}

static void complain_about(const struct addrinfo *a, const char *port)
{
	int reason = errno;
	char host[NI_MAXHOST] = "?";

	getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST);
	fprintf(stderr, "muffin-send: cannot connect to %s port %s: %s\n", host, port,
		strerror(reason));
}

/*
 * A connected socket, or -1 after saying why each address failed. A name may have several of either
 * family.
 */
static int connect_to(const char *host, const char *port)
{
	const struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *addresses;
	int fd = -1, error;

	error = getaddrinfo(host, port, &wanted, &addresses);
	if (error) {
		fprintf(stderr, "muffin-send: cannot resolve %s port %s: %s\n", host, port,
			error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
		return -1;
	}
	for (const struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect_fully(fd, a->ai_addr, a->ai_addrlen) == 0)
			break;
		complain_about(a, port);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(addresses);
	return fd;
}

/* write() may take fewer bytes than it is offered, or none when a signal comes first. */
static int write_fully(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t taken = write(fd, bytes, n);

		if (taken < 0 && errno == EINTR)
			continue;
		if (taken < 0)
			return -1;
		bytes += taken;
		n -= taken;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *port = DEFAULT_PORT, *message;
	int fd, option, status = EXIT_SUCCESS;

	while ((option = getopt(argc, argv, "p:")) == 'p')
		port = optarg;
	if (option != -1 || argc - optind < 1 || argc - optind > 2) {
		fprintf(stderr, "Usage: muffin-send [-p PORT] HOST [MESSAGE]\n");
		return 2;
	}
	message = argc - optind == 2 ? argv[optind + 1] : DEFAULT_MESSAGE;

	/* A peer that is gone shall be an error of write(), not the end of this process. */
	signal(SIGPIPE, SIG_IGN);
	fd = connect_to(argv[optind], port);
	if (fd < 0)
		return EXIT_FAILURE;
	if (write_fully(fd, message, strlen(message)) < 0) {
		perror("muffin-send: cannot write");
		status = EXIT_FAILURE;
	}
	/* Once only, even on EINTR: Linux has let go of the descriptor by then. */
	if (close(fd) < 0 && errno != EINTR) {
		perror("muffin-send: cannot close");
		status = EXIT_FAILURE;
	}
	return status;
}
