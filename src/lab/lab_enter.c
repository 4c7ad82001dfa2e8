// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inside a lab host: its network namespace, and a mount and a UTS namespace of its own where the
 * names of the lab resolve and /sys/class/net is that of the host. As `ip netns exec` does, but
 * what is mounted below /sys (cgroup, bpf, tracefs) stays in reach: crumb itself must work inside.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "lab_state.h"
#include "netns.h"

#define HOSTS_FILE    "/etc/hosts"
#define NSCD_DIR      "/run/nscd"
#define SUBMOUNTS_MAX 64

struct submount {
	char path[PATH_MAX];
	int tree_fd;
};

struct submounts {
	struct submount *list;
	size_t n;
};

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static void decode_octal(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (s[1] & 7) << 6 | (s[2] & 7) << 3 | (s[3] & 7);
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static bool covered(const struct submounts *m, const char *path)
{
	size_t n;

	for (size_t i = 0; i < m->n; i++) {
		n = strlen(m->list[i].path);
		if (!strncmp(m->list[i].path, path, n) && (path[n] == '/' || !path[n]))
			return true;
	}
	return false;
}

/* Take a copy of every tree mounted below /sys. mountinfo lists a parent before its children. */
static int copy_submounts(struct submounts *m)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL, *path = malloc(PATH_MAX);
	struct submount *s;
	size_t cap = 0;

	if (!f || !path)
		return -ENOMEM;
	while (getline(&line, &cap, f) >= 0) {
		_Static_assert(PATH_MAX == 4096, "the width below");
		if (sscanf(line, "%*s %*s %*s %*s %4095s", path) != 1)
			continue;
		decode_octal(path);
		if (strncmp(path, "/sys/", 5) || covered(m, path))
			continue;
		if (m->n == SUBMOUNTS_MAX)
			return -E2BIG;
		s = &m->list[m->n];
		s->tree_fd = open_tree(AT_FDCWD, path,
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (s->tree_fd < 0)
			return -errno;
		strcpy(s->path, path);
		m->n++;
	}
	return 0;
}

static int mount_own_sys(struct submounts *m)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	struct statvfs fs;
	int err;

	err = copy_submounts(m);
	if (err)
		return err;
	if (statvfs("/sys", &fs) == 0 && fs.f_flag & ST_RDONLY)
		flags |= MS_RDONLY;
	if (mount("sysfs", "/sys", "sysfs", flags, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < m->n; i++) {
		if (move_mount(m->list[i].tree_fd, "", AT_FDCWD, m->list[i].path,
			       MOVE_MOUNT_F_EMPTY_PATH) < 0) {
			err = -errno;
			umount2("/sys", MNT_DETACH);
			return err;
		}
	}
	return 0;
}

/*
 * Failing is no error: /sys then stays as it is, which only misleads who looks into /sys/class/net.
 */
static void replace_sys(void)
{
	struct submounts m = { .list = calloc(SUBMOUNTS_MAX, sizeof(struct submount)) };

	if (!m.list)
		return;
	mount_own_sys(&m);
	for (size_t i = 0; i < m.n; i++)
		close(m.list[i].tree_fd);
	free(m.list);
}

/*
 * A minimal tree (debootstrap, a container image) has no hosts file to mount over: then /etc gets a layer of its
 * own, seen from here only, that has one.
 */
static int layer_over_etc(const char *lab, struct error *e)
{
	char dir[LAB_PATH_BYTES], options[3 * LAB_PATH_BYTES], path[LAB_PATH_BYTES + 16];

	lab_state_path(lab, NULL, dir);
	/* Covers the lab's state for a moment, in here: the layer needs a file system to live in. */
	if (mount("none", dir, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") < 0)
		return error_set(e, -errno, "cannot mount on %s: %m", dir);
	snprintf(path, sizeof(path), "%s/upper", dir);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/work", dir);
	mkdir(path, 0755);
	snprintf(options, sizeof(options), "lowerdir=/etc,upperdir=%s/upper,workdir=%s/work", dir,
		 dir);
	if (mount("none", "/etc", "overlay", 0, options) < 0)
		return error_set(e, -errno,
				 "there is no " HOSTS_FILE
				 " to put the lab's names over, and no overlayfs "
				 "(%m); create one: touch " HOSTS_FILE);
	umount2(dir, MNT_DETACH);
	close(open(HOSTS_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	return 0;
}

static int replace_hosts_file(const char *lab, struct error *e)
{
	char path[LAB_PATH_BYTES];
	int err;

	lab_state_path(lab, "hosts", path);
	if (access(HOSTS_FILE, F_OK) < 0) {
		err = layer_over_etc(lab, e);
		if (err)
			return err;
	}
	if (mount(path, HOSTS_FILE, "none", MS_BIND, NULL) < 0)
		return error_set(e, -errno, "cannot mount %s on " HOSTS_FILE ": %m", path);
	/* The name service cache would answer from the machine's own hosts file. */
	if (access(NSCD_DIR "/socket", F_OK) == 0)
		mount("none", NSCD_DIR, "tmpfs", 0, "size=4k,mode=755");
	return 0;
}

static int enter_netns(const struct lab_host *h, struct error *e)
{
	char path[LAB_PATH_BYTES];
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), NETNS_DIR "/%s", h->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(e, -errno, "cannot open %s: %m", path);
	if (setns(fd, CLONE_NEWNET) < 0)
		return error_set(e, -errno,
				 errno == EPERM ? "not allowed to enter a lab; run as root (sudo)" :
						  "cannot enter host %s: %m",
				 h->name);
	return 0;
}

/*
 * In a plain chroot "/" is no mount, so nothing can be said of how its mounts spread. A copy of the tree, attached
 * below /proc (which is one), becomes the root: the same files by the same paths, in mounts of our own.
 */
static int root_as_mount(void)
{
	_cleanup_free_ char *cwd = getcwd(NULL, 0);
	_cleanup_close_ int tree =
		open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0 || mount("", "/proc", "none", MS_PRIVATE, NULL) < 0 ||
	    move_mount(tree, "", AT_FDCWD, "/proc/fs", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    chroot("/proc/fs") < 0)
		return -errno;
	return chdir(cwd ? cwd : "/") < 0 && chdir("/") < 0 ? -errno : 0;
}

/*
 * Slave: what the machine unmounts later (a lab taken down) also goes here; nothing goes the other way.
 */
static int own_mounts(struct error *e)
{
	int err;

	if (unshare(CLONE_NEWNS | CLONE_NEWUTS) < 0)
		return error_set(e, -errno, "cannot get a mount namespace: %m; run as root (sudo)");
	if (mount("", "/", "none", MS_SLAVE | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL)
		return error_set(e, -errno, "cannot set up the mount namespace: %m");
	err = root_as_mount();
	if (!err && mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		err = -errno;
	if (err)
		return error_set(e, err,
				 "the root directory is a chroot that is no mount, and no copy of it can be made "
				 "(%s): enter it after `mount --bind DIR DIR`",
				 strerror(-err));
	return 0;
}

int lab_enter(const char *lab, const char *host, struct error *e)
{
	struct lab_host h;
	int err;

	err = lab_check_name(lab, e);
	if (err)
		return err;
	if (!lab_is_up(lab))
		return error_set(e, -ENOENT, "lab %s is not up; `crumb lab up` builds it", lab);
	err = lab_find_host(lab, host, &h);
	if (err)
		return error_set(e, err, "lab %s has no host %.40s; `crumb lab status` lists them",
				 lab, host);
	err = enter_netns(&h, e);
	if (err)
		return err;
	err = own_mounts(e);
	if (err)
		return err;
	replace_sys();
	err = replace_hosts_file(lab, e);
	/* So that a shell prompt shows where one is. A convenience only. */
	if (!err && sethostname(h.name, strlen(h.name)) < 0)
		return 0;
	return err;
}
