/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of system calls to names and back, from the kernel's own headers at build time: asm/unistd. */
#ifndef CRUMB_CALL_SYSNR_H
#define CRUMB_CALL_SYSNR_H

#include "story.h"

const char *sysnr_name(enum story_architecture arch, uint64_t nr); /* NULL: none of that number */
int sysnr_number(enum story_architecture arch, const char *name);  /* -1: none of that name */

/* The line of this machine's installed header that defines @name, and the header; false if none is installed. */
bool sysnr_header(enum story_architecture arch, const char *name, char *buf, size_t size);

/* For sysnr.c: the tables of the two architectures. */
struct sysnr_row {
	const char *name;
	int nr;
};
extern const struct sysnr_row sysnr_x86_64[], sysnr_aarch64[]; /* end with NULL */

#endif
