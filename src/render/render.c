// SPDX-License-Identifier: GPL-2.0-only
/* The list of renderers: a format is one file and one row here. */
#include "render.h"

#include <stddef.h>
#include <string.h>

static const struct renderer *const renderers[] = {
	&render_text,
	&render_json,
};

const struct renderer *renderer_at(unsigned int i)
{
	return i < sizeof(renderers) / sizeof(renderers[0]) ? renderers[i] : NULL;
}

const struct renderer *renderer_by_name(const char *name)
{
	const struct renderer *r;

	for (unsigned int i = 0; (r = renderer_at(i)); i++)
		if (!strcmp(r->name, name))
			return r;
	return NULL;
}
