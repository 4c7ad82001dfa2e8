/* SPDX-License-Identifier: GPL-2.0-only */
/* The program and the libraries of a process: which file an address belongs to, and what stands there. */
#ifndef CRUMB_CALL_MODULES_H
#define CRUMB_CALL_MODULES_H

#include <sys/types.h>

#include "elf_image.h"
#include "story.h"

struct module {
	char path[STORY_PATH_BYTES];
	uint64_t start, end; /* first and last byte mapped */
	uint64_t bias;	     /* address in memory - address in the file's own terms */
	struct elf_image *image;
	bool is_program, is_libc;
};

struct modules;

int modules_of(pid_t pid, struct modules **ret, struct error *e);
void modules_free(struct modules *m);

/* What emulator @pid has mapped for @program: the emulator's own files are for another machine and are left out. */
int modules_of_emulated(pid_t pid, const char *program, struct modules **ret, struct error *e);

const struct module *modules_program(const struct modules *m);
const struct module *modules_libc(const struct modules *m); /* NULL: a static program */
const struct module *modules_at(const struct modules *m, uint64_t addr);
uint64_t modules_vdso(const struct modules *m);

/* "Debian GLIBC 2.36-9+deb12u14"; @buf untouched if it does not say. */
void modules_libc_version(const struct modules *m, char *buf, size_t size);

/* Everything that is known of @addr. */
void modules_place(const struct modules *m, uint64_t addr, struct story_place *ret);

/* Bytes from @addr to the end of the function around it, 0 unknown. */
uint64_t modules_function_bytes(const struct modules *m, uint64_t addr);

#endif
