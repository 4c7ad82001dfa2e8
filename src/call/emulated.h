/* SPDX-License-Identifier: GPL-2.0-only */
/* A story of an arm64 program on a machine of another kind: run by qemu-aarch64, seen through its debugging stub. */
#ifndef CRUMB_CALL_EMULATED_H
#define CRUMB_CALL_EMULATED_H

#include "capture.h"
#include "gdb_remote.h"

/* Does @program (a path) need it here? */
bool emulated_needed(const char *program);

/* Fills @s; @ret_remote stands where the call came back. */
int emulated_run(const struct capture_options *o, struct story *s, struct gdb_remote **ret_remote,
		 struct error *e);

#endif
