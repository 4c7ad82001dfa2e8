// SPDX-License-Identifier: GPL-2.0-only
#include "spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static int open_nameless(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* Not every file system knows O_TMPFILE (overlayfs learnt it with 6.3). */
	if ((size_t)snprintf(path, sizeof(path), "%s/crumb-XXXXXX", dir) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static uint64_t available_memory(void)
{
	unsigned long long kib = 0;
	char text[4096], *at;
	ssize_t n = 0;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "\nMemAvailable:");
	if (at)
		sscanf(at, "\nMemAvailable: %llu kB", &kib);
	return kib << 10;
}

/* A tmpfs never makes a writer wait for a disk, but it takes everybody's memory. */
static const char *spare_tmpfs(uint64_t bytes)
{
	static const char dir[] = "/dev/shm";
	struct statfs fs;

	if (statfs(dir, &fs) || fs.f_type != TMPFS_MAGIC ||
	    bytes > (uint64_t)fs.f_bavail * fs.f_bsize / 4 || bytes > available_memory() / 8)
		return NULL;
	return dir;
}

/* The @i-th place where a file of @bytes may be; NULL if there is none; "" to skip. */
static const char *place(int i, uint64_t tmpfs, uint64_t bytes)
{
	const char *dir = NULL;

	switch (i) {
	case 0:
		dir = spare_tmpfs(tmpfs + bytes);
		break;
	case 1:
		dir = getenv("TMPDIR");
		break;
	case 2:
		return "/var/tmp";
	case 3:
		return "/tmp";
	default:
		return NULL;
	}
	return dir ? dir : "";
}

int spool_file_open(int *i, uint64_t tmpfs, uint64_t bytes, bool *ret_tmpfs)
{
	struct statfs fs;
	const char *dir;
	int fd = -ENOENT;

	while (fd < 0 && (dir = place((*i)++, tmpfs, bytes)))
		if (dir[0])
			fd = open_nameless(dir);
	if (fd >= 0)
		*ret_tmpfs = !fstatfs(fd, &fs) && fs.f_type == TMPFS_MAGIC;
	return fd;
}
