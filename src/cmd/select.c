// SPDX-License-Identifier: GPL-2.0-only
#include "select.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "lab.h"
#include "log.h"
#include "netns_look.h"

#define SAMPLE_MASK 63 /* --stacks=sample: one message in 64 */

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
		return error_set(e, -ENOENT,
				 "no network namespace '%s': neither a host of lab %s nor %s", name,
				 lab, path);
	*ret = st.st_ino;
	return 0;
}

/* The id of a cgroup v2 directory is its inode number (kernfs); its level is its depth below the mount. */
static int find_cgroup(const char *name, struct crumb_settings *s, struct error *e)
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	size_t i;

	for (i = 0; i < 2; i++) {
		char marker[560], path[1024], real[PATH_MAX];
		size_t n = strlen(mounts[i]);
		struct stat st;
		const char *c;

		snprintf(marker, sizeof(marker), "%s/cgroup.procs", mounts[i]);
		if (access(marker, F_OK))
			continue;
		if (!strncmp(name, mounts[i], n) && (name[n] == '/' || !name[n]))
			name += n;
		snprintf(path, sizeof(path), "%s/%s", mounts[i], name);
		if (!realpath(path, real) || stat(real, &st) || !S_ISDIR(st.st_mode) ||
		    strncmp(real, mounts[i], n) || (real[n] && real[n] != '/'))
			return error_set(e, -ENOENT, "no cgroup %s", path);
		s->cgroup = st.st_ino;
		for (c = real + n; *c; c++)
			s->cgroup_level += *c == '/';
		return 0;
	}
	return error_set(e, -ENOTSUP, "cgroup v2 is not mounted: --cgroup needs it");
}

/*
 * The kernel side knows processes by the numbers of the first pid namespace: from within another one (a container) a pid
 * would select a stranger. The first one's inode number is fixed (PROC_PID_INIT_INO, include/linux/proc_ns.h).
 */
static bool pids_are_global(void)
{
	char target[64];
	ssize_t n = readlink("/proc/self/ns/pid", target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	return !strcmp(target, "pid:[4026531836]");
}

int select_settings(const struct options *o, struct session_config *c, struct error *e)
{
	struct crumb_settings *s = &c->settings;
	int err;

	/* Functions one by one tell more than samples of who called whom. */
	s->stacks = o->functions && o->stacks == CRUMB_STACKS_SAMPLE ? CRUMB_STACKS_OFF : o->stacks;
	s->sample_mask = SAMPLE_MASK;
	s->acks = o->acks;
	s->snap_bytes = o->write ? o->snap_bytes : 0;
	if (o->n_pids || o->command)
		s->select |= CRUMB_SELECT_TGID;
	if ((s->select & CRUMB_SELECT_TGID) && !pids_are_global())
		return error_set(e, -ENOTSUP,
				 "crumb runs in a pid namespace of its own and cannot tell processes to the kernel: run it in "
				 "the host's (docker: --pid=host), or trace by a filter expression");
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
	c->libc = o->libc != LIBC_OFF && (s->select & CRUMB_SELECT_TGID);
	return 0;
}

#define SOCKETS_MAX 65536

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

/* "0100007F" or 32 digits: words as the kernel holds them in memory, printed as numbers. */
static bool read_address(const char *hex, uint8_t *addr)
{
	size_t words = strlen(hex) / 8, i;
	uint32_t w[4] = { 0, 0, htonl(0xffff), 0 };
	char digits[9] = "";

	if (words != 1 && words != 4)
		return false;
	for (i = 0; i < words; i++) {
		memcpy(digits, hex + 8 * i, 8);
		w[words == 1 ? 3 : i] = strtoul(digits, NULL, 16);
	}
	memcpy(addr, w, 16);
	return true;
}

#define TCP_LISTENS 0x0a

struct socket_row {
	char local[33], remote[33];
	unsigned int lport, rport, state;
	unsigned long inode;
};

/* A socket of the process that is there before the trace: what it listens to, and what it is connected to. */
static int take_socket(struct session *s, const struct socket_row *r, uint32_t netns)
{
	struct crumb_ev_flow f = {
		.proto = IPPROTO_TCP,
		.family = strlen(r->local) > 8 ? AF_INET6 : AF_INET,
		.port = { r->lport, r->rport },
		.netns = netns,
	};

	if (r->state == TCP_LISTENS) {
		session_add_listen_port(s, netns, r->lport);
		return 0;
	}
	if (!r->rport || !read_address(r->local, f.addr[0]) || !read_address(r->remote, f.addr[1]))
		return 0;
	return session_add_flow(s, &f);
}

/* /proc/PID/net/tcp and tcp6 (proc(5)): sl, local_address, rem_address, st, ..., inode. */
static int take_sockets(struct session *s, pid_t pid, const char *table,
			const unsigned long *inodes, size_t n)
{
	uint32_t netns = netns_of_process(pid);
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[512];
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, table);
	f = fopen(path, "re");
	while (!err && f && fgets(line, sizeof(line), f)) {
		struct socket_row r;
		size_t i;

		if (sscanf(line,
			   " %*d: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*u %lu",
			   r.local, &r.lport, r.remote, &r.rport, &r.state, &r.inode) != 6)
			continue;
		for (i = 0; i < n && inodes[i] != r.inode; i++)
			;
		if (i < n)
			err = take_socket(s, &r, netns);
	}
	return err;
}

/* What the process has open already. */
static int take_process(struct session *s, pid_t pid)
{
	_cleanup_free_ unsigned long *inodes = calloc(SOCKETS_MAX, sizeof(*inodes));
	size_t n;
	int err;

	if (!inodes)
		return -ENOMEM;
	n = socket_inodes(pid, inodes, SOCKETS_MAX);
	err = n ? take_sockets(s, pid, "tcp", inodes, n) : 0;
	return err || !n ? err : take_sockets(s, pid, "tcp6", inodes, n);
}

static bool first_line(pid_t pid, const char *file, char *text, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	if (!f || !fgets(text, size, f))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return true;
}

/* Is it in the cgroup or below? /proc/PID/cgroup has the v2 path in the line "0::/path". */
static bool in_cgroup(pid_t pid, const char *wanted)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[4200];
	size_t n = strlen(wanted);

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *at = line + 3;

		if (strncmp(line, "0::", 3))
			continue;
		while (*at == '/')
			at++;
		return !n || (!strncmp(at, wanted, n) && (at[n] == '/' || at[n] == '\n' || !at[n]));
	}
	return false;
}

static const char *below_mount(const char *cgroup)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	size_t i;

	for (i = 0; i < 2; i++)
		if (!strncmp(cgroup, mounts[i], strlen(mounts[i]))) {
			cgroup += strlen(mounts[i]);
			break;
		}
	while (*cgroup == '/')
		cgroup++;
	return cgroup;
}

/* Processes that exist already and match by name or cgroup: the kernel side selects them, we add their sockets. */
static int take_matching(const struct options *o, struct session *s)
{
	struct dirent *entry;
	DIR *d = opendir("/proc");
	int err = 0;

	while (!err && d && (entry = readdir(d))) {
		pid_t pid = atoi(entry->d_name);
		char comm[64];

		if (pid <= 0 || pid == getpid())
			continue;
		if (o->comm && (!first_line(pid, "comm", comm, sizeof(comm)) || strcmp(comm, o->comm)))
			continue;
		if (o->cgroup && !in_cgroup(pid, below_mount(o->cgroup)))
			continue;
		err = take_process(s, pid);
	}
	if (d)
		closedir(d);
	return err;
}

static int take_given(struct session *s, pid_t pid, struct error *e)
{
	struct error why = { 0 };
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (access(path, F_OK))
		return error_set(e, -ESRCH, "there is no process %d", pid);
	err = session_add_process(s, pid, e);
	if (err)
		return err;
	err = session_hook_libc(s, pid, &why);
	if (err)
		log_note("libc calls of process %d are not shown: %s", pid, error_text(&why, err));
	return take_process(s, pid);
}

int select_processes(const struct options *o, struct session *s, struct error *e)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < o->n_pids; i++)
		err = take_given(s, o->pids[i], e);
	if (!err && !o->n_pids && !o->command && (o->comm || o->cgroup))
		err = take_matching(o, s);
	if (err == -ENOSPC)
		return error_set(e, err,
				 "the selected processes have more connections than --max-flows allows");
	return err;
}
