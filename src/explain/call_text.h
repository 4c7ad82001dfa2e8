/* SPDX-License-Identifier: GPL-2.0-only */
/* A story for people: the program's call, the wrapper, the registers, the kernel, what was made, the way back. */
#ifndef CRUMB_EXPLAIN_CALL_TEXT_H
#define CRUMB_EXPLAIN_CALL_TEXT_H

#include "page.h"
#include "story.h"

int call_text(const struct render_options *o, const struct story *s, struct strbuf *out);

/* For call_kernel.c and call_text.c */
void call_heading(struct page *p, const char *title, const char *right);
void call_paragraph(struct page *p, const char *text);
void call_kernel_text(struct page *p, const struct story *s);

#define CALL_INDENT 2

#endif
