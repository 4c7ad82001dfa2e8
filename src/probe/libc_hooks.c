// SPDX-License-Identifier: GPL-2.0-only
#include "libc_hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "event.h"
#include "number.h"
#include "point.h"

/* Newer than Debian 12's headers; include/uapi/linux/bpf.h of 6.6. */
#define ATTACH_TYPE_UPROBE_MULTI 48
#define UPROBE_MULTI_RETURN	 1u

struct link_create_uprobe_multi {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, pad0;
};

struct hooked {
	int fd;
	pid_t pid;
};

struct libc_hooks {
	struct bpf_program *enter, *ret;
	bool multi;
	pthread_mutex_t lock; /* of what follows: children are hooked by a thread of their own */
	bool closed;
	struct hooked *hooked;
	size_t n, cap;
};

bool libc_hooks_prepare(const struct btf *btf, struct bpf_program *enter, struct bpf_program *ret)
{
	if (btf__find_by_name_kind(btf, "bpf_uprobe_multi_link", BTF_KIND_STRUCT) <= 0)
		return false;
	bpf_program__set_expected_attach_type(enter, ATTACH_TYPE_UPROBE_MULTI);
	bpf_program__set_expected_attach_type(ret, ATTACH_TYPE_UPROBE_MULTI);
	return true;
}

int libc_hooks_new(bool multi, struct bpf_program *enter, struct bpf_program *ret,
		   struct libc_hooks **ret_h)
{
	struct libc_hooks *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->enter = enter;
	h->ret = ret;
	h->multi = multi;
	pthread_mutex_init(&h->lock, NULL);
	*ret_h = h;
	return 0;
}

static int keep_fd(struct libc_hooks *h, pid_t pid, int fd)
{
	int err = 0;

	pthread_mutex_lock(&h->lock);
	if (h->closed) {
		err = -ECANCELED;
	} else if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 64;
		struct hooked *hooked = realloc(h->hooked, cap * sizeof(*hooked));

		if (hooked) {
			h->hooked = hooked;
			h->cap = cap;
		} else {
			err = -ENOMEM;
		}
	}
	if (!err)
		h->hooked[h->n++] = (struct hooked){ .fd = fd, .pid = pid };
	pthread_mutex_unlock(&h->lock);
	if (err)
		close(fd);
	return err;
}

#define CLOSERS 16

struct closer {
	const struct hooked *hooked;
	size_t n, first;
};

static void *closer_main(void *ctx)
{
	const struct closer *c = ctx;
	size_t i;

	for (i = c->first; i < c->n; i += CLOSERS)
		close(c->hooked[i].fd);
	return NULL;
}

/* Taking a uprobe away waits for a grace period of the kernel, 40 ms here: side by side they wait for the same one. */
static void close_all(const struct hooked *hooked, size_t n)
{
	struct closer closers[CLOSERS];
	pthread_t threads[CLOSERS];
	size_t i, started = 0;

	for (i = 0; i < CLOSERS && i < n; i++) {
		closers[i] = (struct closer){ .hooked = hooked, .n = n, .first = i };
		if (pthread_create(&threads[started], NULL, closer_main, &closers[i]))
			closer_main(&closers[i]);
		else
			started++;
	}
	while (started)
		pthread_join(threads[--started], NULL);
}

void libc_hooks_detach(struct libc_hooks *h)
{
	pthread_mutex_lock(&h->lock);
	close_all(h->hooked, h->n);
	h->n = 0;
	h->closed = true;
	pthread_mutex_unlock(&h->lock);
}

void libc_hooks_prune(struct libc_hooks *h)
{
	struct hooked dead[CLOSERS];
	size_t i, n = 0, kept = 0;

	pthread_mutex_lock(&h->lock);
	for (i = 0; i < h->n; i++) {
		const struct hooked k = h->hooked[i];

		if (n < CLOSERS && kill(k.pid, 0) && errno == ESRCH)
			dead[n++] = k;
		else
			h->hooked[kept++] = k;
	}
	h->n = kept;
	pthread_mutex_unlock(&h->lock);
	close_all(dead, n);
}

void libc_hooks_free(struct libc_hooks *h)
{
	if (!h)
		return;
	libc_hooks_detach(h);
	free(h->hooked);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* Path of the C library that @pid has mapped, as seen from here. */
static int libc_of(pid_t pid, char *path, size_t size)
{
	_cleanup_fclose_ FILE *maps = NULL;
	char line[4352], file[64];

	snprintf(file, sizeof(file), "/proc/%d/maps", pid);
	maps = fopen(file, "re");
	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps)) {
		char *name = strchr(line, '/'), *base;

		if (!name)
			continue;
		name[strcspn(name, "\n")] = '\0';
		base = strrchr(name, '/') + 1;
		if (strncmp(base, "libc.so.", 8) && strncmp(base, "libc-2.", 7) &&
		    strncmp(base, "ld-musl-", 8))
			continue;
		snprintf(path, size, "/proc/%d/root%s", pid, name);
		if (access(path, R_OK))
			snprintf(path, size, "%s", name);
		return 0;
	}
	return -ENOENT;
}

/*
 * A process that has not become its program yet, in a crumb without a C library of its own (-Dstatic=true): the one
 * that a dynamic program would most likely find, in that process's view of the files.
 */
static int libc_of_system(pid_t pid, char *path, size_t size)
{
	static const char *const places[] = {
#ifdef __x86_64__
		"/lib/x86_64-linux-gnu/libc.so.6",
		"/lib64/libc.so.6",
#else
		"/lib/aarch64-linux-gnu/libc.so.6",
		"/lib64/libc.so.6",
#endif
		"/usr/lib/libc.so.6",
	};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "/proc/%d/root%s", pid, places[i]);
		if (!access(path, R_OK))
			return 0;
	}
	return -ENOENT;
}

static int offset_in_file(Elf *elf, uint64_t addr, uint64_t *ret)
{
	size_t n, i;

	if (elf_getphdrnum(elf, &n))
		return -EINVAL;
	for (i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, i, &ph) || ph.p_type != PT_LOAD)
			continue;
		if (addr >= ph.p_vaddr && addr < ph.p_vaddr + ph.p_filesz) {
			*ret = addr - ph.p_vaddr + ph.p_offset;
			return 0;
		}
	}
	return -ENOENT;
}

/* File offsets of the functions, by enum crumb_libc_func; 0 where the library has none. */
static int libc_offsets(const char *path, uint64_t *offsets, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	Elf *elf;

	if (fd < 0)
		return error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf)
		return error_set(e, -EINVAL, "%s: %s", path, elf_errmsg(-1));
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;
		Elf_Data *data;
		size_t i;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_DYNSYM || !sh.sh_entsize)
			continue;
		data = elf_getdata(scn, NULL);
		for (i = 0; data && i < sh.sh_size / sh.sh_entsize; i++) {
			unsigned int f;
			const char *name;
			GElf_Sym sym;

			if (!gelf_getsym(data, i, &sym) || GELF_ST_TYPE(sym.st_info) != STT_FUNC ||
			    !sym.st_value)
				continue;
			name = elf_strptr(elf, sh.sh_link, sym.st_name);
			for (f = 1; name && f < CRUMB_LIBC_MAX; f++)
				if (!strcmp(name, libc_func_name(f)))
					offset_in_file(elf, sym.st_value, &offsets[f]);
		}
	}
	elf_end(elf);
	return 0;
}

static int attach_multi(struct libc_hooks *h, struct bpf_program *prog, uint32_t flags, pid_t pid,
			const char *path, const uint64_t *offsets)
{
	uint64_t at[CRUMB_LIBC_MAX], cookies[CRUMB_LIBC_MAX];
	struct link_create_uprobe_multi a = {
		.prog_fd = bpf_program__fd(prog),
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)at,
		.cookies = (uintptr_t)cookies,
		.multi_flags = flags,
		.pid = pid,
	};
	unsigned int f;
	int fd;

	for (f = 1; f < CRUMB_LIBC_MAX; f++) {
		if (!offsets[f])
			continue;
		at[a.cnt] = offsets[f];
		cookies[a.cnt++] = f;
	}
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof(a));
	if (fd < 0)
		return -errno;
	return keep_fd(h, pid, fd);
}

static int uprobe_pmu_type(void)
{
	int type = number_in_file("/sys/bus/event_source/devices/uprobe/type");

	return type < 0 ? -ENOTSUP : type;
}

static int attach_perf(struct libc_hooks *h, struct bpf_program *prog, bool ret, pid_t pid,
		       const char *path, const uint64_t *offsets)
{
	int type = uprobe_pmu_type();
	unsigned int f;

	if (type < 0)
		return type;
	for (f = 1; f < CRUMB_LIBC_MAX; f++) {
		struct perf_event_attr attr = {
			.type = type,
			.size = sizeof(attr),
			.config = ret ? 1 : 0,
			.config1 = (uintptr_t)path,
			.config2 = offsets[f],
		};
		LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = f);
		struct bpf_link *link;
		int fd;

		if (!offsets[f])
			continue;
		fd = syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
		if (fd < 0)
			return -errno;
		link = bpf_program__attach_perf_event_opts(prog, fd, &opts);
		if (!link) {
			close(fd);
			return -errno;
		}
		/* The link owns the event; both end with the process that holds them. */
		if (keep_fd(h, pid, bpf_link__fd(link)))
			return -ENOMEM;
	}
	return 0;
}

/* What is hooked to see what that costs. The asm keeps it a real call. */
static __attribute__((noinline)) void measured_function(void)
{
	__asm__ volatile("" ::: "memory");
}

static uint64_t own_file_offset(uintptr_t addr)
{
	_cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
	char line[4352];

	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, offset;

		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && addr >= start &&
		    addr < end)
			return addr - start + offset;
	}
	return 0;
}

static uint64_t time_calls(int calls)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	for (int i = 0; i < calls; i++)
		measured_function();
	return (clock_ns(CLOCK_MONOTONIC) - start) / calls;
}

#define MEASURED_CALLS	16
#define MEASURED_ROUNDS 4

unsigned int libc_hooks_cost_ns(struct libc_hooks *h)
{
	uint64_t offsets[CRUMB_LIBC_MAX] = { 0 }, least = UINT64_MAX;
	int round;

	offsets[1] = own_file_offset((uintptr_t)measured_function);
	if (!h->multi || !offsets[1] ||
	    attach_multi(h, h->enter, 0, getpid(), "/proc/self/exe", offsets) ||
	    attach_multi(h, h->ret, UPROBE_MULTI_RETURN, getpid(), "/proc/self/exe", offsets))
		return 0;
	time_calls(MEASURED_CALLS); /* the first hit allocates */
	for (round = 0; round < MEASURED_ROUNDS; round++) {
		uint64_t ns = time_calls(MEASURED_CALLS);

		if (ns < least)
			least = ns;
	}
	return least;
}

int libc_hooks_attach(struct libc_hooks *h, pid_t pid, struct error *e)
{
	uint64_t offsets[CRUMB_LIBC_MAX] = { 0 };
	char path[4400];
	int err;

	err = libc_of(pid, path, sizeof(path));
	if (err == -ENOENT)
		err = libc_of(getpid(), path, sizeof(path));
	if (err == -ENOENT)
		err = libc_of_system(pid, path, sizeof(path));
	if (err)
		return error_set(e, err, "process %d has no C library that could be hooked", pid);
	err = libc_offsets(path, offsets, e);
	if (err)
		return err;
	if (h->multi) {
		err = attach_multi(h, h->enter, 0, pid, path, offsets);
		if (!err)
			err = attach_multi(h, h->ret, UPROBE_MULTI_RETURN, pid, path, offsets);
	} else {
		err = attach_perf(h, h->enter, false, pid, path, offsets);
		if (!err)
			err = attach_perf(h, h->ret, true, pid, path, offsets);
	}
	if (err)
		return error_set(e, err, "cannot place uprobes in %s: %s", path, strerror(-err));
	return 0;
}
