// SPDX-License-Identifier: GPL-2.0-only
#include "select.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "lab.h"
#include "log.h"

#define SAMPLE_MASK 63		/* --stacks=sample: one message in 64 */

/* "b" of the lab, "mynet" of /run/netns, a path, or an inode number. */
static int find_netns(const char *name, const char *lab, uint32_t *ret, struct error *e)
{
	struct lab_host h;
	struct stat st;
	char path[512];
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (*name && !*end && n <= UINT32_MAX) {
		*ret = n;
		return 0;
	}
	if (!lab_find_host(lab, name, &h)) {
		*ret = h.netns_inum;
		return 0;
	}
	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	if (stat(path, &st))
		return error_set(e, -ENOENT, "no network namespace '%s': neither a host of lab %s nor %s",
				 name, lab, path);
	*ret = st.st_ino;
	return 0;
}

/* The id of a cgroup v2 directory is its inode number (kernfs); its level is its depth below the mount. */
static int find_cgroup(const char *name, struct crumb_settings *s, struct error *e)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char path[512];
	struct stat st;
	size_t i;
	const char *c;

	for (i = 0; i < 2; i++) {
		char marker[560];

		snprintf(marker, sizeof(marker), "%s/cgroup.procs", mounts[i]);
		if (access(marker, F_OK))
			continue;
		if (!strncmp(name, mounts[i], strlen(mounts[i])))
			name += strlen(mounts[i]);
		while (*name == '/')
			name++;
		snprintf(path, sizeof(path), "%s/%s", mounts[i], name);
		if (stat(path, &st) || !S_ISDIR(st.st_mode))
			return error_set(e, -ENOENT, "no cgroup %s", path);
		s->cgroup = st.st_ino;
		for (c = name; *c; c++)
			if (*c != '/' && (c == name || c[-1] == '/'))
				s->cgroup_level++;
		return 0;
	}
	return error_set(e, -ENOTSUP, "cgroup v2 is not mounted: --cgroup needs it");
}

int select_settings(const struct options *o, struct session_config *c, struct error *e)
{
	struct crumb_settings *s = &c->settings;
	int err;

	s->stacks = o->stacks;
	s->sample_mask = SAMPLE_MASK;
	s->acks = o->acks;
	s->snap_bytes = o->write ? o->snap_bytes : 0;
	if (o->n_pids || o->command)
		s->select |= CRUMB_SELECT_TGID;
	if (o->comm) {
		s->select |= CRUMB_SELECT_COMM;
		snprintf(s->comm, sizeof(s->comm), "%s", o->comm);
	}
	if (o->payload) {
		s->pattern_len = strlen(o->payload);
		memcpy(s->pattern, o->payload, s->pattern_len);
	}
	if (o->netns) {
		s->select |= CRUMB_SELECT_NETNS;
		err = find_netns(o->netns, o->lab, &s->netns, e);
		if (err)
			return err;
	}
	if (o->cgroup) {
		s->select |= CRUMB_SELECT_CGROUP;
		err = find_cgroup(o->cgroup, s, e);
		if (err)
			return err;
	}
	c->libc = o->libc_set ? o->libc : (s->select & CRUMB_SELECT_TGID) != 0;
	return 0;
}

#define SOCKETS_MAX 4096

/* Inode numbers of the process's sockets. */
static size_t socket_inodes(pid_t pid, unsigned long *inodes, size_t n)
{
	char dir[64], path[400], target[64];
	struct dirent *entry;
	size_t found = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/fd", pid);
	d = opendir(dir);
	while (d && found < n && (entry = readdir(d))) {
		ssize_t len;

		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%lu]", &inodes[found]) == 1)
			found++;
	}
	if (d)
		closedir(d);
	return found;
}

/* Listening sockets among them, from /proc/PID/net/tcp and tcp6 (proc(5)): local_address, st 0A, inode. */
static void add_listen_ports(struct session *s, pid_t pid, const char *table,
			     const unsigned long *inodes, size_t n)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[512];

	snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, table);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned int port, state;
		unsigned long inode;
		size_t i;

		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu",
			   &port, &state, &inode) != 3 || state != 0x0a)
			continue;
		for (i = 0; i < n; i++)
			if (inodes[i] == inode)
				session_add_listen_port(s, port);
	}
}

int select_processes(const struct options *o, struct session *s, struct error *e)
{
	_cleanup_free_ unsigned long *inodes = calloc(SOCKETS_MAX, sizeof(*inodes));
	unsigned int i;

	if (!inodes)
		return -ENOMEM;
	for (i = 0; i < o->n_pids; i++) {
		pid_t pid = o->pids[i];
		struct error why = { 0 };
		char path[64];
		size_t n;
		int err;

		snprintf(path, sizeof(path), "/proc/%d", pid);
		if (access(path, F_OK))
			return error_set(e, -ESRCH, "there is no process %d", pid);
		err = session_add_process(s, pid, e);
		if (err)
			return err;
		n = socket_inodes(pid, inodes, SOCKETS_MAX);
		add_listen_ports(s, pid, "tcp", inodes, n);
		add_listen_ports(s, pid, "tcp6", inodes, n);
		err = session_hook_libc(s, pid, &why);
		if (err)
			log_note("libc calls of process %d are not shown: %s", pid, error_text(&why, err));
	}
	return 0;
}
