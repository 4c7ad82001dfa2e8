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

static int replace_hosts_file(const char *lab, struct error *e)
{
	char path[LAB_PATH_BYTES];

	lab_state_path(lab, "hosts", path);
	if (access(HOSTS_FILE, F_OK) < 0)
		return error_set(e, -errno,
				 "no " HOSTS_FILE
				 " to put the lab's names over; create one (touch " HOSTS_FILE ")");
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
	/*
	 * Slave: what the machine unmounts later (a lab taken down) also goes here; nothing goes
	 * the other way.
	 */
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS) < 0 ||
	    mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0)
		return error_set(e, -errno, "cannot get a mount namespace: %m; run as root (sudo)");
	replace_sys();
	err = replace_hosts_file(lab, e);
	/* So that a shell prompt shows where one is. A convenience only. */
	if (!err && sethostname(h.name, strlen(h.name)) < 0)
		return 0;
	return err;
}
