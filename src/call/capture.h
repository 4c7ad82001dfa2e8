/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a program until it makes a certain call, and writes down what happens in it: a story. */
#ifndef CRUMB_CALL_CAPTURE_H
#define CRUMB_CALL_CAPTURE_H

#include <sys/types.h>

#include "error.h"
#include "story.h"

struct capture_options {
	const char *wanted; /* a libc function: "socket" */
	char *const *argv;
	int out; /* the program's standard output, -1: ours */
	/* Around the system call: thread @tid is about to make it, has made it. May be NULL. */
	void (*before)(void *ctx, pid_t tid);
	void (*after)(void *ctx, struct story *s);
	void *ctx;
};

struct capture;

/* The calls that can be explained; NULL past the last. */
const char *capture_call_at(unsigned int i);

/* -ENOMSG: the program ended without such a call. The program waits where the call came back. */
int capture_run(const struct capture_options *o, struct capture **ret, struct error *e);
void capture_free(struct capture *c); /* ends the program if it was not let go on */

const struct story *capture_story(const struct capture *c);

/* The program goes on alone, to its end: *ret_status is its wait status. */
int capture_let_go(struct capture *c, int *ret_status);

#endif
