/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where several hosts' events are one stream (src/join), small numbers carry their host in the bits above: a thread's id
 * (Linux has at most 2^22), a drop reason's value. Host 0 is as recorded.
 */
#ifndef CRUMB_HOST_TAG_H
#define CRUMB_HOST_TAG_H

#define HOST_TAG_PID_BITS    22
#define HOST_TAG_REASON_BITS 24

#define HOST_TAG_PID(pid)      ((pid) & ((1u << HOST_TAG_PID_BITS) - 1))
#define HOST_TAG_REASON(value) ((value) & ((1u << HOST_TAG_REASON_BITS) - 1))

#endif
