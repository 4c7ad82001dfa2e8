// SPDX-License-Identifier: GPL-2.0-only
/* The files of a lab of machines below /run/crumb/vm, and the QEMU processes that bear its name. */
#include "vm_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "lab_state.h"

#define GUEST_PREFIX	"crumb-vm-"
#define CMDLINE_BYTES	16384
#define LOCK_WAIT_TRIES 1000 /* of 10 ms */
#define KILL_TRIES	500

static const struct timespec try_again = { .tv_nsec = 10000000 };

void vm_path(char ret_path[VM_PATH_BYTES], const char *lab, const char *fmt, ...)
{
	int n = snprintf(ret_path, VM_PATH_BYTES, VM_STATE_DIR "/%s", lab);
	va_list ap;

	if (!fmt)
		return;
	va_start(ap, fmt);
	vsnprintf(ret_path + n, VM_PATH_BYTES - n, fmt, ap);
	va_end(ap);
}

void vm_guest_name(char *ret_name, size_t size, const char *lab, const char *host)
{
	snprintf(ret_name, size, GUEST_PREFIX "%s:%s", lab, host);
}

/* The value behind "-name" on the command line of @pid, if it is a QEMU: "" if not. */
static void name_of(pid_t pid, char *ret_name, size_t size)
{
	char path[32], text[CMDLINE_BYTES + 1];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	ret_name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, CMDLINE_BYTES);
	if (n <= 0)
		return;
	text[n] = '\0';
	if (!strstr(text, "qemu-system"))
		return;
	for (const char *w = text; w < text + n; w += strlen(w) + 1)
		if (!strcmp(w, "-name") && w + 6 < text + n) {
			snprintf(ret_name, size, "%s", w + 6);
			return;
		}
}

/* The first QEMU whose name is @name, or begins so (@prefix). 0: none. */
static pid_t find_guest(const char *name, bool prefix)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	char found[128];
	pid_t pid = 0;

	while (d && !pid && (entry = readdir(d))) {
		pid = atoi(entry->d_name);
		if (pid <= 0)
			continue;
		name_of(pid, found, sizeof(found));
		if (prefix ? strncmp(found, name, strlen(name)) != 0 : strcmp(found, name) != 0)
			pid = 0;
	}
	if (d)
		closedir(d);
	return pid;
}

pid_t vm_guest_pid(const char *lab, const char *host)
{
	char name[128];

	vm_guest_name(name, sizeof(name), lab, host);
	return find_guest(name, false);
}

/* A guest has nothing to save: it lives in memory. */
int vm_kill_guests(const char *lab, struct error *e)
{
	char name[128];
	pid_t pid;

	vm_guest_name(name, sizeof(name), lab, "");
	for (int tries = 0; tries < KILL_TRIES; tries++) {
		pid = find_guest(name, true);
		if (!pid)
			return 0;
		if (kill(pid, SIGKILL) < 0 && errno != ESRCH)
			return error_set(e, -errno, "cannot end guest %d: %m; run as root (sudo)",
					 pid);
		/* A child of ours stays in /proc until it is waited for, though without a command line. */
		waitpid(pid, NULL, WNOHANG);
		nanosleep(&try_again, NULL);
	}
	return error_set(e, -EBUSY, "guests of lab %s do not end", lab);
}

static int make_dir(const char *path, struct error *e)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_set(e, -errno, "cannot create %s: %m; run as root (sudo)", path);
	return 0;
}

int vm_lock(const char *lab, bool make, int *ret_lock, struct error *e)
{
	char path[VM_PATH_BYTES];
	struct stat held, now;
	int err = 0;

	vm_path(path, lab, NULL);
	for (int tries = 0; tries < LOCK_WAIT_TRIES; tries++) {
		_cleanup_close_ int fd = -1;

		if (make && ((err = make_dir("/run/crumb", e)) ||
			     (err = make_dir(VM_STATE_DIR, e)) || (err = make_dir(path, e))))
			return err;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && !make)
			return -ENOENT;
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &held) &&
		    !stat(path, &now) && held.st_ino == now.st_ino) {
			*ret_lock = steal_fd(fd);
			return 0;
		}
		nanosleep(&try_again, NULL);
	}
	return error_set(e, -EBUSY, "another crumb is busy with lab %s; `fuser -v %s` shows which",
			 lab, path);
}

int vm_write(const char *lab, const char *file, const char *text, struct error *e)
{
	char path[VM_PATH_BYTES];
	_cleanup_fclose_ FILE *f = NULL;

	vm_path(path, lab, "/%s", file);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0 || fflush(f))
		return error_set(e, -errno, "cannot write %s: %m", path);
	return 0;
}

/* The directory is flat and crumb's own. */
int vm_clear(const char *lab, struct error *e)
{
	char path[VM_PATH_BYTES];
	struct dirent *entry;
	DIR *d;
	int err = vm_kill_guests(lab, e);

	if (err)
		return err;
	vm_path(path, lab, NULL);
	d = opendir(path);
	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	if (rmdir(path) < 0 && errno != ENOENT)
		return error_set(e, -errno, "cannot remove %s: %m", path);
	rmdir(VM_STATE_DIR);
	rmdir("/run/crumb");
	return 0;
}

bool vm_exists(const char *lab)
{
	char path[VM_PATH_BYTES];

	vm_path(path, lab, NULL);
	return !lab_check_name(lab, NULL) && !access(path, F_OK);
}

bool vm_is_up(const char *lab)
{
	char path[VM_PATH_BYTES];

	vm_path(path, lab, "/ready");
	return !lab_check_name(lab, NULL) && !access(path, F_OK);
}

int vm_for_each(lab_name_fn fn, void *arg)
{
	struct dirent **entries;
	int n = scandir(VM_STATE_DIR, &entries, NULL, alphasort), ret = 0;

	for (int i = 0; i < n; i++) {
		if (!ret && !lab_check_name(entries[i]->d_name, NULL))
			ret = fn(entries[i]->d_name, arg);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ret;
}

int vm_for_each_host(const char *lab, vm_host_fn fn, void *arg)
{
	char path[VM_PATH_BYTES], line[128], role[8];
	_cleanup_fclose_ FILE *f = NULL;
	struct vm_host h;
	int ret = 0;

	vm_path(path, lab, "/hosts");
	f = fopen(path, "re");
	if (!f)
		return -ENOENT;
	while (!ret && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%15s %7s %15s", h.name, role, h.kernel) != 3)
			continue;
		h.is_switch = !strcmp(role, "switch");
		h.pid = vm_guest_pid(lab, h.name);
		ret = fn(&h, arg);
	}
	return ret;
}
