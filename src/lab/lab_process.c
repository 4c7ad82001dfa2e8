// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes inside a lab: those whose /proc/PID/ns/net is one of its namespaces. Ended through
 * pidfds, and looked at again once the pidfd is held, so that a reused pid is never hit. See
 * pidfd_open(2).
 */
#include "lab.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"

#define ROUNDS_MAX   5 /* a process may fork while the list is being made */
#define KILL_WAIT_MS 2000

struct ending {
	const char *lab;
	int *pidfds;
	size_t n, cap;
};

static uint64_t process_netns(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static void read_comm(pid_t pid, char comm[16])
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	strcpy(comm, "?");
	if (!f)
		return;
	if (fgets(comm, 16, f))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(f);
}

static const struct lab_host *find_inside(const struct lab_host *hosts, size_t n, pid_t pid)
{
	uint64_t inum = process_netns(pid);

	for (size_t i = 0; i < n; i++)
		if (inum && hosts[i].netns_inum == inum)
			return &hosts[i];
	return NULL;
}

int lab_for_each_process(const char *lab, lab_process_fn fn, void *arg)
{
	_cleanup_free_ struct lab_host *hosts = NULL;
	const struct lab_host *h;
	struct lab_process p;
	struct dirent *entry;
	size_t n_hosts;
	DIR *proc;
	int ret;

	ret = lab_host_list(lab, &hosts, &n_hosts);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (!ret && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		p.pid = atoi(entry->d_name);
		h = p.pid == getpid() ? NULL : find_inside(hosts, n_hosts, p.pid);
		if (!h)
			continue;
		p.host = h->name;
		read_comm(p.pid, p.comm);
		ret = fn(&p, arg);
	}
	closedir(proc);
	return ret;
}

static int hold_process(const struct lab_process *p, void *arg)
{
	_cleanup_close_ int fd = pidfd_open(p->pid, 0);
	struct ending *end = arg;
	struct lab_host h;
	int *grown;

	/* Gone, or the pid is another's by now. */
	if (fd < 0 || lab_lookup_netns(process_netns(p->pid), &h) || strcmp(h.lab, end->lab))
		return 0;
	if (end->n == end->cap) {
		grown = reallocarray(end->pidfds, 2 * end->cap + 8, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		end->pidfds = grown;
		end->cap = 2 * end->cap + 8;
	}
	end->pidfds[end->n++] = steal_fd(fd);
	return 0;
}

/* Signal all of them, then wait for each until the common deadline. True when all are gone. */
static bool signal_and_wait(const struct ending *end, int signal, int wait_ms)
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + wait_ms, left_ms;
	bool gone = true;

	for (size_t i = 0; i < end->n; i++)
		pidfd_send_signal(end->pidfds[i], signal, NULL, 0);
	for (size_t i = 0; i < end->n; i++) {
		struct pollfd p = { .fd = end->pidfds[i], .events = POLLIN };

		left_ms = until_ms - clock_ms(CLOCK_MONOTONIC);
		gone &= poll(&p, 1, left_ms > 0 ? left_ms : 0) == 1;
	}
	return gone;
}

static int end_round(struct ending *end, int grace_ms)
{
	int err = lab_for_each_process(end->lab, hold_process, end);

	if (!err && end->n && !signal_and_wait(end, SIGTERM, grace_ms))
		signal_and_wait(end, SIGKILL, KILL_WAIT_MS);
	while (end->n)
		close(end->pidfds[--end->n]);
	return err;
}

static int report_first(const struct lab_process *p, void *arg)
{
	return error_set(arg, -EBUSY,
			 "process %d (%s) on host %s does not end; look at /proc/%d/status", p->pid,
			 p->comm, p->host, p->pid);
}

static int stop_at_first(const struct lab_process *p, void *arg)
{
	(void)p;
	(void)arg;
	return 1;
}

int lab_end_processes(const char *lab, int grace_ms, struct error *e)
{
	struct ending end = { .lab = lab };
	int err = 0;

	for (int i = 0; i < ROUNDS_MAX && !err; i++) {
		err = lab_for_each_process(lab, stop_at_first, NULL);
		if (err <= 0)
			break;
		err = end_round(&end, grace_ms);
	}
	free(end.pidfds);
	if (err)
		return error_set(e, err, "cannot end the processes of lab %s: %s", lab,
				 strerror(-err));
	return lab_for_each_process(lab, report_first, e);
}
