/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The practice network: named network namespaces, veth pairs and a bridge, described by a topology
 * (topo.h). Namespaces are named crumb-<lab>-<host> under /run/netns (so `ip netns exec` finds
 * them), state lies in /run/crumb/lab/<lab>/. Only what that state records is ever removed; nothing
 * appears in the caller's own namespace. See ip-netns(8) and network_namespaces(7).
 */
#ifndef CRUMB_LAB_LAB_H
#define CRUMB_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

#define LAB_DEFAULT_NAME "default"
#define LAB_NAME_BYTES	 33 /* [a-z0-9-]{1,32} */
#define LAB_HOST_BYTES	 16 /* [a-z][a-z0-9]{0,14} */
#define LAB_NETNS_BYTES	 64

struct lab_host {
	char lab[LAB_NAME_BYTES];
	char name[LAB_HOST_BYTES];   /* as in the topology: "a", "sw", "b" */
	char netns[LAB_NETNS_BYTES]; /* name below /run/netns */
	uint64_t netns_inum;	     /* inode number of the namespace, as in /proc/PID/ns/net */
	uint64_t netns_cookie; /* as bpf_get_netns_cookie(), never reused; 0 before Linux 5.14 */
	bool is_switch;
};

struct lab_process {
	pid_t pid;
	char comm[16];
	const char *host; /* borrowed for the length of the callback */
};

/* Callbacks return 0 to go on; anything else stops the walk and is returned by it. */
typedef int (*lab_host_fn)(const struct lab_host *h, void *arg);
typedef int (*lab_process_fn)(const struct lab_process *p, void *arg);
typedef int (*lab_name_fn)(const char *lab, void *arg);

#define LAB_UNCHANGED 1

/*
 * Build lab @lab from the topology in @topo_path (NULL: the one built in), ready to carry packets
 * on return. 0; LAB_UNCHANGED when it is up already from the same topology; -EEXIST when it is up
 * from another one or a foreign namespace has one of its names. Left-overs of a killed run are
 * cleared first. Needs root.
 */
int lab_up(const char *lab, const char *topo_path, struct error *e);

/*
 * Remove the names and state that lab_up() made, complete or not; 0 also when there is nothing. A
 * process inside keeps its namespace until it exits: lab_for_each_process() or lab_end_processes()
 * first. Needs root.
 */
int lab_down(const char *lab, struct error *e);

/*
 * Move the calling thread (a forked child about to exec, as a rule) into @host: its network
 * namespace, a mount namespace of its own where /etc/hosts names the lab's hosts and /sys shows the
 * lab's devices. Needs root; the process must have one thread. -ENOENT when the lab is not up or
 * has no such host.
 */
int lab_enter(const char *lab, const char *host, struct error *e);

/*
 * These read the state only; no privilege needed. A lab that is half built or stale has no hosts.
 */
bool lab_is_up(const char *lab);
int lab_for_each(lab_name_fn fn, void *arg);	   /* labs that are up, by name */
int lab_for_each_state(lab_name_fn fn, void *arg); /* ... and those half built or left by a killed run */
int lab_for_each_host(const char *lab, lab_host_fn fn, void *arg); /* @lab NULL: of every lab */
int lab_find_host(const char *lab, const char *host, struct lab_host *ret_host); /* -ENOENT */
int lab_lookup_netns(uint64_t netns_inum, struct lab_host *ret_host); /* -ENOENT: of no lab */
int lab_host_list(const char *lab, struct lab_host **ret_hosts, size_t *ret_n); /* caller frees */

/*
 * Processes inside the lab's namespaces (those that /proc lets the caller see), except the caller.
 */
int lab_for_each_process(const char *lab, lab_process_fn fn, void *arg);

/*
 * SIGTERM to each of them, SIGKILL to those still there after @grace_ms. -EBUSY when some outlive
 * that.
 */
int lab_end_processes(const char *lab, int grace_ms, struct error *e);

/* 0, or -EINVAL and a sentence that says what a lab may be called. */
int lab_check_name(const char *lab, struct error *e);

#endif
