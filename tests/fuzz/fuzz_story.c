// SPDX-License-Identifier: GPL-2.0-only
/* The reader of crumb explain --load on any bytes: a story that can be told in any width, or a reason in words. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "call_text.h"
#include "story_file.h"

static void demand(int truth)
{
	if (!truth)
		abort();
}

static void tell(const struct story *s, unsigned int width, bool unfold)
{
	const struct render_options o = { .width = width, .unfold = unfold, .utf8 = !unfold };
	struct strbuf out = { 0 };

	demand(!call_text(&o, s, &out) && out.len > 0);
	strbuf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f = size ? fmemopen((void *)data, size, "r") : NULL;
	struct story *s = NULL;
	struct error e = {};

	if (!f)
		return 0;
	if (story_read(f, &s, &e)) {
		demand(!s && error_text(&e, -1)[0]);
	} else {
		tell(s, 60, true);
		tell(s, 100, false);
	}
	story_free(s);
	fclose(f);
	return 0;
}
