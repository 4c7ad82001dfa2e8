// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each program costs the kernel's verifier, one after another: a loop whose ways the verifier follows one by one makes every start
 * slower, and on a kernel that follows some more the program is refused (BPF_COMPLEXITY_LIMIT_INSNS, a million). TAP; needs root.
 *
 * usage: verifier crumb.bpf.o
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST	     20000 /* twice what the largest takes */
#define PROGRAMS_MAX 512
#define EXIT_SKIP    77

static char log_text[1 << 20];

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

/* Instructions that the verifier went through for the @nth program; 0: refused; -1: there is none. */
static long verified(const char *path, unsigned int nth, char *ret_name, size_t size)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	unsigned int i = 0;
	const char *told;
	long n = -1;

	if (!o)
		return -1;
	log_text[0] = '\0';
	bpf_object__for_each_program(p, o)
	{
		bpf_program__set_autoload(p, i == nth);
		if (i++ != nth)
			continue;
		snprintf(ret_name, size, "%s", bpf_program__name(p));
		bpf_program__set_log_level(p, 4); /* BPF_LOG_STATS */
		bpf_program__set_log_buf(p, log_text, sizeof(log_text));
		n = 0;
	}
	if (!n && !bpf_object__load(o)) {
		told = strstr(log_text, "processed ");
		n = told ? strtol(told + strlen("processed "), NULL, 10) : 0;
	}
	bpf_object__close(o);
	return n;
}

int main(int argc, char **argv)
{
	unsigned int seen = 0, refused = 0, failed = 0;
	char name[128] = "", largest[128] = "none";
	long most = 0, n;

	if (argc != 2)
		return 2;
	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return EXIT_SKIP;
	}
	libbpf_set_print(quiet);
	for (; seen < PROGRAMS_MAX; seen++) {
		n = verified(argv[1], seen, name, sizeof(name));
		if (n < 0)
			break;
		refused += n == 0; /* of hooks that this kernel has not */
		failed += n > MOST;
		if (n > MOST)
			printf("#   %s: %ld instructions\n", name, n);
		if (n > most) {
			most = n;
			snprintf(largest, sizeof(largest), "%s", name);
		}
	}
	printf("%sok 1 - no program takes the verifier more than %d instructions\n",
	       failed || !most ? "not " : "", MOST);
	printf("#   %u programs, %u refused; most: %s, %ld\n1..1\n", seen, refused, largest, most);
	return failed || !most;
}
