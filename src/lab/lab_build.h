/* SPDX-License-Identifier: GPL-2.0-only */
/* Realise a topology inside namespaces that exist already. */
#ifndef CRUMB_LAB_LAB_BUILD_H
#define CRUMB_LAB_LAB_BUILD_H

#include "error.h"
#include "topo.h"

/* @netns_fds has one namespace for each host of @t. Returns once all links carry packets. */
int lab_build(const char *lab, const struct topo *t, const int *netns_fds, struct error *e);

#endif
