/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures as people read them. Each fills a caller's buffer and returns it. */
#ifndef CRUMB_RENDER_UNITS_H
#define CRUMB_RENDER_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journey.h"

#define UNITS_BYTES 64

/* "84.3 µs": three digits that count; "us" unless @utf8. */
char *units_duration(char buf[UNITS_BYTES], uint64_t ns, bool utf8);

/*
 * The same for a column: "   2.21 µs", "  84.3  µs", " 812    ns", @sign ("+", "-", "") before the
 * digits. Decimal points and units stand below each other; UNITS_COLUMNS wide, no trailing blanks.
 */
#define UNITS_COLUMNS 10
char *units_duration_column(char buf[UNITS_BYTES], const char *sign, uint64_t ns, bool utf8);

/* "84.312 µs": every nanosecond, so that sums can be checked by eye. */
char *units_duration_exact(char buf[UNITS_BYTES], uint64_t ns, bool utf8);

/* " 47.6 %", seven columns; a @whole of 0 gives 0. */
char *units_percent(char buf[UNITS_BYTES], uint64_t part, uint64_t whole);

/* "1,048,576" */
char *units_count(char buf[UNITS_BYTES], uint64_t n);

/* "10.47.0.1:50312", "[fd47:c0de::1]:4747" */
char *units_host(char buf[UNITS_BYTES], const uint8_t addr[16]); /* "10.0.0.1", "fd00::1" */
char *units_address(char buf[UNITS_BYTES], const struct journey_address *a);

/* "ENETUNREACH", of getaddrinfo "EAI_NONAME"; NULL: it has no name. And what it means. */
const char *units_call_error(const struct trace_failed *f);
const char *units_call_error_words(const struct trace_failed *f);

/* "tcp", "udp", else the number */
char *units_proto(char buf[UNITS_BYTES], uint8_t proto);

/* CRUMB_NAT_*: "dnat", "snat", "dnat+snat" */
const char *units_nat_name(unsigned int how);

/* enum crumb_loss_cause: "ring", stable, for machines; and in words. */
const char *units_loss_name(unsigned int cause);
const char *units_loss_words(unsigned int cause);

/* enum crumb_aside: "mptcp", and "connection of MPTCP" of which there are @count. */
const char *units_aside_code(unsigned int what);
const char *units_aside_words(unsigned int what, uint64_t count);

#endif
