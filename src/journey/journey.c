// SPDX-License-Identifier: GPL-2.0-only
/* Names of verdicts: see journey.h. */
#include "journey.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[VERDICT_MAX] = {
		[VERDICT_DELIVERED] = "delivered",   [VERDICT_DROPPED] = "dropped",
		[VERDICT_WAITING] = "waiting",	     [VERDICT_LEFT] = "left",
		[VERDICT_INCOMPLETE] = "incomplete",
	};

	return v < VERDICT_MAX ? names[v] : "?";
}
