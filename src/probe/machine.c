// SPDX-License-Identifier: GPL-2.0-only
#include "machine.h"

#include <dirent.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "cleanup.h"
#include "number.h"

static const struct machine_option options[MACHINE_OPTIONS] = {
	{ "DEBUG_INFO_BTF", "the kernel tells its types", '?' },
	{ "DEBUG_INFO_BTF_MODULES", "types of modules (the bridge)", '?' },
	{ "BPF_EVENTS", "BPF programs at tracepoints, kprobes, uprobes", '?' },
	{ "KPROBE_EVENTS", "kprobes", '?' },
	{ "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "fentry", '?' },
	{ "FPROBE", "kprobe.multi", '?' },
	{ "UPROBE_EVENTS", "libc calls", '?' },
	{ "SECURITY_LOCKDOWN_LSM", "may forbid hooks at functions", '?' },
};

static const struct machine_right rights[MACHINE_RIGHTS] = {
	{ "CAP_BPF", CAP_BPF, "load BPF programs", true, false },
	{ "CAP_PERFMON", CAP_PERFMON, "let them read the kernel, place uprobes and kprobes", true,
	  false },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE, "libc and sockets of other users' processes", false,
	  false },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN,
	  "devices and forwarding tables of other network namespaces, the costs in crumb doctor",
	  false, false },
	{ "CAP_SYSLOG", CAP_SYSLOG, "names of kernel functions where kptr_restrict is 1", false,
	  false },
	{ "CAP_SYS_NICE", CAP_SYS_NICE, "a recorder that never waits for a CPU", false, false },
};

/* "none [integrity] confidentiality": the one in brackets. */
static void read_lockdown(char *to, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	char line[80], *at, *end;

	to[0] = '\0';
	if (!f || !fgets(line, sizeof(line), f))
		return;
	at = strchr(line, '[');
	end = at ? strchr(at, ']') : NULL;
	if (end)
		snprintf(to, size, "%.*s", (int)(end - at - 1), at + 1);
}

static void look_at_btf(struct machine *m)
{
	DIR *dir = opendir("/sys/kernel/btf");
	struct dirent *d;
	struct stat st;

	m->btf_bytes = stat("/sys/kernel/btf/vmlinux", &st) ? -1 : st.st_size;
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.' && strcmp(d->d_name, "vmlinux"))
			m->btf_modules++;
	if (dir)
		closedir(dir);
}

static void note_option(struct machine *m, const char *line)
{
	const char *name = strstr(line, "CONFIG_"), *end;

	if (!name)
		return;
	name += 7;
	end = name + strcspn(name, "= ");
	for (size_t i = 0; i < MACHINE_OPTIONS; i++) {
		struct machine_option *o = &m->options[i];

		if (strlen(o->name) == (size_t)(end - name) && !strncmp(o->name, name, end - name))
			o->value = line[0] == '#' ? 'n' : end[1];
	}
}

/* Built-in first, then where distributions put it. */
static void read_options(struct machine *m)
{
	static const char *const places[] = { "/proc/config.gz", "/boot/config-%s",
					      "/lib/modules/%s/config" };
	char line[512];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		gzFile f;

		snprintf(m->config_path, sizeof(m->config_path), places[i], m->release);
		f = gzopen(m->config_path, "re");
		if (!f)
			continue;
		for (size_t k = 0; k < MACHINE_OPTIONS; k++)
			m->options[k].value =
				'n'; /* one that depends on another that is off is not listed */
		while (gzgets(f, line, sizeof(line)))
			note_option(m, line);
		gzclose(f);
		return;
	}
	m->config_path[0] = '\0';
}

bool machine_has_cap(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return false;
	return data[cap / 32].effective >> (cap % 32) & 1;
}

void machine_look(struct machine *m)
{
	struct rlimit limit = { 0 };
	struct utsname u;

	*m = (struct machine){ 0 };
	memcpy(m->options, options, sizeof(options));
	memcpy(m->rights, rights, sizeof(rights));
	if (!uname(&u)) {
		snprintf(m->release, sizeof(m->release), "%s", u.release);
		snprintf(m->arch, sizeof(m->arch), "%s", u.machine);
	}
	read_lockdown(m->lockdown, sizeof(m->lockdown));
	look_at_btf(m);
	getrlimit(RLIMIT_MEMLOCK, &limit);
	m->memlock = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	m->jit = number_in_file("/proc/sys/net/core/bpf_jit_enable");
	m->unprivileged = number_in_file("/proc/sys/kernel/unprivileged_bpf_disabled");
	m->kptr_restrict = number_in_file("/proc/sys/kernel/kptr_restrict");
	read_options(m);
	for (size_t i = 0; i < MACHINE_RIGHTS; i++)
		m->rights[i].here = machine_has_cap(m->rights[i].cap);
}

const char *machine_missing_right(const struct machine *m)
{
	for (size_t i = 0; i < MACHINE_RIGHTS; i++)
		if (m->rights[i].required && !m->rights[i].here)
			return m->rights[i].name;
	return NULL;
}
