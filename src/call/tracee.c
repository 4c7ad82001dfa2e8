// SPDX-License-Identifier: GPL-2.0-only
#include "tracee.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"

#define BREAKS_MAX  8
#define THREADS_MAX 256

#if defined(__x86_64__)
static const uint8_t trap[] = { 0xcc };
#define TRAP_MOVES_ON 1 /* the instruction pointer stands behind it */
#else
static const uint8_t trap[] = { 0x00, 0x00, 0x20, 0xd4 };
#define TRAP_MOVES_ON 0
#endif

struct breakpoint {
	uint64_t addr;
	uint8_t saved[sizeof(trap)];
};

struct tracee {
	pid_t pid;
	pid_t threads[THREADS_MAX];
	size_t n_threads;
	struct breakpoint breaks[BREAKS_MAX];
	size_t n_breaks;
	pid_t stopped; /* waits for us since the last tracee_run() */
	bool released, ended;
	int status;
};

/* --------------------------------------------------------------------------------------------- memory */

static int open_memory(pid_t pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return open(path, flags | O_CLOEXEC);
}

size_t tracee_read(pid_t tid, uint64_t addr, void *buf, size_t n)
{
	_cleanup_close_ int fd = open_memory(tid, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = pread(fd, buf, n, addr);
	if (got < 0 && n > 1) { /* up to the end of the page */
		size_t rest = 4096 - addr % 4096;

		got = rest < n ? pread(fd, buf, rest, addr) : -1;
	}
	return got > 0 ? got : 0;
}

static int write_memory(pid_t pid, uint64_t addr, const void *bytes, size_t n)
{
	_cleanup_close_ int fd = open_memory(pid, O_RDWR);

	return fd >= 0 && pwrite(fd, bytes, n, addr) == (ssize_t)n ? 0 : -EIO;
}

int tracee_break(struct tracee *t, pid_t pid, uint64_t addr, struct error *e)
{
	struct breakpoint *b = &t->breaks[t->n_breaks];

	if (t->n_breaks == BREAKS_MAX)
		return -ENOSPC;
	b->addr = addr;
	if (tracee_read(pid, addr, b->saved, sizeof(b->saved)) != sizeof(b->saved) ||
	    write_memory(pid, addr, trap, sizeof(trap)))
		return error_set(e, -EIO, "cannot place a breakpoint at 0x%llx of process %d",
				 (unsigned long long)addr, pid);
	t->n_breaks++;
	return 0;
}

void tracee_unbreak(struct tracee *t, pid_t pid)
{
	while (t->n_breaks) {
		const struct breakpoint *b = &t->breaks[--t->n_breaks];

		write_memory(pid, b->addr, b->saved, sizeof(b->saved));
	}
}

/* ------------------------------------------------------------------------------------------ registers */

static int get_regs(pid_t tid, struct user_regs_struct *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) ? -errno : 0;
}

static int set_ip(pid_t tid, struct user_regs_struct *regs, uint64_t ip)
{
	struct iovec iov = { regs, sizeof(*regs) };

#if defined(__x86_64__)
	regs->rip = ip;
#else
	regs->pc = ip;
#endif
	return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &iov) ? -errno : 0;
}

int tracee_regs(pid_t tid, struct story_regs *ret)
{
	struct user_regs_struct r;
	int err = get_regs(tid, &r);

	if (err)
		return err;
#if defined(__x86_64__)
	*ret = (struct story_regs){ true,  r.rip, r.rsp,
				    r.rax, r.rax, { r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9 } };
#else
	*ret = (struct story_regs){
		true,	   r.pc,
		r.sp,	   r.regs[8],
		r.regs[0], { r.regs[0], r.regs[1], r.regs[2], r.regs[3], r.regs[4], r.regs[5] }
	};
#endif
	return 0;
}

/* By the name that the disassembler gives it. */
uint64_t tracee_register(pid_t tid, const char *name)
{
	struct user_regs_struct r;

	if (get_regs(tid, &r))
		return 0;
#if defined(__x86_64__)
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "rax", r.rax },    { "rbx", r.rbx }, { "rcx", r.rcx }, { "rdx", r.rdx },
		{ "rsi", r.rsi },    { "rdi", r.rdi }, { "rbp", r.rbp }, { "rsp", r.rsp },
		{ "r8", r.r8 },	     { "r9", r.r9 },   { "r10", r.r10 }, { "r11", r.r11 },
		{ "r12", r.r12 },    { "r13", r.r13 }, { "r14", r.r14 }, { "r15", r.r15 },
		{ "fs", r.fs_base },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].value;
#else
	if (name[0] == 'x' && atoi(name + 1) < 31)
		return r.regs[atoi(name + 1)];
#endif
	return 0;
}

uint64_t tracee_return_address(pid_t tid)
{
#if defined(__x86_64__)
	struct story_regs r;
	uint64_t addr = 0;

	if (tracee_regs(tid, &r) || tracee_read(tid, r.sp, &addr, sizeof(addr)) != sizeof(addr))
		return 0;
	return addr;
#else
	return tracee_register(tid, "x30");
#endif
}

uint64_t tracee_thread_pointer(pid_t tid)
{
#if defined(__x86_64__)
	struct user_regs_struct r;

	return get_regs(tid, &r) ? 0 : r.fs_base;
#else
	uint64_t tls = 0;
	struct iovec iov = { &tls, sizeof(tls) };

	return ptrace(PTRACE_GETREGSET, tid, 0x401 /* NT_ARM_TLS */, &iov) ? 0 : tls;
#endif
}

int tracee_syscall(pid_t tid, struct story_regs *ret)
{
	struct __ptrace_syscall_info info = { 0 };
	int err = tracee_regs(tid, ret);

	if (err)
		return err;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return -errno;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		ret->nr = info.entry.nr;
		for (int i = 0; i < STORY_ARGS; i++)
			ret->arg[i] = info.entry.args[i];
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		ret->ret = info.exit.rval;
	}
	return 0;
}

/* -------------------------------------------------------------------------------------------- running */

static void add_thread(struct tracee *t, pid_t tid)
{
	for (size_t i = 0; i < t->n_threads; i++)
		if (t->threads[i] == tid)
			return;
	if (t->n_threads < THREADS_MAX)
		t->threads[t->n_threads++] = tid;
}

static void forget_thread(struct tracee *t, pid_t tid, int status)
{
	for (size_t i = 0; i < t->n_threads; i++)
		if (t->threads[i] == tid)
			t->threads[i--] = t->threads[--t->n_threads];
	if (tid == t->pid) {
		t->ended = true;
		t->status = status;
	}
}

/* It stands behind a breakpoint of ours: put it in front. */
static bool at_breakpoint(struct tracee *t, pid_t tid)
{
	struct user_regs_struct r;
	struct story_regs s;

	if (get_regs(tid, &r) || tracee_regs(tid, &s))
		return false;
	for (size_t i = 0; i < t->n_breaks; i++)
		if (s.ip - TRAP_MOVES_ON == t->breaks[i].addr) {
			if (TRAP_MOVES_ON)
				set_ip(tid, &r, t->breaks[i].addr);
			return true;
		}
	return false;
}

static bool is_group_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

struct happened {
	pid_t tid;
	int status;
	int signal; /* to be delivered when it goes on */
	enum { WAS_END, WAS_TRAP, WAS_SYSCALL, WAS_EXEC, WAS_OTHER } what;
};

static bool wait_any(struct tracee *t, struct happened *h)
{
	*h = (struct happened){ .what = WAS_OTHER };
	do {
		h->tid = waitpid(-1, &h->status, __WALL);
	} while (h->tid < 0 && errno == EINTR);
	if (h->tid < 0)
		return false;
	if (WIFEXITED(h->status) || WIFSIGNALED(h->status)) {
		forget_thread(t, h->tid, h->status);
		h->what = WAS_END;
		return true;
	}
	add_thread(t, h->tid);
	if (h->status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
		h->what = WAS_EXEC;
		t->n_breaks = 0;
	} else if (WSTOPSIG(h->status) == (SIGTRAP | 0x80)) {
		h->what = WAS_SYSCALL;
	} else if (h->status >> 16) {
		h->what = WAS_OTHER; /* a child was made: it is ours by itself */
	} else if (WSTOPSIG(h->status) == SIGTRAP) {
		h->what = WAS_TRAP;
	} else if (!is_group_stop(WSTOPSIG(h->status))) {
		h->signal = WSTOPSIG(h->status); /* a new thread begins with a SIGSTOP that nobody sent */
	}
	return true;
}

static void go_on(pid_t tid, bool syscalls, int sig)
{
	ptrace(syscalls ? PTRACE_SYSCALL : PTRACE_CONT, tid, NULL, (void *)(uintptr_t)sig);
}

enum tracee_stop tracee_run(struct tracee *t, bool syscalls, pid_t *ret_tid)
{
	struct __ptrace_syscall_info info;
	struct happened h;

	if (t->stopped)
		go_on(t->stopped, syscalls, 0);
	t->stopped = 0;
	while (wait_any(t, &h)) {
		*ret_tid = h.tid;
		if (h.what == WAS_END)
			continue;
		t->stopped = h.tid;
		if (h.what == WAS_EXEC)
			return TRACEE_EXEC;
		if (h.what == WAS_TRAP && at_breakpoint(t, h.tid))
			return TRACEE_BREAKPOINT;
		if (h.what == WAS_SYSCALL && syscalls) {
			memset(&info, 0, sizeof(info));
			ptrace(PTRACE_GET_SYSCALL_INFO, h.tid, sizeof(info), &info);
			return info.op == PTRACE_SYSCALL_INFO_ENTRY ? TRACEE_ENTER : TRACEE_EXIT;
		}
		t->stopped = 0;
		go_on(h.tid, syscalls, h.signal);
	}
	*ret_tid = t->status;
	return TRACEE_ENDED;
}

int tracee_step(struct tracee *t, pid_t tid)
{
	struct happened h = { 0 };

	if (ptrace(PTRACE_SINGLESTEP, tid, NULL, NULL))
		return -errno;
	t->stopped = 0;
	while (wait_any(t, &h)) {
		if (h.what == WAS_END && h.tid == tid)
			return -ESRCH;
		if (h.what == WAS_END)
			continue;
		if (h.tid == tid && h.what == WAS_TRAP) {
			t->stopped = tid;
			return 0;
		}
		if (h.tid == tid) /* a signal came between */
			ptrace(PTRACE_SINGLESTEP, tid, NULL, (void *)(uintptr_t)h.signal);
		else
			go_on(h.tid, false, h.signal);
	}
	return -ESRCH;
}

int tracee_step_over(struct tracee *t, pid_t tid)
{
	struct breakpoint kept[BREAKS_MAX];
	size_t n = t->n_breaks;
	int err;

	memcpy(kept, t->breaks, sizeof(kept));
	tracee_unbreak(t, tid);
	err = tracee_step(t, tid);
	for (size_t i = 0; !err && i < n; i++)
		err = tracee_break(t, tid, kept[i].addr, NULL);
	return err;
}

/* --------------------------------------------------------------------------------------------- its life */

static void child_main(char *const *argv, int out)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(125);
	raise(SIGSTOP); /* options are set before it becomes another program */
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int tracee_start(char *const *argv, int out, struct tracee **ret, struct error *e)
{
	static const unsigned long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
					     PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
					     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	struct tracee *t = calloc(1, sizeof(*t));
	pid_t tid;
	int status;

	if (!t)
		return -ENOMEM;
	t->pid = fork();
	if (t->pid == 0)
		child_main(argv, out);
	if (t->pid < 0) {
		int err = -errno;

		free(t);
		return error_set(e, err, "cannot start a process: %s", strerror(-err));
	}
	add_thread(t, t->pid);
	if (waitpid(t->pid, &status, __WALL) != t->pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, t->pid, NULL, (void *)options)) {
		tracee_free(t);
		return error_set(e, -EPERM,
				 "ptrace is not allowed here: see /proc/sys/kernel/yama/ptrace_scope, or "
				 "is the container's seccomp filter against it?");
	}
	t->stopped = t->pid;
	if (tracee_run(t, false, &tid) != TRACEE_EXEC) {
		int code = WIFEXITED(t->status) ? WEXITSTATUS(t->status) : 0;

		tracee_free(t);
		return error_set(e, -ENOENT, "cannot run %s: %s", argv[0],
				 code == 127 ? "there is no such program" : "it is not executable");
	}
	*ret = t;
	return 0;
}

pid_t tracee_pid(const struct tracee *t)
{
	return t->pid;
}

int tracee_entry(pid_t pid, uint64_t *ret, struct error *e)
{
	_cleanup_close_ int fd = -1;
	uint64_t pair[2];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && read(fd, pair, sizeof(pair)) == sizeof(pair))
		if (pair[0] == AT_ENTRY) {
			*ret = pair[1];
			return 0;
		}
	return error_set(e, -EIO, "cannot find the entry of process %d in %s", pid, path);
}

/*
 * Only a stopped thread can be let go. A stop of another kind may be reported before the one that was asked for: were
 * the thread let go in that, it would be caught by the SIGSTOP afterwards, with nobody to wake it.
 */
static bool stop_thread(pid_t tid)
{
	int status;

	if (syscall(SYS_tkill, tid, SIGSTOP))
		return false;
	for (;;) {
		int sig;

		if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
			return false;
		sig = WSTOPSIG(status);
		if (sig == SIGSTOP && !(status >> 16))
			return true;
		sig &= 0x7f;
		go_on(tid, false, sig == SIGTRAP || is_group_stop(sig) || status >> 16 ? 0 : sig);
	}
}

void tracee_release(struct tracee *t)
{
	if (t->released)
		return;
	t->released = true;
	for (size_t i = 0; i < t->n_threads; i++) {
		pid_t tid = t->threads[i];

		if (tid == t->stopped || stop_thread(tid))
			ptrace(PTRACE_DETACH, tid, NULL, NULL);
	}
	t->stopped = 0;
}

int tracee_wait(struct tracee *t, int *ret_status)
{
	while (!t->ended) {
		pid_t pid = waitpid(t->pid, &t->status, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		t->ended = pid != t->pid || WIFEXITED(t->status) || WIFSIGNALED(t->status);
	}
	*ret_status = t->status;
	return 0;
}

void tracee_free(struct tracee *t)
{
	if (!t)
		return;
	if (!t->ended) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, __WALL);
	}
	for (size_t i = 0; i < t->n_threads; i++)
		if (t->threads[i] != t->pid && !t->released)
			kill(t->threads[i], SIGKILL);
	free(t);
}
