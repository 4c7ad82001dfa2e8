/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the practice network's hosts in a filter expression: "host b" means b's addresses, also from outside of the lab. */
#ifndef CRUMB_CMD_LAB_NAMES_H
#define CRUMB_CMD_LAB_NAMES_H

/* A copy of @expr with them replaced, to be freed; NULL: no memory. Unchanged when the lab is not up. */
char *lab_names_in(const char *expr, const char *lab);

#endif
