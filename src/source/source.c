// SPDX-License-Identifier: GPL-2.0-only
#include "source.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"

#define BUILD_ID_BYTES 20 /* SHA-1, what linkers make by default */

struct image { /* with debug information */
	Dwarf *dwarf;
	Elf *elf;
	int fd;
	bool tried;
};

struct answer {
	char *function, *where;
	bool libc;
};

struct source {
	char release[128];
	struct image kernel, libc;
	struct answer *answers;
	size_t n, cap;
};

int source_new(struct source **ret)
{
	struct source *s = calloc(1, sizeof(*s));
	struct utsname u;

	if (!s)
		return -ENOMEM;
	s->kernel.fd = s->libc.fd = -1;
	if (!uname(&u))
		snprintf(s->release, sizeof(s->release), "%s", u.release);
	*ret = s;
	return 0;
}

static void image_close(struct image *i)
{
	dwarf_end(i->dwarf);
	elf_end(i->elf);
	if (i->fd >= 0)
		close(i->fd);
	*i = (struct image){ .fd = -1 };
}

void source_free(struct source *s)
{
	if (!s)
		return;
	image_close(&s->kernel);
	image_close(&s->libc);
	for (size_t i = 0; i < s->n; i++) {
		free(s->answers[i].function);
		free(s->answers[i].where);
	}
	free(s->answers);
	free(s);
}

void source_set_kernel(struct source *s, const char *release)
{
	if (!strcmp(s->release, release))
		return;
	snprintf(s->release, sizeof(s->release), "%s", release);
	image_close(&s->kernel);
}

/* ----------------------------------------------------------------------------------- debug information */

static bool image_open(struct image *i, const char *path)
{
	i->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (i->fd < 0)
		return false;
	elf_version(EV_CURRENT);
	i->elf = elf_begin(i->fd, ELF_C_READ_MMAP, NULL);
	i->dwarf = i->elf ? dwarf_begin_elf(i->elf, DWARF_C_READ, NULL) : NULL;
	if (i->dwarf)
		return true;
	image_close(i);
	return false;
}

/* The build id among the notes at @bytes, in hex. */
static bool build_id_in(const uint8_t *bytes, size_t n, char hex[2 * BUILD_ID_BYTES + 1])
{
	size_t at = 0;

	while (at + sizeof(ElfW(Nhdr)) <= n) {
		const ElfW(Nhdr) *h = (const void *)(bytes + at);
		size_t name = (h->n_namesz + 3u) & ~3u, desc = (h->n_descsz + 3u) & ~3u;
		const uint8_t *id = bytes + at + sizeof(*h) + name;

		if (at + sizeof(*h) + name + desc > n)
			return false;
		if (h->n_type == NT_GNU_BUILD_ID && h->n_namesz == 4 &&
		    !memcmp(bytes + at + sizeof(*h), "GNU", 4) && h->n_descsz == BUILD_ID_BYTES) {
			for (size_t k = 0; k < BUILD_ID_BYTES; k++)
				snprintf(hex + 2 * k, 3, "%02x", id[k]);
			return true;
		}
		at += sizeof(*h) + name + desc;
	}
	return false;
}

/* Where debuginfod-find and gdb keep what they fetched, and where Debian's packages put it. */
static bool image_open_build_id(struct image *i, const char *hex)
{
	const char *cache = getenv("DEBUGINFOD_CACHE_PATH"), *xdg = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");
	char path[4][512] = { "", "", "", "" };

	if (cache)
		snprintf(path[0], sizeof(path[0]), "%.400s/%s/debuginfo", cache, hex);
	if (xdg)
		snprintf(path[1], sizeof(path[1]), "%.400s/debuginfod_client/%s/debuginfo", xdg, hex);
	if (home)
		snprintf(path[2], sizeof(path[2]), "%.400s/.cache/debuginfod_client/%s/debuginfo",
			 home, hex);
	snprintf(path[3], sizeof(path[3]), "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	for (int k = 0; k < 4; k++)
		if (path[k][0] && image_open(i, path[k]))
			return true;
	return false;
}

static void kernel_open(struct source *s)
{
	static const char *const forms[] = {
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
		"/usr/lib/debug/boot/vmlinux-%s.debug",
		"/lib/modules/%s/build/vmlinux",
		"/boot/vmlinux-%s",
	};
	char path[256], hex[2 * BUILD_ID_BYTES + 1];
	_cleanup_close_ int notes = -1;
	uint8_t bytes[4096];
	struct utsname u;
	ssize_t n;

	s->kernel.tried = true;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(path, sizeof(path), forms[i], s->release);
		if (image_open(&s->kernel, path)) {
			s->kernel.tried = true;
			return;
		}
		s->kernel.tried = true;
	}
	if (uname(&u) || strcmp(u.release, s->release) != 0)
		return; /* only the running kernel tells its build id */
	notes = open("/sys/kernel/notes", O_RDONLY | O_CLOEXEC);
	n = notes < 0 ? 0 : read(notes, bytes, sizeof(bytes));
	if (n > 0 && build_id_in(bytes, n, hex))
		image_open_build_id(&s->kernel, hex);
	s->kernel.tried = true;
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const char *base = strrchr(info->dlpi_name, '/');

	(void)size;
	if (!base || strncmp(base, "/libc.so.", 9) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_NOTE &&
		    build_id_in((const uint8_t *)info->dlpi_addr + ph->p_vaddr, ph->p_memsz, ctx))
			return 1;
	}
	return 1;
}

/* crumb's own C library is the one that most programs here use. */
static void libc_open(struct source *s)
{
	char hex[2 * BUILD_ID_BYTES + 1] = "";

	dl_iterate_phdr(find_libc, hex);
	if (hex[0])
		image_open_build_id(&s->libc, hex);
	s->libc.tried = true;
}

static bool symbol_addr(const struct image *i, const char *name, GElf_Addr *ret)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(i->elf, scn))) {
		Elf_Data *data;
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB || !sh.sh_entsize)
			continue;
		data = elf_getdata(scn, NULL);
		for (size_t k = 0; data && k < sh.sh_size / sh.sh_entsize; k++) {
			const char *found;
			GElf_Sym sym;

			if (!gelf_getsym(data, k, &sym) || GELF_ST_TYPE(sym.st_info) != STT_FUNC ||
			    !sym.st_value)
				continue;
			found = elf_strptr(i->elf, sh.sh_link, sym.st_name);
			if (found && !strcmp(found, name)) {
				*ret = sym.st_value;
				return true;
			}
		}
	}
	return false;
}

/* The compilation unit around @addr: by .debug_aranges, or by asking each. */
static bool unit_at(Dwarf *d, Dwarf_Addr addr, Dwarf_Die *ret)
{
	Dwarf_Off at = 0, next;
	size_t header;

	if (dwarf_addrdie(d, addr, ret))
		return true;
	while (!dwarf_nextcu(d, at, &next, &header, NULL, NULL, NULL)) {
		if (dwarf_offdie(d, at + header, ret) && dwarf_haspc(ret, addr) > 0)
			return true;
		at = next;
	}
	return false;
}

/* Build machines put their own paths in front: "/build/linux-6.1/net/ipv4/tcp.c" is net/ipv4/tcp.c. */
static const char *short_path(const char *path, bool libc)
{
	static const char *const tops[] = { "/net/",  "/kernel/",   "/fs/",
					    "/arch/", "/drivers/",  "/lib/",
					    "/mm/",   "/security/", "/include/" };
	const char *found = NULL;

	if (libc) {
		found = strstr(path, "/sysdeps/");
		if (!found)
			found = strstr(path, "/socket/");
		return found ? found + 1 : path;
	}
	for (size_t i = 0; !found && i < sizeof(tops) / sizeof(tops[0]); i++)
		found = strstr(path, tops[i]);
	return found ? found + 1 : path;
}

static bool line_of(const struct image *i, const char *function, bool libc, char *buf, size_t size)
{
	const char *path;
	Dwarf_Line *line;
	GElf_Addr addr;
	Dwarf_Die unit;
	int number;

	if (!i->dwarf || !symbol_addr(i, function, &addr) || !unit_at(i->dwarf, addr, &unit))
		return false;
	line = dwarf_getsrc_die(&unit, addr);
	path = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	if (!path || dwarf_lineno(line, &number))
		return false;
	snprintf(buf, size, "%s:%d", short_path(path, libc), number);
	return true;
}

/* --------------------------------------------------------------------------------------------- the link */

/* "6.18.44-fc-v657" is v6.18.44; "6.1.0-21-amd64" is some 6.1, Debian's numbers are its own. */
static void kernel_version(const char *release, char *buf, size_t size)
{
	unsigned int a, b, c = 0;

	if (sscanf(release, "%u.%u.%u", &a, &b, &c) < 2)
		snprintf(buf, size, "latest");
	else if (c)
		snprintf(buf, size, "v%u.%u.%u", a, b, c);
	else
		snprintf(buf, size, "v%u.%u", a, b);
}

static void link_of(const struct source *s, const char *function, bool libc, char *buf, size_t size)
{
	struct utsname u;
	char version[48];

	if (libc) {
		/* a trace of another machine does not say which C library was there */
		bool here = !uname(&u) && !strcmp(u.release, s->release);

		snprintf(buf, size, "https://elixir.bootlin.com/glibc/%s%s/A/ident/%s",
			 here ? "glibc-" : "", here ? gnu_get_libc_version() : "latest", function);
		return;
	}
	kernel_version(s->release, version, sizeof(version));
	snprintf(buf, size, "https://elixir.bootlin.com/linux/%s/A/ident/%s", version, function);
}

static void source_name(const char *symbol, char *buf, size_t size)
{
	size_t n = strcspn(symbol, ".");
	static const char tail[] = "_noprof";

	/* a handler's name is made by SYSCALL_DEFINE(name); cross-references know it as sys_name */
	if (!strncmp(symbol, "__x64_sys_", 10) || !strncmp(symbol, "__arm64_sys_", 12)) {
		snprintf(buf, size, "%s", strstr(symbol, "sys_"));
		return;
	}
	snprintf(buf, size, "%.*s", (int)n, symbol);
	n = strlen(buf);
	if (n > sizeof(tail) - 1 && !strcmp(buf + n - (sizeof(tail) - 1), tail))
		buf[n - (sizeof(tail) - 1)] = '\0';
}

static const char *remember(struct source *s, const char *function, bool libc, const char *where)
{
	struct answer *a;

	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct answer *answers = realloc(s->answers, cap * sizeof(*answers));

		if (!answers)
			return NULL;
		s->answers = answers;
		s->cap = cap;
	}
	a = &s->answers[s->n];
	*a = (struct answer){ strdup(function), strdup(where), libc };
	if (!a->function || !a->where) {
		free(a->function);
		free(a->where);
		return NULL;
	}
	s->n++;
	return a->where;
}

const char *source_find(struct source *s, const char *function, bool libc)
{
	char where[512], name[128];

	for (size_t i = 0; i < s->n; i++)
		if (s->answers[i].libc == libc && !strcmp(s->answers[i].function, function))
			return s->answers[i].where;
	if (libc && !s->libc.tried)
		libc_open(s);
	if (!libc && !s->kernel.tried)
		kernel_open(s);
	source_name(function, name, sizeof(name));
	if (!line_of(libc ? &s->libc : &s->kernel, function, libc, where, sizeof(where)) &&
	    !line_of(libc ? &s->libc : &s->kernel, name, libc, where, sizeof(where)))
		link_of(s, name, libc, where, sizeof(where));
	return remember(s, function, libc, where);
}
