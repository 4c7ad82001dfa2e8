/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named network namespaces as ip-netns(8) keeps them: files below /run/netns with a namespace
 * mounted on each.
 */
#ifndef CRUMB_LAB_NETNS_H
#define CRUMB_LAB_NETNS_H

#include <stdint.h>

#include "error.h"

#define NETNS_DIR "/run/netns"

enum netns_look { NETNS_ABSENT, NETNS_EMPTY_FILE, NETNS_MOUNTED, NETNS_OTHER_FILE };

/* What stands under the name @netns; *ret_inum is set for NETNS_MOUNTED only. */
enum netns_look netns_look(const char *netns, uint64_t *ret_inum);

/* The inode number of the namespace @fd refers to, 0 when it refers to none. */
uint64_t netns_inum(int fd);

/* The number of the namespace @fd that no other one ever had since boot; 0 before Linux 5.14. */
uint64_t netns_cookie(int fd);

/*
 * A new namespace with no name yet; the caller's thread stays where it is. *ret_fd is the caller's
 * to close.
 */
int netns_new(int *ret_fd, struct error *e);

/* Give @fd's namespace the name @netns: -EEXIST when the name is taken. */
int netns_bind(int fd, const char *netns, struct error *e);

/*
 * Take the name away if it stands for this namespace, or is the empty file of an unfinished bind.
 */
int netns_unbind(const char *netns, uint64_t inum, uint64_t cookie, struct error *e);

/* Run @fn inside the namespace @fd and come back; its result, or why that could not be done. */
int netns_call(int fd, int (*fn)(void *arg), void *arg, struct error *e);

/*
 * Make NETNS_DIR a shared mount point, as `ip netns add` does: 1 when that had to be done, 0 when
 * it was one, negative errno. netns_dir_undo() takes it back when nobody has a name in it any more.
 */
int netns_dir_make(struct error *e);
void netns_dir_undo(void);

#endif
