/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scope-bound release (GCC's cleanup attribute): `_cleanup_free_ char *s = ...` is freed on every way out.
 * Each destructor takes NULL or an unset descriptor and does nothing.
 */
#ifndef CRUMB_BASE_CLEANUP_H
#define CRUMB_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_	 _cleanup_(cleanup_freep)
#define _cleanup_close_	 _cleanup_(cleanup_closep)
#define _cleanup_fclose_ _cleanup_(cleanup_fclosep)

/* Hand over ownership: the value leaves, the variable keeps a value that its destructor ignores. */
#define steal_ptr(p)                         \
	({                                   \
		__typeof__(p) _stolen = (p); \
		(p) = NULL;                  \
		_stolen;                     \
	})
#define steal_fd(fd)                \
	({                          \
		int _stolen = (fd); \
		(fd) = -1;          \
		_stolen;            \
	})

#endif
