/* SPDX-License-Identifier: GPL-2.0-only */
/* What a program or library on disk says: symbols, build id, entry, the GOT slot of an imported function. */
#ifndef CRUMB_CALL_ELF_IMAGE_H
#define CRUMB_CALL_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct elf_image;

int elf_image_open(const char *path, struct elf_image **ret, struct error *e);
void elf_image_free(struct elf_image *i);

uint64_t elf_image_entry(const struct elf_image *i);
unsigned int elf_image_machine(const struct elf_image *i); /* EM_X86_64, EM_AARCH64 ... */
bool elf_image_is_dynamic(const struct elf_image *i);	   /* it asks for a dynamic linker */
const char *elf_image_build_id(const struct elf_image *i); /* in hex, "" if it has none */

/* Address to offset in the file and back, by its segments; 0 if there is none. */
uint64_t elf_image_offset(const struct elf_image *i, uint64_t addr);
uint64_t elf_image_addr(const struct elf_image *i, uint64_t offset);

/* A defined function of that name. */
bool elf_image_function(const struct elf_image *i, const char *name, uint64_t *ret_addr,
			uint64_t *ret_bytes);

/* The name of the function around @addr and where it begins; NULL if none is known. Borrowed. */
const char *elf_image_symbol(const struct elf_image *i, uint64_t addr, uint64_t *ret_start,
			     uint64_t *ret_bytes);

/* Name of the section around @addr, "" if there is none. Borrowed. */
const char *elf_image_section(const struct elf_image *i, uint64_t addr);

/* The slot of the GOT that the dynamic linker fills with the address of imported @name; 0 if there is none. */
uint64_t elf_image_got(const struct elf_image *i, const char *name);

#endif
