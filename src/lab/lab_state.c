// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab's files below /run/crumb/lab and the one lock over them. /run may outlive a boot (a
 * container's root, say) and inode numbers of namespaces start afresh with each, hence the boot id
 * in the record.
 */
#include "lab_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "netns.h"

#define RUN_DIR		 "/run/crumb"
#define NETNS_DIR_NOTE	 RUN_DIR "/netns-dir"
#define RECORD_BYTES_MAX 65536
#define BOOT_ID_BYTES	 48
#define LOCK_TRY_MS	 10
#define LOCK_WAIT_MS	 10000

static const char *const state_files[] = { "ready", "hosts", "topology", "netns" };

#define N_STATE_FILES (sizeof(state_files) / sizeof(state_files[0]))

void lab_state_path(const char *lab, const char *file, char ret_path[LAB_PATH_BYTES])
{
	snprintf(ret_path, LAB_PATH_BYTES, LAB_STATE_DIR "/%s%s%s", lab, file ? "/" : "",
		 file ? file : "");
}

/* Hosts have no '-' in their names, so crumb-x-y-z is host z of lab x-y and of no other. */
void lab_state_netns_name(const char *lab, const char *host, char ret_netns[LAB_NETNS_BYTES])
{
	snprintf(ret_netns, LAB_NETNS_BYTES, "crumb-%s-%s", lab, host);
}

int lab_state_read_file(const char *path, size_t max_bytes, char **ret_text, size_t *ret_n)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = malloc(max_bytes + 2);
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	if (!text)
		return -ENOMEM;
	/* One byte more than allowed is asked for, so that a longer file shows. */
	while (n <= max_bytes) {
		got = read(fd, text + n, max_bytes + 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += got;
	}
	if (n > max_bytes)
		return -EFBIG;
	text[n] = '\0';
	*ret_text = steal_ptr(text);
	*ret_n = n;
	return 0;
}

static int write_all(int fd, const char *text, size_t n)
{
	ssize_t done;

	while (n) {
		done = write(fd, text, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		n -= done;
	}
	return 0;
}

/* Readable by everyone whatever the umask: who may look at the lab need not be root. */
static int write_file(const char *path, int flags, const char *text, struct error *e)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
	int err;

	if (fd < 0)
		return error_set(e, -errno, "cannot create %s: %m; run as root (sudo)", path);
	err = fchmod(fd, 0644) < 0 ? -errno : write_all(fd, text, strlen(text));
	return err ? error_set(e, err, "cannot write %s: %s", path, strerror(-err)) : 0;
}

static int make_dir(const char *path, struct error *e)
{
	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ?
			       0 :
			       error_set(e, -errno, "cannot create %s: %m; run as root (sudo)", path);
	return chmod(path, 0755) < 0 ? error_set(e, -errno, "cannot open %s to readers: %m", path) :
				       0;
}

/*
 * Is the directory we hold the one that stands there now? The last `down` may have removed it
 * meanwhile.
 */
static bool still_there(int fd)
{
	struct stat held, now;

	return fstat(fd, &held) == 0 && stat(LAB_STATE_DIR, &now) == 0 &&
	       held.st_ino == now.st_ino && held.st_dev == now.st_dev;
}

int lab_state_lock(int *ret_lock, struct error *e)
{
	const struct timespec pause = { .tv_nsec = LOCK_TRY_MS * 1000000L };
	int err;

	for (int waited_ms = 0; waited_ms < LOCK_WAIT_MS; waited_ms += LOCK_TRY_MS) {
		_cleanup_close_ int fd = -1;

		err = make_dir(RUN_DIR, e);
		if (!err)
			err = make_dir(LAB_STATE_DIR, e);
		if (err)
			return err;
		fd = open(LAB_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && still_there(fd)) {
			*ret_lock = steal_fd(fd);
			return 0;
		}
		if (fd < 0 && errno != ENOENT)
			return error_set(e, -errno, "cannot open " LAB_STATE_DIR ": %m");
		nanosleep(&pause, NULL);
	}
	return error_set(e, -EBUSY,
			 "another crumb has held the lock on " LAB_STATE_DIR " for %d s; "
			 "`fuser -v " LAB_STATE_DIR "` shows which",
			 LOCK_WAIT_MS / 1000);
}

void lab_state_unlock(int *lock)
{
	if (*lock < 0)
		return;
	/* rmdir() refuses while a lab is left in it. */
	if (rmdir(LAB_STATE_DIR) == 0) {
		if (unlink(NETNS_DIR_NOTE) == 0)
			netns_dir_undo();
		rmdir(RUN_DIR);
	}
	close(*lock);
}

static void read_boot_id(char id[BOOT_ID_BYTES])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	id[0] = '\0';
	if (f) {
		if (fgets(id, BOOT_ID_BYTES, f))
			id[strcspn(id, "\n")] = '\0';
		fclose(f);
	}
}

/*
 * One "INUM HOST ROLE NETNS COOKIE" line. A line cut short by a crash has no name mounted yet and
 * is passed over.
 */
static bool parse_record(const char *lab, const char *line, struct lab_host *ret_host)
{
	char role[8], netns[LAB_NETNS_BYTES];
	struct lab_host h = { 0 };
	int end = 0;

	if (sscanf(line, "%" SCNu64 " %15[a-z0-9] %7[a-z] %63[a-z0-9-] %" SCNu64 "%n",
		   &h.netns_inum, h.name, role, netns, &h.netns_cookie, &end) != 5 ||
	    line[end])
		return false;
	snprintf(h.lab, sizeof(h.lab), "%s", lab);
	lab_state_netns_name(lab, h.name, h.netns);
	if (strcmp(h.netns, netns))
		return false;
	h.is_switch = !strcmp(role, "switch");
	*ret_host = h;
	return true;
}

static int parse_records(const char *lab, char *text, struct lab_state *s)
{
	char boot_line[BOOT_ID_BYTES + 8], boot_id[BOOT_ID_BYTES];
	bool same_boot = false, ours = true;
	struct lab_host h, *grown;
	uint64_t inum;
	char *end;

	read_boot_id(boot_id);
	snprintf(boot_line, sizeof(boot_line), "boot %s", boot_id);
	for (char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (line == text)
			same_boot = !strcmp(line, boot_line);
		if (!parse_record(lab, line, &h))
			continue;
		if (!same_boot)
			h.netns_inum = 0;
		inum = 0;
		ours &= netns_look(h.netns, &inum) == NETNS_MOUNTED && inum == h.netns_inum;
		grown = reallocarray(s->hosts, s->n_hosts + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->hosts = grown;
		s->hosts[s->n_hosts++] = h;
	}
	s->ready &= same_boot;
	s->live = s->ready && ours && s->n_hosts;
	return 0;
}

int lab_state_load(const char *lab, struct lab_state *ret_state)
{
	struct lab_state s = { 0 };
	char path[LAB_PATH_BYTES];
	_cleanup_free_ char *text = NULL;
	size_t n;
	int err;

	lab_state_path(lab, NULL, path);
	s.exists = access(path, F_OK) == 0;
	lab_state_path(lab, "ready", path);
	s.ready = access(path, F_OK) == 0;
	lab_state_path(lab, "netns", path);
	err = lab_state_read_file(path, RECORD_BYTES_MAX, &text, &n);
	if (!err)
		err = parse_records(lab, text, &s);
	if (err == -ENOENT) {
		s.ready = false;
		err = 0;
	}
	if (err) {
		lab_state_done(&s);
		return err;
	}
	*ret_state = s;
	return 0;
}

void lab_state_done(struct lab_state *s)
{
	free(s->hosts);
	*s = (struct lab_state){ 0 };
}

int lab_state_begin(const char *lab, const char *topology, const char *hosts, struct error *e)
{
	char path[LAB_PATH_BYTES], boot_id[BOOT_ID_BYTES], line[BOOT_ID_BYTES + 8];
	int err;

	read_boot_id(boot_id);
	snprintf(line, sizeof(line), "boot %s\n", boot_id);
	lab_state_path(lab, NULL, path);
	err = make_dir(path, e);
	lab_state_path(lab, "netns", path);
	if (!err)
		err = write_file(path, O_TRUNC, line, e);
	lab_state_path(lab, "topology", path);
	if (!err)
		err = write_file(path, O_TRUNC, topology, e);
	lab_state_path(lab, "hosts", path);
	if (!err)
		err = write_file(path, O_TRUNC, hosts, e);
	return err;
}

int lab_state_add(const struct lab_host *h, struct error *e)
{
	char path[LAB_PATH_BYTES], line[LAB_PATH_BYTES];

	snprintf(line, sizeof(line), "%" PRIu64 " %s %s %s %" PRIu64 "\n", h->netns_inum, h->name,
		 h->is_switch ? "switch" : "host", h->netns, h->netns_cookie);
	lab_state_path(h->lab, "netns", path);
	return write_file(path, O_APPEND, line, e);
}

int lab_state_end(const char *lab, struct error *e)
{
	char path[LAB_PATH_BYTES];

	lab_state_path(lab, "ready", path);
	return write_file(path, O_TRUNC, "", e);
}

int lab_state_note_netns_dir(struct error *e)
{
	return write_file(NETNS_DIR_NOTE, O_TRUNC, "", e);
}

int lab_state_clear(const char *lab, struct error *e)
{
	struct lab_state s = { 0 };
	char path[LAB_PATH_BYTES];
	int err;

	err = lab_state_load(lab, &s);
	if (err)
		return error_set(e, err, "cannot read the state of lab %s: %s", lab, strerror(-err));
	/* No longer ready first: a reader must not find a lab that is half gone. */
	lab_state_path(lab, "ready", path);
	if (unlink(path) < 0 && errno != ENOENT)
		err = error_set(e, -errno, "cannot remove %s: %m; run as root (sudo)", path);
	for (size_t i = 0; i < s.n_hosts && !err; i++)
		err = netns_unbind(s.hosts[i].netns, s.hosts[i].netns_inum, s.hosts[i].netns_cookie,
				   e);
	lab_state_done(&s);
	for (size_t i = 0; i < N_STATE_FILES && !err; i++) {
		lab_state_path(lab, state_files[i], path);
		unlink(path);
	}
	lab_state_path(lab, NULL, path);
	if (!err && rmdir(path) < 0 && errno != ENOENT)
		err = error_set(e, -errno, "cannot remove %s: %m", path);
	return err;
}
