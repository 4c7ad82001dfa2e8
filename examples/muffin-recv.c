// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive over TCP and print: muffin-recv [-p PORT] [-n CONNECTIONS]
 *
 * The whole life of a small server: listen on all addresses, accept, read to the end of each
 * stream, close. One IPv6 socket serves both families (RFC 3493, 5.3); where there is no IPv6, an
 * IPv4 socket does.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_PORT "4747"
#define BACKLOG	     16

static int listen_at(const struct addrinfo *a)
{
	const int on = 1, off = 0;
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

	if (fd < 0)
		return -1;
	/* Connections of an earlier run may still linger in TIME_WAIT; they are no obstacle. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The wildcard address of a family is one, so there is no list to walk. */
static int listen_on(const char *port, int family)
{
	const struct addrinfo wanted = { .ai_family = family,
					 .ai_socktype = SOCK_STREAM,
					 .ai_flags = AI_PASSIVE };
	struct addrinfo *address;
	int error = getaddrinfo(NULL, port, &wanted, &address), fd = -1;

	if (!error) {
		fd = listen_at(address);
		freeaddrinfo(address);
	}
	if (fd < 0)
		fprintf(stderr, "muffin-recv: cannot listen on IPv%c port %s: %s\n",
			family == AF_INET6 ? '6' : '4', port,
			error && error != EAI_SYSTEM ? gai_strerror(error) : strerror(errno));
	return fd;
}

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

/*
 * A stream has no message borders: read() gives what has arrived, and 0 when the peer has closed.
 */
static int print_stream(int fd)
{
	char bytes[65536];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			perror("muffin-recv: cannot read");
			return -1;
		}
		if (write_fully(STDOUT_FILENO, bytes, n) < 0) {
			perror("muffin-recv: cannot print");
			return -1;
		}
	}
	return 0;
}

static int serve_one(int listener)
{
	int fd, status;

	/* A client that gave up while it waited in the backlog is not our failure. */
	do
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0) {
		perror("muffin-recv: cannot accept");
		return -1;
	}
	status = print_stream(fd);
	if (close(fd) < 0 && errno != EINTR) {
		perror("muffin-recv: cannot close");
		status = -1;
	}
	return status;
}

int main(int argc, char **argv)
{
	long connections = 1;
	const char *port = DEFAULT_PORT;
	int listener, option, status = 0;
	char *end = "";

	while ((option = getopt(argc, argv, "p:n:")) == 'p' || option == 'n') {
		if (option == 'p')
			port = optarg;
		else
			connections = strtol(optarg, &end, 10);
	}
	if (option != -1 || optind != argc || *end || connections < 1) {
		fprintf(stderr, "Usage: muffin-recv [-p PORT] [-n CONNECTIONS]\n");
		return 2;
	}
	listener = listen_on(port, AF_INET6);
	if (listener < 0)
		listener = listen_on(port, AF_INET);
	if (listener < 0)
		return EXIT_FAILURE;
	fprintf(stderr, "muffin-recv: listening on port %s\n", port);
	while (connections-- > 0 && status == 0)
		status = serve_one(listener);
	close(listener);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
