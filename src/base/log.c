// SPDX-License-Identifier: GPL-2.0-only
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

enum log_level log_level = LOG_NORMAL;

/* One write per line, so that lines of several threads and of the traced program do not mix. */
static void emit(enum log_level at, const char *fmt, va_list ap)
{
	char line[1024];
	int n;

	if (log_level < at)
		return;
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	if (n < 0)
		return;
	fprintf(stderr, "crumb: %s\n", line);
}

#define LOG_FUNCTION(name, level)       \
	void name(const char *fmt, ...) \
	{                               \
		va_list ap;             \
                                        \
		va_start(ap, fmt);      \
		emit(level, fmt, ap);   \
		va_end(ap);             \
	}

LOG_FUNCTION(log_error, LOG_QUIET)
LOG_FUNCTION(log_note, LOG_NORMAL)
LOG_FUNCTION(log_detail, LOG_VERBOSE)
LOG_FUNCTION(log_debug, LOG_DEBUG)
