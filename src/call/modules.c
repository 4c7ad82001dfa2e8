// SPDX-License-Identifier: GPL-2.0-only
#include "modules.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define MODULES_MAX 64
#define LIBC_BYTES  (4u << 20) /* of the library that are searched for its version */

struct modules {
	struct module list[MODULES_MAX];
	size_t n;
	uint64_t vdso;
	unsigned int machine; /* only files for this one; 0 all */
};

static bool names_libc(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return !strncmp(base, "libc.so.", 8) || !strncmp(base, "libc-2.", 7) ||
	       !strncmp(base, "ld-musl-", 8);
}

/* The file as this process sees it: the traced one may live in another mount namespace. */
static int open_image(pid_t pid, const char *path, struct elf_image **ret)
{
	char there[STORY_PATH_BYTES + 32];

	snprintf(there, sizeof(there), "/proc/%d/root%s", pid, path);
	if (!elf_image_open(there, ret, NULL))
		return 0;
	return elf_image_open(path, ret, NULL);
}

static void add_mapping(struct modules *m, pid_t pid, uint64_t range[2], uint64_t offset,
			const char *path)
{
	struct module *new;

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->list[i].path, path)) {
			m->list[i].end = range[1];
			return;
		}
	if (m->n == MODULES_MAX)
		return;
	new = &m->list[m->n];
	if (open_image(pid, path, &new->image))
		return;
	if (m->machine && elf_image_machine(new->image) != m->machine) {
		elf_image_free(new->image);
		return;
	}
	snprintf(new->path, sizeof(new->path), "%s", path);
	new->start = range[0];
	new->end = range[1];
	new->bias = range[0] - elf_image_addr(new->image, offset);
	new->is_libc = names_libc(path);
	m->n++;
}

static void mark_program(struct modules *m, pid_t pid)
{
	char link[64], path[STORY_PATH_BYTES];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	len = readlink(link, path, sizeof(path) - 1);
	path[len > 0 ? len : 0] = '\0';
	for (size_t i = 0; i < m->n; i++)
		m->list[i].is_program = !strcmp(m->list[i].path, path);
}

static int read_maps(pid_t pid, struct modules *m, struct error *e)
{
	_cleanup_fclose_ FILE *maps = NULL;
	char line[4352], path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return error_set(e, -errno, "cannot read %s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), maps)) {
		unsigned long range[2], offset;
		char *name = strpbrk(line, "/[");

		if (sscanf(line, "%lx-%lx %*s %lx", &range[0], &range[1], &offset) != 3 || !name)
			continue;
		name[strcspn(name, "\n")] = '\0';
		if (!strcmp(name, "[vdso]"))
			m->vdso = range[0];
		else if (*name == '/')
			add_mapping(m, pid, (uint64_t[]){ range[0], range[1] }, offset, name);
	}
	return 0;
}

int modules_of(pid_t pid, struct modules **ret, struct error *e)
{
	struct modules *m = calloc(1, sizeof(*m));
	int err = m ? read_maps(pid, m, e) : -ENOMEM;

	if (err) {
		modules_free(m);
		return err;
	}
	mark_program(m, pid);
	*ret = m;
	return 0;
}

int modules_of_emulated(pid_t pid, const char *program, struct modules **ret, struct error *e)
{
	struct modules *m = calloc(1, sizeof(*m));
	int err = m ? 0 : -ENOMEM;

	if (m)
		m->machine = EM_AARCH64;
	if (!err)
		err = read_maps(pid, m, e);
	if (err) {
		modules_free(m);
		return err;
	}
	m->vdso = 0; /* the emulator's */
	for (size_t i = 0; i < m->n; i++)
		m->list[i].is_program = !strcmp(m->list[i].path, program);
	*ret = m;
	return 0;
}

void modules_free(struct modules *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		elf_image_free(m->list[i].image);
	free(m);
}

const struct module *modules_program(const struct modules *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].is_program)
			return &m->list[i];
	return m->n ? &m->list[0] : NULL;
}

const struct module *modules_libc(const struct modules *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].is_libc)
			return &m->list[i];
	return NULL;
}

const struct module *modules_at(const struct modules *m, uint64_t addr)
{
	for (size_t i = 0; i < m->n; i++)
		if (addr >= m->list[i].start && addr < m->list[i].end)
			return &m->list[i];
	return NULL;
}

uint64_t modules_vdso(const struct modules *m)
{
	return m->vdso;
}

void modules_place(const struct modules *m, uint64_t addr, struct story_place *ret)
{
	const struct module *in = modules_at(m, addr);
	uint64_t start, bytes;
	const char *name;

	*ret = (struct story_place){ .addr = addr };
	if (!in)
		return;
	snprintf(ret->file, sizeof(ret->file), "%s", in->path);
	snprintf(ret->build_id, sizeof(ret->build_id), "%s", elf_image_build_id(in->image));
	ret->offset = elf_image_offset(in->image, addr - in->bias);
	name = elf_image_section(in->image, addr - in->bias);
	if (!strncmp(name, ".plt", 4)) {
		snprintf(ret->symbol, sizeof(ret->symbol), "%.79s", name);
		return;
	}
	name = elf_image_symbol(in->image, addr - in->bias, &start, &bytes);
	if (!name)
		return;
	snprintf(ret->symbol, sizeof(ret->symbol), "%.79s", name);
	ret->into = addr - in->bias - start;
}

uint64_t modules_function_bytes(const struct modules *m, uint64_t addr)
{
	const struct module *in = modules_at(m, addr);
	uint64_t start, bytes;

	if (!in || !elf_image_symbol(in->image, addr - in->bias, &start, &bytes) || !bytes)
		return 0;
	return start + bytes - (addr - in->bias);
}

/* "GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36" is a string in the library. */
void modules_libc_version(const struct modules *m, char *buf, size_t size)
{
	static const char before[] = "GNU C Library (";
	const struct module *libc = modules_libc(m);
	_cleanup_fclose_ FILE *f = fopen(libc ? libc->path : modules_program(m)->path, "re");
	_cleanup_free_ char *bytes = malloc(LIBC_BYTES);
	size_t n = f && bytes ? fread(bytes, 1, LIBC_BYTES, f) : 0;
	char *at = n ? memmem(bytes, n, before, sizeof(before) - 1) : NULL;

	if (at) {
		const char *words = at + sizeof(before) - 1,
			   *end = memchr(words, ')', bytes + n - words);

		if (end)
			snprintf(buf, size, "%.*s", (int)(end - words), words);
	}
}
