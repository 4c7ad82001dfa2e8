// SPDX-License-Identifier: GPL-2.0-only
/*
 * One guest: its images (lab/vm/prepare makes them) and its QEMU. Flags as lab/vm/boot has them, but for what hardens the kernel, with a
 * card for each end of a link and a serial port for each command that may run at a time.
 */
#include "vm_state.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "guest_wire.h"

#define ARGS_MAX       512
#define ARG_BYTES      512
#define EXIT_SKIP      77
#define PREPARED_BYTES 65536
#define SAVED_FD       3 /* in QEMU */

/* lab/vm of the source tree above the build directory, or what was installed. */
static int find_scripts(char ret_dir[PATH_MAX], char ret_binaries[PATH_MAX], struct error *e)
{
	static const char *const places[] = { "../lab/vm", "../libexec/crumb/vm" };
	char self[PATH_MAX], path[PATH_MAX], *dir;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return error_set(e, -errno, "cannot read /proc/self/exe: is /proc mounted?");
	self[n] = '\0';
	dir = dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s/prepare", dir, places[i]) < PATH_MAX &&
		    !access(path, X_OK)) {
			strcpy(ret_dir, path);
			strcpy(ret_binaries, dir);
			return 0;
		}
	return error_set(e, -ENOTSUP,
			 "lab/vm/prepare is not beside %s: virtual machines need the source tree (./run build)",
			 dir);
}

/* @words run, what they print in *ret_text; the last line of what they complain of in the error. */
static int run_script(char *const *words, char *text, size_t size, struct error *e)
{
	_cleanup_fclose_ FILE *complaints = tmpfile();
	char line[400] = "", last[400] = "";
	int fds[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	if (!complaints || pipe2(fds, O_CLOEXEC) < 0)
		return error_set(e, -errno, "cannot make a pipe: %m");
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fileno(complaints), STDERR_FILENO);
		execv(words[0], words);
		_exit(GUEST_NOT_EXECUTABLE);
	}
	close(fds[1]);
	while (n < size - 1 && (got = read(fds[0], text + n, size - 1 - n)) != 0)
		if (got > 0)
			n += got;
		else if (errno != EINTR)
			break;
	text[n] = '\0';
	close(fds[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return error_set(e, -errno, "cannot run %s: %m", words[0]);
	if (!status)
		return 0;
	rewind(complaints);
	while (fgets(line, sizeof(line), complaints))
		if (line[0] != '\n')
			strcpy(last, line);
	last[strcspn(last, "\n")] = '\0';
	return error_set(e, WEXITSTATUS(status) == EXIT_SKIP ? -ENOTSUP : -EIO,
			 "no virtual machines: %s",
			 last[0] ? last + (strncmp(last, "skip: ", 6) ? 0 : 6) :
				   "lab/vm/prepare failed");
}

static bool seen_before(const struct topo *t, int h)
{
	for (int i = 0; i < h; i++)
		if (!strcmp(t->hosts[i].kernel, t->hosts[h].kernel))
			return true;
	return false;
}

int vm_prepare(const struct topo *t, struct vm_images *images, struct error *e)
{
	static char text[PREPARED_BYTES], script[PATH_MAX], binaries[PATH_MAX];
	static char services[] = "--services";
	char *words[TOPO_HOSTS_MAX + 4] = { script, binaries };
	char kind[16], one[PATH_MAX], other[PATH_MAX], *rest = NULL;
	int n = 2, err = find_scripts(script, binaries, e);

	if (err)
		return err;
	for (int h = 0; h < t->n_hosts && n == 2; h++)
		if (t->hosts[h].services)
			words[n++] = services;
	for (int h = 0; h < t->n_hosts; h++)
		if (!seen_before(t, h))
			words[n++] = (char *)t->hosts[h].kernel;
	err = run_script(words, text, sizeof(text), e);
	if (err)
		return err;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		n = sscanf(line, "%15s %4095s %4095s", kind, one, other);
		if (n == 2 && !strcmp(kind, "root"))
			images->root = strdup(one);
		else if (n == 2 && !strcmp(kind, "services"))
			images->services = strdup(one);
		else if (n == 2 && !strcmp(kind, "payload"))
			images->payload = strdup(one);
		for (int h = 0; n == 3 && h < t->n_hosts; h++)
			if (!strcmp(t->hosts[h].kernel, one))
				images->kernels[h] = strdup(other);
	}
	for (int h = 0; h < t->n_hosts && images->root && images->payload; h++)
		if (!images->kernels[h] || (t->hosts[h].services && !images->services))
			break;
		else if (h == t->n_hosts - 1)
			return 0;
	return error_set(e, -EIO, "%s did not say where the images are", script);
}

void vm_images_done(struct vm_images *images)
{
	free(images->root);
	free(images->services);
	free(images->payload);
	for (int h = 0; h < TOPO_HOSTS_MAX; h++)
		free(images->kernels[h]);
}

struct args {
	char *words[ARGS_MAX + 1];
	int n;
	bool failed;
};

static void __attribute__((format(printf, 2, 3))) add(struct args *a, const char *fmt, ...)
{
	char text[ARG_BYTES];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) >= (int)sizeof(text) || a->n == ARGS_MAX)
		a->failed = true;
	else if (!(a->words[a->n++] = strdup(text)))
		a->failed = true;
	va_end(ap);
}

static void add_option(struct args *a, const char *option, const char *value)
{
	add(a, "%s", option);
	add(a, "%s", value);
}

static void add_disk(struct args *a, const char *file, const char *serial)
{
	add(a, "-drive");
	add(a, "file=%s,format=raw,if=none,readonly=on,id=%s", file, serial);
	add(a, "-device");
	add(a, "virtio-blk-pci,drive=%s,serial=%s", serial, serial);
}

static void add_card(struct args *a, const char *lab, const struct topo *t, int i,
		     const struct vm_options *o)
{
	const struct topo_iface *here = &t->ifaces[i], *there = &t->ifaces[here->peer];
	const char *host = t->hosts[here->host].name;
	char local[VM_PATH_BYTES], remote[VM_PATH_BYTES], mac[18];

	vm_path(local, lab, "/%s-%s", host, here->name);
	if (o->relay)
		vm_path(remote, lab, "/%s-%s.relay", host, here->name);
	else
		vm_path(remote, lab, "/%s-%s", t->hosts[there->host].name, there->name);
	vm_mac(vm_mac_name(lab, o), here, mac);
	add(a, "-netdev");
	add(a, "dgram,id=n%d,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s", i,
	    local, remote);
	add(a, "-device");
	add(a, "%s,netdev=n%d,mac=%s",
	    t->hosts[here->host].nic[0] ? t->hosts[here->host].nic : "virtio-net-pci", i, mac);
}

static void fill_args(struct args *a, const char *lab, const struct topo *t, int h,
		      const struct vm_images *images, const struct vm_options *o)
{
	const char *kernel = images->kernels[h], *host = t->hosts[h].name;
	static const char *const fixed[] = { "-M",
					     "q35",
					     "-cpu",
					     "max,-cx16,-erms",
					     "-accel",
					     "tcg,tb-size=64",
					     "-m",
					     "512",
					     "-smp",
					     "1",
					     "-nodefaults",
					     "-no-user-config",
					     "-display",
					     "none",
					     "-no-reboot",
					     "-device",
					     "virtio-rng-pci",
					     "-device",
					     "virtio-serial-pci,max_ports=16" };
	char path[VM_PATH_BYTES], name[128];

	vm_guest_name(name, sizeof(name), lab, host);
	add_option(a, VM_QEMU, "-name");
	add(a, "%s", name);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(a, "%s", fixed[i]);
	add(a, "-kernel");
	add(a, "%s/vmlinux", kernel);
	add(a, "-initrd");
	add(a, "%s/stage1.cpio", kernel);
	add_option(a, "-append",
		   "console=ttyS0 quiet panic=-1 no_timer_check nokaslr mitigations=off rdinit=/init");
	vm_path(path, lab, "/%s.console", host);
	add(a, "-serial");
	add(a, "file:%s", path);
	vm_path(path, lab, "/%s.qmp", host);
	add(a, "-qmp");
	add(a, "unix:%s,server=on,wait=off", path);
	add_disk(a, t->hosts[h].services ? images->services : images->root, "root");
	snprintf(name, sizeof(name), "modules");
	add(a, "-drive");
	add(a, "file=%s/modules.sq,format=raw,if=none,readonly=on,id=modules", kernel);
	add_option(a, "-device", "virtio-blk-pci,drive=modules,serial=modules");
	add_disk(a, images->payload, "payload");
	for (int i = 0; i < GUEST_PORTS; i++) {
		vm_path(path, lab, "/%s.port%d", host, i);
		add(a, "-chardev");
		add(a, "socket,id=p%d,path=%s,server=on,wait=off", i, path);
		add(a, "-device");
		add(a, "virtserialport,chardev=p%d,name=" GUEST_PORT_NAME, i, i);
	}
	for (int i = 0; i < t->n_ifaces; i++)
		if (t->ifaces[i].host == h && t->ifaces[i].kind == TOPO_LINK_END)
			add_card(a, lab, t, i, o);
}

/* Nothing of ours stays open in QEMU: not the lock, not a pipe that somebody waits on. */
static void become_qemu(char *const *words, const char *log, bool die, int saved)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644), null = open("/dev/null", O_RDONLY);
	sigset_t none;

	setsid();
	if (die)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (saved >= 0)
		dup2(saved, SAVED_FD);
	close_range(saved >= 0 ? SAVED_FD + 1 : SAVED_FD, ~0U, CLOSE_RANGE_CLOEXEC);
	execvp(words[0], words);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", words[0], strerror(errno));
	_exit(GUEST_NOT_FOUND);
}

int vm_boot(const char *lab, const struct topo *t, int h, const struct vm_images *images,
	    const struct vm_options *o, int saved, struct error *e)
{
	struct args a = { 0 };
	char log[VM_PATH_BYTES];
	int started[2], err = 0;
	pid_t pid = -1;
	char byte;

	if (pipe2(started, O_CLOEXEC) < 0)
		return error_set(e, -errno, "cannot make a pipe: %m");
	vm_path(log, lab, "/%s.qemu", t->hosts[h].name);
	fill_args(&a, lab, t, h, images, o);
	if (saved >= 0) {
		add(&a, "-incoming");
		add(&a, "fd:%d", SAVED_FD);
	}
	if (a.failed)
		err = error_set(e, -E2BIG,
				"host %s has too many interfaces for a machine, or paths are too long",
				t->hosts[h].name);
	else
		pid = fork();
	if (pid == 0)
		become_qemu(a.words, log, o->die_with_caller, saved);
	if (!err && pid < 0)
		err = error_set(e, -errno, "cannot start a machine: %m");
	/* The other end is closed by exec: from then on the guest bears its name. */
	close(started[1]);
	if (!err)
		while (read(started[0], &byte, 1) < 0 && errno == EINTR)
			;
	close(started[0]);
	while (a.n)
		free(a.words[--a.n]);
	return err;
}
