/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of translated connections (NAT): what a host behind a translation calls otherwise is called by its initiator's name, as the host
 * that translates tells both. Names may be used again: the newest that was told counts. Private to join/.
 */
#ifndef CRUMB_JOIN_TRANSLATED_H
#define CRUMB_JOIN_TRANSLATED_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct translated;

struct translated *translated_new(void); /* NULL: no memory */
void translated_free(struct translated *n);

/* A translation of a connection of @proto is told of, perhaps once more, in another pass. 0 or -ENOMEM. */
int translated_add(struct translated *n, uint8_t proto, const struct crumb_ev_nat *ev);

/* Another pass begins: of each name the first translation counts until one is told of again. */
void translated_again(struct translated *n);

uint32_t translated_count(const struct translated *n); /* translations that are known */

/*
 * Give @f the name that its initiator's side has for it, through several translations if need be; if none is known it keeps its own. True:
 * what was end 0 is end 1 now. @n may be NULL.
 */
bool translated_rename(const struct translated *n, struct crumb_ev_flow *f);

#endif
