/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, in one sentence a user can act on. A function that may fail returns 0 or a negative
 * errno; where the number cannot tell the user what to do it also fills a caller-owned struct error.
 */
#ifndef CRUMB_BASE_ERROR_H
#define CRUMB_BASE_ERROR_H

#define ERROR_TEXT_BYTES 512

struct error {
	char text[ERROR_TEXT_BYTES]; /* cause first, then the remedy; no newline; "" when nothing was said */
};

/*
 * Fill @e (may be NULL) with a formatted sentence and return @err unchanged, so that
 * `return error_set(e, -ENOENT, "...")` reads as one statement. The first sentence wins: a caller may add
 * nothing to what the place of failure already said.
 */
int error_set(struct error *e, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As error_set(), replacing what is there. "%m"-style text of @err is not added. */
int error_replace(struct error *e, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The sentence, or strerror(-@err) when none was set. Borrowed: lives as long as @e. */
const char *error_text(const struct error *e, int err);

#endif
