/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uthash, told to report a failed allocation instead of ending the process: after HASH_ADD the
 * element's hh.tbl is NULL if there was no memory.
 */
#ifndef CRUMB_FLOW_HASH_H
#define CRUMB_FLOW_HASH_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#endif
