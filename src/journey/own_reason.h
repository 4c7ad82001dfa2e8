/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drop reasons that are not the kernel's: found by what a bridge looked at, told by a switch's hardware. Each is a number of our own, which a
 * record may bear like one of the kernel's, with a name and with what proves it. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_OWN_REASON_H
#define CRUMB_JOURNEY_OWN_REASON_H

#include <stdint.h>

struct facts;
struct own_reasons;

struct own_reasons *own_reasons_new(void); /* NULL: no memory */
void own_reasons_free(struct own_reasons *r);

/* A number whose name is @name, which facts_reason() knows then, with that proof. 0: no room, no memory. */
uint32_t own_reason(struct own_reasons *r, struct facts *f, const char *name, const char *proof);

/* What proves it; NULL: it is none of those. Lives as long as @r. */
const char *own_reason_proof(const struct own_reasons *r, uint32_t number);

/* How late what proves it was read, if that was late: in steps, since each proof in other words is another one to keep. Else "". */
const char *own_reason_late(uint64_t drop_ns, uint64_t read_ns);

#endif
