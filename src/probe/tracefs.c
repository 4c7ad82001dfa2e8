// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* Newer than Debian 12's libc names; include/uapi/linux/mount.h. */
#define FS_CONFIG_CREATE 6

static FILE *open_mounted(const char *path)
{
	static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char whole[256];
	FILE *f = NULL;

	for (size_t i = 0; !f && i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		snprintf(whole, sizeof(whole), "%s/%s", mounts[i], path);
		f = fopen(whole, "re");
	}
	return f;
}

FILE *tracefs_open(const char *path)
{
	_cleanup_close_ int fs = -1, mount = -1;
	FILE *f = open_mounted(path);
	int fd;

	if (f)
		return f;
	fs = syscall(SYS_fsopen, "tracefs", 1 /* FSOPEN_CLOEXEC */);
	if (fs < 0 || syscall(SYS_fsconfig, fs, FS_CONFIG_CREATE, NULL, NULL, 0))
		return NULL;
	mount = syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	fd = mount < 0 ? -1 : openat(mount, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	f = fdopen(fd, "re");
	if (!f)
		close(fd);
	return f;
}
