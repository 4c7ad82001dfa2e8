/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to one call is kept under the place of its frame on the kernel's stack: the stack pointer as a program at the
 * function's entry sees it. At the return it is another one, and how far from it differs between kinds of hooks and
 * kernels (with kprobe.multi from 6.14 to 6.18 it is that of ftrace's own frame).
 */
#ifndef CRUMB_PROBE_RETURN_FRAME_H
#define CRUMB_PROBE_RETURN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes from the entry's to the return's, for a kprobe and its kretprobe: what the return itself takes off the stack. */
int16_t return_frame_kprobe(void);

/* Likewise for kprobe.multi, measured with a call of our own. False: a program at a return is not told where it is. */
bool return_frame_multi(int16_t *ret);

#endif
