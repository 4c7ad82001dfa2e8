// SPDX-License-Identifier: GPL-2.0-only
#include "vm_saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "lab_state.h"
#include "strbuf.h"
#include "vm_qmp.h"

#define KEY_BYTES_MAX (TOPO_TEXT_BYTES_MAX + 65536)
#define MOVE_WAIT_MS  30000
#define MOVE_PAUSE_NS 5000000

static const struct timespec look_again = { .tv_nsec = MOVE_PAUSE_NS };

/* A file's name, and what changes when it does. */
static void add_file(struct strbuf *b, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	strbuf_printf(b, "file %s %llu %llu %lld.%09ld\n", path, (unsigned long long)st.st_ino,
		      (unsigned long long)st.st_size, (long long)st.st_mtim.tv_sec,
		      st.st_mtim.tv_nsec);
}

/* The program that execvp() would take. */
static void add_program(struct strbuf *b, const char *program)
{
	_cleanup_free_ char *path = strdup(getenv("PATH") ? getenv("PATH") : "/bin:/usr/bin");
	char file[PATH_MAX], *rest = NULL;

	for (char *dir = path ? strtok_r(path, ":", &rest) : NULL; dir;
	     dir = strtok_r(NULL, ":", &rest))
		if (snprintf(file, sizeof(file), "%s/%s", dir, program) < PATH_MAX &&
		    !access(file, X_OK)) {
			add_file(b, file);
			return;
		}
}

int vm_saved_note(const char *lab, const char *topology, const struct topo *t,
		  const struct vm_images *images, const struct vm_options *o, struct error *e)
{
	static const char *const parts[] = { "vmlinux", "stage1.cpio", "modules.sq" };
	_cleanup_free_ char *root = strdup(images->root);
	_cleanup_strbuf_ struct strbuf b = { 0 };
	char file[PATH_MAX];

	if (!root)
		return error_set(e, -ENOMEM, "out of memory");
	strbuf_printf(&b, "%s/saved-%s\n", dirname(root), o->saved);
	add_program(&b, VM_QEMU);
	add_file(&b, images->root);
	if (images->services)
		add_file(&b, images->services);
	add_file(&b, images->payload);
	for (int h = 0; h < t->n_hosts; h++)
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (snprintf(file, sizeof(file), "%s/%s", images->kernels[h], parts[i]) <
			    PATH_MAX)
				add_file(&b, file);
	strbuf_printf(&b, "%s\n%s", o->also ? o->also : "", topology);
	if (b.failed)
		return error_set(e, -ENOMEM, "out of memory");
	return vm_write(lab, "key", b.text, e);
}

/* The key that @lab noted, and where its guests are saved. */
static char *read_key(const char *lab, char dir[PATH_MAX])
{
	char path[VM_PATH_BYTES], *key = NULL;
	size_t n;

	vm_path(path, lab, "/key");
	if (lab_state_read_file(path, KEY_BYTES_MAX, &key, &n))
		return NULL;
	snprintf(dir, PATH_MAX, "%.*s", (int)strcspn(key, "\n"), key);
	return key;
}

/* Whoever reads a set holds it shared: it is not exchanged half way. */
static int lock_set(const char *dir, int how)
{
	char path[PATH_MAX + 8];
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s.lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 || flock(fd, how) ? -1 : steal_fd(fd);
}

/* The directory is flat and crumb's own. */
static void remove_set(const char *dir)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static int open_guest(const char *dir, const char *host, int flags)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s.guest", dir, host);
	return open(path, flags | O_CLOEXEC, 0600);
}

bool vm_saved_open(const char *lab, const struct topo *t, int ret_fds[TOPO_HOSTS_MAX])
{
	_cleanup_free_ char *wanted = NULL, *key = NULL;
	char dir[PATH_MAX], path[PATH_MAX + 8];
	_cleanup_close_ int lock = -1;
	int h = 0;
	size_t n;

	wanted = read_key(lab, dir);
	lock = wanted ? lock_set(dir, LOCK_SH) : -1;
	snprintf(path, sizeof(path), "%s/key", dir);
	if (lock < 0 || lab_state_read_file(path, KEY_BYTES_MAX, &key, &n) || strcmp(wanted, key))
		return false;
	for (; h < t->n_hosts; h++) {
		ret_fds[h] = open_guest(dir, t->hosts[h].name, O_RDONLY);
		if (ret_fds[h] < 0)
			break;
	}
	if (h == t->n_hosts)
		return true;
	while (h--)
		cleanup_closep(&ret_fds[h]);
	return false;
}

struct sockets {
	int qmp[TOPO_HOSTS_MAX];
	int n;
};

static void close_sockets(struct sockets *s)
{
	while (s->n)
		close(s->qmp[--s->n]);
}

static int open_sockets(const char *lab, const struct topo *t, struct sockets *s)
{
	for (; s->n < t->n_hosts; s->n++) {
		s->qmp[s->n] = qmp_open(lab, t->hosts[s->n].name);
		if (s->qmp[s->n] < 0)
			return s->qmp[s->n];
	}
	return 0;
}

static int tell_all(const struct sockets *s, const char *command)
{
	char line[QMP_LINE_BYTES];
	int err = 0;

	for (int i = 0; i < s->n && !err; i++)
		err = qmp_tell(s->qmp[i], command, -1, line);
	return err;
}

/* Until the answer to @query holds @good; @bad ends the waiting, too. */
static int wait_for_all(const struct sockets *s, const char *query, const char *good, const char *bad)
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + MOVE_WAIT_MS;
	char line[QMP_LINE_BYTES];

	for (int i = 0; i < s->n; i++) {
		int err = qmp_tell(s->qmp[i], query, -1, line);

		while (!err && !strstr(line, good) && !strstr(line, bad)) {
			if (clock_ms(CLOCK_MONOTONIC) > until_ms)
				return -ETIMEDOUT;
			nanosleep(&look_again, NULL);
			err = qmp_tell(s->qmp[i], query, -1, line);
		}
		if (err || strstr(line, bad))
			return err ? err : -EIO;
	}
	return 0;
}

int vm_saved_continue(const char *lab, const struct topo *t)
{
	_cleanup_(close_sockets) struct sockets s = { 0 };
	int err = open_sockets(lab, t, &s);

	if (!err)
		err = wait_for_all(&s, "{\"execute\":\"query-status\"}", "\"status\": \"paused\"",
				   "error");
	return err ? err : tell_all(&s, "{\"execute\":\"cont\"}");
}

/* All stand still while they are written. */
static int write_guests(const char *lab, const struct topo *t, const char *dir)
{
	_cleanup_(close_sockets) struct sockets s = { 0 };
	char line[QMP_LINE_BYTES];
	int err = open_sockets(lab, t, &s);

	if (!err)
		err = tell_all(&s, "{\"execute\":\"stop\"}");
	if (!err) /* else QEMU holds itself to 128 MiB a second */
		err = tell_all(&s, "{\"execute\":\"migrate-set-parameters\",\"arguments\":"
				   "{\"max-bandwidth\":17179869184}}");
	for (int h = 0; h < s.n && !err; h++) {
		_cleanup_close_ int fd =
			open_guest(dir, t->hosts[h].name, O_WRONLY | O_CREAT | O_TRUNC);

		err = fd < 0 ? -errno : 0;
		if (!err)
			err = qmp_tell(s.qmp[h],
				       "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"out\"}}",
				       fd, line);
		if (!err)
			err = qmp_tell(s.qmp[h],
				       "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:out\"}}",
				       -1, line);
	}
	if (!err)
		err = wait_for_all(&s, "{\"execute\":\"query-migrate\"}",
				   "\"status\": \"completed\"", "\"status\": \"failed\"");
	tell_all(&s, "{\"execute\":\"cont\"}");
	return err;
}

static int write_key(const char *dir, const char *key)
{
	char path[PATH_MAX + 8];
	_cleanup_fclose_ FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/key", dir);
	f = fopen(path, "we");
	return !f || fputs(key, f) < 0 || fflush(f) ? -EIO : 0;
}

static int exchange(const char *dir, const char *made)
{
	_cleanup_close_ int lock = lock_set(dir, LOCK_EX);

	if (lock < 0)
		return -errno;
	remove_set(dir);
	return rename(made, dir) ? -errno : 0;
}

int vm_save(const char *lab, struct error *e)
{
	_cleanup_(topo_freep) struct topo *t = NULL;
	_cleanup_free_ char *key = NULL, *text = NULL;
	char dir[PATH_MAX - 8], made[PATH_MAX], path[VM_PATH_BYTES];
	_cleanup_close_ int lock = -1;
	int err;
	size_t n;

	vm_path(path, lab, "/topology");
	key = read_key(lab, made);
	if (!key || strlen(made) >= sizeof(dir) ||
	    lab_state_read_file(path, TOPO_TEXT_BYTES_MAX, &text, &n) ||
	    topo_parse(text, n, "topology", &t, e))
		return error_set(e, -ENOENT, "lab %s was not made to be saved", lab);
	strcpy(dir, made);
	snprintf(made, sizeof(made), "%s.new", dir);
	lock = lock_set(made, LOCK_EX | LOCK_NB);
	if (lock < 0)
		return error_set(e, -EBUSY, "another crumb saves its guests");
	remove_set(made);
	err = mkdir(made, 0700) ? -errno : 0;
	if (!err)
		err = write_guests(lab, t, made);
	if (!err)
		err = write_key(made, key);
	if (!err)
		err = exchange(dir, made);
	if (!err)
		return 0;
	remove_set(made);
	return error_set(e, err, "the guests could not be saved in %s: %s", dir, strerror(-err));
}

void vm_forget_saved(const char *lab)
{
	_cleanup_free_ char *key = NULL;
	_cleanup_close_ int lock = -1;
	char dir[PATH_MAX];

	key = read_key(lab, dir);
	lock = key ? lock_set(dir, LOCK_EX) : -1;
	if (lock >= 0)
		remove_set(dir);
}
