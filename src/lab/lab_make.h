/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside src/lab: what namespaces and machines need alike of a topology. */
#ifndef CRUMB_LAB_LAB_MAKE_H
#define CRUMB_LAB_LAB_MAKE_H

#include <stdbool.h>

#include "error.h"
#include "strbuf.h"
#include "topo.h"

/* @path NULL: the one built in. Text and topology are the caller's. */
int lab_read_topology(const char *path, char **ret_text, struct topo **ret_topo, struct error *e);

/* /etc/hosts of the lab's hosts, with this machine's own lines behind the lab's if @own. */
int lab_make_hosts_file(const struct topo *t, bool own, struct strbuf *b);

#endif
