/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The practice network as virtual machines: each host of a topology a QEMU guest with a Debian kernel and a clock of its own,
 * network cards joined by datagram sockets on this machine. State lies in /run/crumb/vm/LAB: topology, hosts ("NAME ROLE
 * KERNEL" lines), ready, and for each host the console, QEMU's words, the sockets of its ports (guest_wire.h) and cables.
 * Which guests run is asked of /proc: a QEMU that bears the lab's name is the lab's.
 */
#ifndef CRUMB_LAB_VM_H
#define CRUMB_LAB_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"
#include "lab.h"
#include "topo.h"

#define VM_STATE_DIR  "/run/crumb/vm"
#define VM_PATH_BYTES 104 /* of a socket: sun_path has 108 */
#define VM_RESTORED   2

struct vm_options {
	const char *topo_path; /* NULL: the topology built in */
	bool relay;	      /* each end of a cable sends to END.relay: a program stands between */
	bool die_with_caller; /* guests end when the calling thread does */
	const char *also;     /* shell lines that each guest runs at the end of its set-up; NULL */
	const char *saved; /* guests may go on from where vm_save() saved some of that name; NULL: they boot */
};

struct vm_host {
	char name[LAB_HOST_BYTES];
	char kernel[TOPO_NAME_BYTES];
	bool is_switch;
	pid_t pid; /* of QEMU, 0: it is gone */
};

typedef int (*vm_host_fn)(const struct vm_host *h, void *arg);

/*
 * Boot and configure all guests; on return they carry packets. LAB_UNCHANGED, -EEXIST as lab_up(). VM_RESTORED: they are saved ones
 * that go on. -ENOTSUP when this machine lacks what the guests boot from, with the reason. Needs root.
 */
int vm_up(const char *lab, const struct vm_options *o, struct error *e);
/*
 * For labs to come: the guests of @lab, made with ->saved, as they are now; ->also, the topology, images and QEMU must be the same
 * then. They go on. What was saved before is replaced.
 */
int vm_save(const char *lab, struct error *e);
void vm_forget_saved(const char *lab); /* what @lab went on from is of no use */

int vm_down(const char *lab, struct error *e); /* also what a killed run left; 0 when there is nothing */

bool vm_exists(const char *lab); /* as machines, complete or not */
bool vm_is_up(const char *lab);
int vm_for_each(lab_name_fn fn, void *arg); /* every lab that has a state, complete or not */
int vm_for_each_host(const char *lab, vm_host_fn fn, void *arg);

/*
 * Run @words on @host with the three descriptors as its standard ones (in -1: empty); SIGINT, SIGTERM, SIGHUP and SIGQUIT, which must be
 * blocked, go to it. *ret_status as wait(2). -ENOENT: no such lab or host, -EPIPE: the guest died.
 */
int vm_exec(const char *lab, const char *host, char *const *words, const int fds[3],
	    int *ret_status, struct error *e);
int vm_exec_status(int status); /* as a shell has it: 128 and the signal */

#endif
