/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the selected processes that failed: bytes that were never accepted have no message, and no journey. */
#ifndef CRUMB_JOURNEY_FAILED_H
#define CRUMB_JOURNEY_FAILED_H

#include "assembly.h"

/* The address that the call was given. False: none, or not one of IPv4 or IPv6. */
bool failed_address(const struct crumb_ev_call *ev, struct journey_address *ret);

void failed_call(struct assembler *a, const struct crumb_ev_call *ev);

/* Nothing more comes: all of them into the summary. */
void failed_finish(struct assembler *a);

#endif
