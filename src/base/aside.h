/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors whose last close() takes long: an fentry link's waits for a grace period of RCU tasks, a tenth of a second and more each,
 * one after another (unregister_ftrace_direct() under direct_mutex, kernel/trace/ftrace.c).
 */
#ifndef CRUMB_BASE_ASIDE_H
#define CRUMB_BASE_ASIDE_H

#include <stddef.h>

/*
 * A process of its own, "crumb-detach", holds the @n descriptors open, and closes them, the first first, once the caller has closed
 * both its own and then the returned one. It has nothing else of ours open and is nobody's child to wait for. A negative errno: there
 * is no such process.
 */
int aside_hold(const int *fds, size_t n);

#endif
