/* SPDX-License-Identifier: GPL-2.0-only */
/* Arguments of network calls in words: AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 127.0.0.1:80, the first bytes of a buffer. */
#ifndef CRUMB_CALL_ARGS_H
#define CRUMB_CALL_ARGS_H

#include "story.h"

/* Reads @n bytes of the program's memory; returns how many could be read. */
typedef size_t (*args_read_fn)(void *ctx, uint64_t addr, void *buf, size_t n);

struct args_source {
	args_read_fn read;
	void *ctx;
};

/* How many arguments system call @name has; 6 if it is not known here. */
unsigned int args_count(const char *name);

/* Argument @i of system call @name at its entry. */
void args_text(const char *name, const struct story_regs *r, unsigned int i,
	       const struct args_source *from, char *buf, size_t size);

/* What it wrote into the program's memory, "" if nothing; @ret as it returned. */
void args_written(const char *name, const struct story_regs *r, int64_t ret,
		  const struct args_source *from, char *buf, size_t size);

/* "socket(AF_INET, SOCK_STREAM, 0)" */
void args_call(const char *name, const struct story_regs *r, const struct args_source *from,
	       char *buf, size_t size);

/* "127.0.0.1:80", "[::1]:80", "/run/x.sock" from a sockaddr. */
void args_sockaddr(const uint8_t *bytes, size_t n, char *buf, size_t size);

/* Names of numbers: "AF_INET"; NULL unknown. */
const char *args_family(int family);
const char *args_socket_type(int type);
const char *args_protocol(int family, int protocol);

#endif
