// SPDX-License-Identifier: GPL-2.0-only
/* crumb explain WHAT: a point, a cause, a verdict, a drop reason; or a call, made for real and taken apart. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "explain_call.h"
#include "log.h"
#include "options.h"

int cmd_explain(int argc, char **argv)
{
	static const struct usage u = {
		.name = "explain",
		.synopsis = "[OPTIONS] [WHAT] [-- PROGRAM [ARGS]]",
		.about = "Explain",
		.groups = OPTIONS_CALL | OPTIONS_PAPER,
	};
	struct options o;
	int ret = options_parse(argc, argv, &u, &o);

	if (ret >= 0)
		return ret;
	struct explain_call c = { .wanted = o.rest[0],
				  .command = o.command,
				  .fail = o.fail,
				  .is_static = o.is_static,
				  .direct = o.direct,
				  .write = o.save,
				  .read = o.load };
	return explain_call_run(&c, &o);
}
