// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay FILE-OR-DIRECTORY...: feeds each file to the fuzz target it is linked with, so that the corpus is run in
 * every normal test run, without libFuzzer. Each file must be read, and there must be at least one.
 */
#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int replayed;

static int replay(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	/* Exactly as large as the input, so that AddressSanitizer sees a read beyond it. */
	size_t n = st->st_size;
	uint8_t *data;
	FILE *f;

	(void)ftw;
	if (type != FTW_F)
		return 0;
	f = fopen(path, "rb");
	data = malloc(n);
	if (!f || (n && !data) || fread(data, 1, n, f) != n) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(f);
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	replayed++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], replay, 16, FTW_PHYS)) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
	if (!replayed) {
		fprintf(stderr, "no file to replay\n");
		return 1;
	}
	printf("%u files replayed\n", replayed);
	return 0;
}
