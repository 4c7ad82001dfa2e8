/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to the person at the terminal (stderr). Only cmd/ calls these; what lies below returns errors. */
#ifndef CRUMB_BASE_LOG_H
#define CRUMB_BASE_LOG_H

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE, LOG_DEBUG };

/* The one global of the program besides the signal flag. */
extern enum log_level log_level;

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* "crumb: ..." always */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* unless quiet */
void log_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* with -v */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));  /* with -vv */

#endif
