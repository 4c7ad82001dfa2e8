/* SPDX-License-Identifier: GPL-2.0-only */
/* --links: the functions that were named, each with the place in the source that render_options.link tells. */
#ifndef CRUMB_RENDER_LINKS_H
#define CRUMB_RENDER_LINKS_H

#include "page.h"

#define LINKS_MAX 256

struct links {
	const char *names[LINKS_MAX];
	bool libc[LINKS_MAX];
	uint32_t n;
};

void links_add(struct links *l, const char *function, bool libc); /* once each */
void links_add_journey(struct links *l, const struct journey *j);

/* "name   place", a line each. */
void links_text(struct page *p, const struct render_options *o, const struct links *l);

#endif
