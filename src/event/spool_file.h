/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the spool's files lie: in memory while that is plenty, else in $TMPDIR, /var/tmp or /tmp. They have no names. */
#ifndef CRUMB_EVENT_SPOOL_FILE_H
#define CRUMB_EVENT_SPOOL_FILE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A file for @bytes at the first place from *@i on (0: all) that lets us have one; *@i becomes the place after it. @tmpfs: bytes of memory
 * that such files take already. A descriptor, the caller's to close, and whether it is one of them; -errno: the last place's refusal.
 */
int spool_file_open(int *i, uint64_t tmpfs, uint64_t bytes, bool *ret_tmpfs);

#endif
