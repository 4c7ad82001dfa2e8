// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each program costs the kernel's verifier, one after another: a loop whose ways the verifier follows one by one makes every start
 * slower, and on a kernel that follows some more the program is refused (BPF_COMPLEXITY_LIMIT_INSNS, a million). TAP; needs root.
 *
 * usage: verifier crumb.bpf.o
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "settings.h"

#define MOST	     40000 /* twice what the largest takes */
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

/* Everything at once that may be asked for: what is not, the verifier leaves out. */
static const struct crumb_settings asked = {
	.select = CRUMB_SELECT_TASKS | CRUMB_SELECT_NETNS | CRUMB_SELECT_FILTER,
	.filter_bytes = CRUMB_HEAD_BYTES,
	.snap_bytes = CRUMB_SNAP_BYTES,
	.sample_mask = 63,
	.cell_mask = CRUMB_MAX_FLOWS - 1,
	.stacks = CRUMB_STACKS_SAMPLE,
	.pattern_len = 6,
	.libc = 1,
	.udp = 1,
	.nat = 1,
	.tunnels = 0xff,
	.pattern = "muffin",
};

/* To where the object's crumb_cfg stands. */
static bool ask(struct bpf_object *o)
{
	struct bpf_map *rodata = bpf_object__find_map_by_name(o, ".rodata");
	const struct btf *btf = bpf_object__btf(o);
	int section = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	int var = btf__find_by_name_kind(btf, "crumb_cfg", BTF_KIND_VAR);
	const struct btf_type *t = section > 0 ? btf__type_by_id(btf, section) : NULL;
	char *data = NULL;
	size_t size = 0;

	if (rodata)
		data = (char *)bpf_map__initial_value(rodata, &size);
	for (unsigned int i = 0; t && data && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = &btf_var_secinfos(t)[i];

		if ((int)v->type != var || v->size != sizeof(asked) || v->offset + v->size > size)
			continue;
		memcpy(data + v->offset, &asked, sizeof(asked));
		return true;
	}
	return false;
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
	if (!ask(o)) {
		puts("Bail out! no crumb_cfg in the object");
		exit(1);
	}
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
