/* SPDX-License-Identifier: GPL-2.0-only */
/* A topic on at most a screen, and the list of all of them. */
#ifndef CRUMB_EXPLAIN_TOPIC_TEXT_H
#define CRUMB_EXPLAIN_TOPIC_TEXT_H

#include "render.h"
#include "topic.h"

int topic_text(const struct render_options *o, const struct topic *t, struct strbuf *out);

/* A drop reason that only the kernel's BTF knows: its name and number. */
int topic_text_bare(const struct render_options *o, const char *reason, uint32_t value,
		    struct strbuf *out);

/* @more: names of drop reasons that are not described, NULL at the end; @calls likewise. */
int topic_text_list(const struct render_options *o, const char *const *calls,
		    const char *const *more, struct strbuf *out);

#endif
