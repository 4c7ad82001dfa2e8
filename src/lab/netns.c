// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for network namespaces, compatible with iproute2's ip/ipnetns.c: an empty file of mode 0
 * below /run/netns and the namespace (an inode of nsfs) bind-mounted over it. A namespace lives as
 * long as something refers to it: the mount, a process inside, an open descriptor.
 */
#include "netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

#define PATH_BYTES	   128
#define NSFS_SUPER	   0x6e736673 /* NSFS_MAGIC, linux/magic.h */
#define OWN_NETNS	   "/proc/thread-self/ns/net"
#define STACKED_MOUNTS_MAX 8

static void name_path(const char *netns, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, NETNS_DIR "/%s", netns);
}

enum netns_look netns_look(const char *netns, uint64_t *ret_inum)
{
	char path[PATH_BYTES];
	struct statfs fs;
	struct stat st;

	name_path(netns, path);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? NETNS_ABSENT : NETNS_OTHER_FILE;
	if (!S_ISREG(st.st_mode) || statfs(path, &fs) < 0)
		return NETNS_OTHER_FILE;
	if (fs.f_type == NSFS_SUPER) {
		*ret_inum = st.st_ino;
		return NETNS_MOUNTED;
	}
	return st.st_size == 0 ? NETNS_EMPTY_FILE : NETNS_OTHER_FILE;
}

uint64_t netns_inum(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

int netns_call(int fd, int (*fn)(void *arg), void *arg, struct error *e)
{
	_cleanup_close_ int own = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);
	int ret;

	if (own < 0)
		return error_set(e, -errno, "cannot open " OWN_NETNS ": %m");
	if (setns(fd, CLONE_NEWNET) < 0)
		return error_set(e, -errno, "cannot enter a network namespace: %m");
	ret = fn(arg);
	if (setns(own, CLONE_NEWNET) < 0)
		return error_replace(e, -errno, "cannot return to the own network namespace: %m");
	return ret;
}

static int read_cookie(void *arg)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(uint64_t);

	return fd < 0 ? -errno : getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, arg, &n);
}

uint64_t netns_cookie(int fd)
{
	uint64_t cookie = 0;

	return netns_call(fd, read_cookie, &cookie, NULL) ? 0 : cookie;
}

static int cannot_create(int err, struct error *e)
{
	if (err == -EPERM)
		return error_set(e, err,
				 "not allowed to create a network namespace; run as root (sudo)");
	if (err == -EINVAL)
		return error_set(
			e, -EOPNOTSUPP,
			"this kernel has no network namespaces; one with CONFIG_NET_NS=y is needed");
	return error_set(e, err, "cannot create a network namespace: %s", strerror(-err));
}

int netns_new(int *ret_fd, struct error *e)
{
	_cleanup_close_ int own = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	int err = 0;

	if (own < 0)
		return cannot_create(-errno, e);
	if (unshare(CLONE_NEWNET) < 0)
		return cannot_create(-errno, e);
	fd = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	if (setns(own, CLONE_NEWNET) < 0)
		return error_replace(e, -errno, "cannot return to the own network namespace: %m");
	if (err)
		return cannot_create(err, e);
	*ret_fd = steal_fd(fd);
	return 0;
}

int netns_bind(int fd, const char *netns, struct error *e)
{
	char path[PATH_BYTES], source[PATH_BYTES];
	int file, err;

	name_path(netns, path);
	file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (file < 0)
		return error_set(e, -errno, "cannot create %s: %m", path);
	close(file);
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	if (mount(source, path, "none", MS_BIND, NULL) < 0) {
		err = error_set(e, -errno, "cannot mount a namespace on %s: %m", path);
		unlink(path);
		return err;
	}
	return 0;
}

/*
 * Inode numbers are reused at once: the user may have replaced our namespace by another that got
 * its number.
 */
static bool is_namespace(const char *path, uint64_t cookie)
{
	_cleanup_close_ int fd = -1;

	if (!cookie)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && netns_cookie(fd) == cookie;
}

int netns_unbind(const char *netns, uint64_t inum, uint64_t cookie, struct error *e)
{
	char path[PATH_BYTES];
	enum netns_look look;
	uint64_t found = 0;

	name_path(netns, path);
	/* A bind mount of /run/netns onto itself doubles the mounts below it, hence the loop. */
	for (int i = 0; i < STACKED_MOUNTS_MAX; i++) {
		look = netns_look(netns, &found);
		if (look != NETNS_MOUNTED)
			break;
		if (found != inum || !is_namespace(path, cookie))
			return 0;
		if (umount2(path, MNT_DETACH) < 0)
			return error_set(e, -errno, "cannot unmount %s: %m", path);
	}
	if (look != NETNS_EMPTY_FILE || unlink(path) == 0 || errno == ENOENT)
		return 0;
	/* Only in a mount namespace that follows another one: what that one mounted twice. */
	if (errno == EBUSY)
		return error_set(e, -EBUSY,
				 "%s is mounted elsewhere; leave the lab host's shell and try again",
				 path);
	return error_set(e, -errno, "cannot remove %s: %m", path);
}

/* The lock `ip netns add` takes too, so that the two do not both mount. */
static int dir_lock(void)
{
	int fd = open(NETNS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, LOCK_EX);
	return fd;
}

int netns_dir_make(struct error *e)
{
	_cleanup_close_ int lock = -1;

	if (mkdir(NETNS_DIR, 0755) < 0 && errno != EEXIST)
		return error_set(e, -errno, "cannot create " NETNS_DIR ": %m; run as root (sudo)");
	lock = dir_lock();
	/* Shared, so that removing a name also removes it from mount namespaces made meanwhile. */
	if (mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL)
		return error_set(e, -errno, "cannot share " NETNS_DIR ": %m; run as root (sudo)");
	if (mount(NETNS_DIR, NETNS_DIR, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", NETNS_DIR, "none", MS_SHARED | MS_REC, NULL) < 0)
		return error_set(e, -errno, "cannot make " NETNS_DIR " a mount point: %m");
	return 1;
}

static bool dir_empty(void)
{
	DIR *d = opendir(NETNS_DIR);
	struct dirent *entry;
	bool empty = true;

	if (!d)
		return false;
	while (empty && (entry = readdir(d)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(d);
	return empty;
}

void netns_dir_undo(void)
{
	int lock = dir_lock();
	bool empty = lock >= 0 && dir_empty();

	/*
	 * The descriptor keeps the mount busy; what comes in between makes umount or rmdir refuse.
	 */
	if (lock >= 0)
		close(lock);
	if (empty && umount2(NETNS_DIR, 0) == 0)
		rmdir(NETNS_DIR);
}
