/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a lab leaves on disk, so that another process can use it, and remove it after a crash:
 *	/run/crumb/lab/LAB/topology	the topology as used
 *	/run/crumb/lab/LAB/hosts	bind-mounted over /etc/hosts inside
 *	/run/crumb/lab/LAB/netns	"boot ID", then "INUM HOST ROLE NETNS COOKIE" for each namespace
 *	/run/crumb/lab/LAB/ready	exists once the lab is complete
 * A namespace is recorded before it gets its name: a name nobody recorded is not ours.
 */
#ifndef CRUMB_LAB_LAB_STATE_H
#define CRUMB_LAB_LAB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "lab.h"

#define LAB_STATE_DIR  "/run/crumb/lab"
#define LAB_PATH_BYTES 128

struct lab_state {
	struct lab_host *hosts;
	size_t n_hosts;
	bool exists; /* there is a state directory */
	bool ready;  /* up() came to its end, in this boot */
	bool live;   /* ready, and every namespace still has its name */
};

void lab_state_path(const char *lab, const char *file, char ret_path[LAB_PATH_BYTES]);
void lab_state_netns_name(const char *lab, const char *host, char ret_netns[LAB_NETNS_BYTES]);

/*
 * Hold off other up and down commands; creates LAB_STATE_DIR. The unlock removes it when no lab is
 * left.
 */
int lab_state_lock(int *ret_lock, struct error *e);
void lab_state_unlock(int *lock); /* -1: nothing to do */

/* Read what is recorded; a missing lab is not an error (->exists). lab_state_done() frees it. */
int lab_state_load(const char *lab, struct lab_state *ret_state);
void lab_state_done(struct lab_state *s);

/* Write under the lock, in this order: begin, add for each host, end. */
int lab_state_begin(const char *lab, const char *topology, const char *hosts, struct error *e);
int lab_state_add(const struct lab_host *h, struct error *e);
int lab_state_end(const char *lab, struct error *e);
int lab_state_note_netns_dir(struct error *e); /* we made NETNS_DIR a mount point: undo it in the end */

/* Remove names and files of @lab, under the lock. */
int lab_state_clear(const char *lab, struct error *e);

/* The whole of a small text file: *ret_text is the caller's. -EFBIG beyond @max_bytes. */
int lab_state_read_file(const char *path, size_t max_bytes, char **ret_text, size_t *ret_n);

#endif
