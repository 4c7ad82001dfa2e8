/* SPDX-License-Identifier: GPL-2.0-only */
/* What the small programs of the tests share. */
#ifndef CRUMB_TESTS_PROGRAM_H
#define CRUMB_TESTS_PROGRAM_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "NAME: @what: errno's words", exit status 1 */
__attribute__((noreturn)) static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

/* CLOCK_MONOTONIC, as the kernel's records */
static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}

#endif
