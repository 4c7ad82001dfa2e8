// SPDX-License-Identifier: GPL-2.0-only
/* A lab of machines comes and goes: images, guests, then each is told what it is, all at once. */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "lab_make.h"
#include "lab_state.h"
#include "vm_saved.h"
#include "vm_state.h"

#define READY_WAIT_MS 120000
#define WORDS_BYTES   256

struct guest_setup {
	pid_t pid;
	int words; /* memory file: what it complained of */
};

static const struct timespec look_again = { .tv_nsec = 10000000 };

/* In a child: run the script in the guest, which may still boot. */
static void tell_guest(const char *lab, const char *host, int script, int words)
{
	char *const sh[] = { "/payload/bin/busybox", "sh", "-s", NULL };
	char path[VM_PATH_BYTES];
	struct error e = { 0 };
	int status = 0, err;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Its first port is there once QEMU has come that far. */
	vm_path(path, lab, "/%s.port0", host);
	while (access(path, F_OK) && vm_guest_pid(lab, host))
		nanosleep(&look_again, NULL);
	err = vm_exec(lab, host, sh, (int[]){ script, words, words }, &status, &e);
	if (err)
		dprintf(words, "%s\n", error_text(&e, err));
	_exit(err || status ? 1 : 0);
}

static int start_setup(const char *lab, const struct topo *t, int h, const char *hosts,
		       const struct vm_options *o, struct guest_setup *g, struct error *e)
{
	_cleanup_strbuf_ struct strbuf script = { 0 };
	_cleanup_close_ int fd = memfd_create("crumb-setup", MFD_CLOEXEC);

	g->words = memfd_create("crumb-words", MFD_CLOEXEC);
	if (fd < 0 || g->words < 0)
		return error_set(e, -errno, "cannot make a memory file: %m");
	if (vm_setup_script(vm_mac_name(lab, o), t, h, hosts, o->also, &script))
		return error_set(e, -ENOMEM, "out of memory");
	if (write(fd, script.text, script.len) != (ssize_t)script.len || lseek(fd, 0, SEEK_SET))
		return error_set(e, -EIO, "cannot write a memory file");
	g->pid = fork();
	if (g->pid < 0)
		return error_set(e, -errno, "cannot fork: %m");
	if (g->pid == 0)
		tell_guest(lab, t->hosts[h].name, fd, g->words);
	return 0;
}

static int wait_setup(const char *lab, const struct topo *t, int h, struct guest_setup *g,
		      int64_t until_ms, struct error *e)
{
	char words[WORDS_BYTES] = "", path[VM_PATH_BYTES];
	_cleanup_close_ int log = -1;
	int status = 0;
	sigset_t set;
	pid_t got;
	ssize_t n;

	while ((got = waitpid(g->pid, &status, WNOHANG)) == 0) {
		if (clock_ms(CLOCK_MONOTONIC) >= until_ms)
			return error_set(e, -ETIMEDOUT,
					 "host %s is not ready within %d s; is the machine overloaded?",
					 t->hosts[h].name, READY_WAIT_MS / 1000);
		/* A caller that blocks them wants to clear up. */
		sigpending(&set);
		if (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
		    sigismember(&set, SIGHUP))
			return error_set(e, -EINTR, "interrupted");
		nanosleep(&look_again, NULL);
	}
	g->pid = 0;
	if (got > 0 && !status)
		return 0;
	/* QEMU's own words are the better explanation. */
	vm_path(path, lab, "/%s.qemu", t->hosts[h].name);
	log = open(path, O_RDONLY | O_CLOEXEC);
	n = pread(log, words, sizeof(words) - 1, 0);
	if (n <= 0)
		n = pread(g->words, words, sizeof(words) - 1, 0);
	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	return error_set(e, -EIO, "host %s: %s", t->hosts[h].name,
			 words[0] ? words : "its set-up failed");
}

static int setup_all(const char *lab, const struct topo *t, const char *hosts,
		     const struct vm_options *o, struct error *e)
{
	struct guest_setup g[TOPO_HOSTS_MAX] = { 0 };
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + READY_WAIT_MS;
	int err = 0, n = 0;

	for (; n < t->n_hosts && !err; n++)
		err = start_setup(lab, t, n, hosts, o, &g[n], e);
	for (int h = 0; h < n && !err; h++)
		err = wait_setup(lab, t, h, &g[h], until_ms, e);
	for (int h = 0; h < n; h++) {
		if (g[h].pid > 0) {
			kill(g[h].pid, SIGKILL);
			waitpid(g[h].pid, NULL, 0);
		}
		cleanup_closep(&g[h].words);
	}
	return err;
}

static int write_state(const char *lab, const char *topology, const struct topo *t, struct error *e)
{
	_cleanup_strbuf_ struct strbuf b = { 0 };
	int err = vm_write(lab, "topology", topology, e);

	for (int h = 0; h < t->n_hosts; h++)
		strbuf_printf(&b, "%s %s %s\n", t->hosts[h].name,
			      t->hosts[h].role == TOPO_SWITCH ? "switch" : "host",
			      t->hosts[h].kernel);
	return err ? err : vm_write(lab, "hosts", b.text, e);
}

/* VM_RESTORED: they go on; 0: there are none, or they do not. */
static int restore(const char *lab, const struct topo *t, const struct vm_images *images,
		   const struct vm_options *o, struct error *e)
{
	int fds[TOPO_HOSTS_MAX], err = 0;

	if (!o->saved || !vm_saved_open(lab, t, fds))
		return 0;
	for (int h = 0; h < t->n_hosts; h++) {
		if (!err)
			err = vm_boot(lab, t, h, images, o, fds[h], NULL);
		close(fds[h]);
	}
	if (!err)
		err = vm_saved_continue(lab, t);
	if (!err)
		return VM_RESTORED;
	vm_forget_saved(lab);
	return vm_kill_guests(lab, e);
}

static int boot_all(const char *lab, const struct topo *t, const struct vm_images *images,
		    const struct vm_options *o, struct error *e)
{
	_cleanup_strbuf_ struct strbuf hosts = { 0 };
	int err = 0;

	if (lab_make_hosts_file(t, false, &hosts))
		return error_set(e, -ENOMEM, "out of memory");
	for (int h = 0; h < t->n_hosts && !err; h++)
		err = vm_boot(lab, t, h, images, o, -1, e);
	return err ? err : setup_all(lab, t, hosts.text, o, e);
}

static int make(const char *lab, const char *topology, const struct topo *t,
		const struct vm_options *o, struct error *e)
{
	_cleanup_(vm_images_done) struct vm_images images = { 0 };
	int err, how = 0;

	err = vm_prepare(t, &images, e);
	if (!err)
		err = write_state(lab, topology, t, e);
	if (!err && o->saved)
		err = vm_saved_note(lab, topology, t, &images, o, e);
	if (!err)
		how = restore(lab, t, &images, o, e);
	if (!err && !how)
		how = boot_all(lab, t, &images, o, e);
	if (!err && how >= 0)
		err = vm_write(lab, "ready", "", e);
	return err ? err : how;
}

static int count_dead(const struct vm_host *h, void *arg)
{
	*(int *)arg += !h->pid;
	return 0;
}

/* LAB_UNCHANGED: up and whole. */
static int compare(const char *lab, const char *topology, struct error *e)
{
	_cleanup_free_ char *used = NULL;
	char path[VM_PATH_BYTES];
	int dead = 0;
	size_t n;

	if (!vm_is_up(lab) || vm_for_each_host(lab, count_dead, &dead) || dead)
		return 0;
	vm_path(path, lab, "/topology");
	if (!lab_state_read_file(path, TOPO_TEXT_BYTES_MAX, &used, &n) && !strcmp(used, topology))
		return LAB_UNCHANGED;
	return error_set(e, -EEXIST,
			 "lab %s is up with another topology; take it down first (crumb lab down --lab "
			 "%s), or choose another name with --lab",
			 lab, lab);
}

int vm_up(const char *lab, const struct vm_options *o, struct error *e)
{
	_cleanup_(topo_freep) struct topo *t = NULL;
	_cleanup_free_ char *topology = NULL;
	_cleanup_close_ int lock = -1;
	int err;

	err = lab_check_name(lab, e);
	if (!err)
		err = lab_read_topology(o->topo_path, &topology, &t, e);
	if (!err && geteuid())
		err = error_set(e, -EPERM, "virtual machines need root; run as root (sudo)");
	if (!err && lab_is_up(lab))
		err = error_set(e, -EEXIST,
				"lab %s is up as namespaces; take it down first (crumb lab down --lab %s)",
				lab, lab);
	if (!err)
		err = vm_lock(lab, true, &lock, e);
	if (!err)
		err = compare(lab, topology, e);
	if (err)
		return err;
	/* What a killed run left; the directory comes back under the same lock's name. */
	err = vm_clear(lab, e);
	if (!err) {
		close(lock);
		lock = -1;
		err = vm_lock(lab, true, &lock, e);
	}
	if (!err)
		err = make(lab, topology, t, o, e);
	if (err < 0)
		vm_clear(lab, NULL);
	return err;
}

int vm_down(const char *lab, struct error *e)
{
	_cleanup_close_ int lock = -1;
	int err = lab_check_name(lab, e);

	if (!err)
		err = vm_lock(lab, false, &lock, e);
	if (err)
		return err == -ENOENT ? 0 : err;
	return vm_clear(lab, e);
}
