/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `crumb lab exec` and the agent in a guest say to each other, over one virtio-serial port for each command that
 * runs at a time: a port is claimed, used for one command, given back. Little-endian, both ends are this machine's.
 *
 * The client starts with an EXEC frame: token, then the words of the command, each ended by a NUL. The agent answers
 * with struct guest_start, in which the client finds its own token again: what stands before it was meant for a client that died.
 */
#ifndef CRUMB_LAB_GUEST_WIRE_H
#define CRUMB_LAB_GUEST_WIRE_H

#include <stdint.h>

#define GUEST_PORTS	     12 /* commands at once in one guest */
#define GUEST_PORT_NAME	     "crumb.%d"
#define GUEST_DATA_BYTES_MAX 16384
#define GUEST_START_MAGIC    0x6e69676562627263ull
#define GUEST_NOT_FOUND	     127 /* as env(1) and the shell */
#define GUEST_NOT_EXECUTABLE 126

enum guest_frame_type {
	GUEST_EXEC = 1, /* to the guest */
	GUEST_IN,	/* of standard input; empty: its end */
	GUEST_SIGNAL,	/* one byte */
	GUEST_OUT,	/* from the guest */
	GUEST_ERR,
	GUEST_EXIT, /* int32: as wait(2) has it */
};

struct guest_frame {
	uint8_t type;
	uint8_t pad0[3];
	uint32_t n; /* bytes that follow */
};

struct guest_start {
	uint64_t magic;
	uint64_t token;
};

#endif
