# SPDX-License-Identifier: GPL-2.0-only
"""
The ground the benchmark stands on: processes that end with us, the lab network (by `crumb lab`, or by ip(8)
where the binary cannot), the ping-pong, iperf3, and the kernel's accounting of BPF programs (bpf(2)).
"""

import contextlib
import ctypes
import json
import os
import platform
import re
import select
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}
BPF_ENABLE_STATS = 32


class Unable(Exception):
    """This machine or this binary cannot do it; the text says why."""


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Children:
    """Every process started here; end() leaves none of them, by pid."""

    def __init__(self):
        self.all = []

    def start(self, argv, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.Popen(argv, start_new_session=True, preexec_fn=die_with_parent, **kw)
        self.all.append(p)
        return p

    def end(self):
        for p in self.all:
            if p.poll() is None:
                p.terminate()
        until = now() + 2
        for p in self.all:
            try:
                p.wait(max(0.01, until - now()))
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        self.all = []


CHILDREN = Children()


def stop(p, sig=signal.SIGINT, timeout=30):
    """Seconds from the signal to the exit."""
    t0 = now()
    if p.poll() is None:
        p.send_signal(sig)
    try:
        p.wait(timeout)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
        raise Unable(f"{p.args[0]} did not end within {timeout} s of SIGINT")
    return now() - t0


def run(argv, timeout=30, **kw):
    return subprocess.run(argv, timeout=timeout, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, **kw)


def read_line(stream, timeout):
    """One line of an unbuffered binary pipe."""
    line = b""
    until = now() + timeout
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], max(0, until - now()))
        if not ready:
            raise Unable(f"no answer within {timeout:.0f} s")
        byte = os.read(stream.fileno(), 1)
        if not byte:
            raise Unable("ended before it answered")
        line += byte
    return line.decode()


# ---------------------------------------------------------------- network

class Network:
    """Hosts a, sw, b; enter(host) is the argv that puts a command inside, with its own pid."""

    ADDRESS_B = "10.47.0.2"
    INTERFACES = (("a", "eth0"), ("sw", "swp1"), ("sw", "swp2"), ("b", "eth0"))

    def __init__(self, crumb):
        self.crumb = crumb
        self.lab = f"bench-{os.getpid()}"
        self.by_lab = False
        self.how = ""

    def up(self):
        clear_left_overs(self.crumb)
        why = self.up_by_lab()
        if why:
            self.how = f"ip(8), because {why}"
            self.up_by_ip()
        run(self.enter("a") + ["ping", "-c1", "-W2", self.ADDRESS_B])

    def up_by_lab(self):
        if not os.access(self.crumb, os.X_OK):
            return f"{os.path.basename(self.crumb)} is not built"
        r = run([self.crumb, "lab", "up", "--lab", self.lab])
        if r.returncode:
            return "`crumb lab up` failed: " + (r.stderr.strip() or f"status {r.returncode}")
        self.by_lab = True
        self.how = "crumb lab"
        return None

    def netns(self, host):
        return f"crumb-{self.lab}-{host}"

    def enter(self, host):
        return ["ip", "netns", "exec", self.netns(host)]

    def ip(self, host, *args):
        r = run(["ip", "-n", self.netns(host), *args])
        if r.returncode:
            raise Unable(f"ip {' '.join(args)}: {r.stderr.strip()}")

    def up_by_ip(self):
        for host in ("a", "sw", "b"):
            r = run(["ip", "netns", "add", self.netns(host)])
            if r.returncode:
                raise Unable(r.stderr.strip())
            self.ip(host, "link", "set", "lo", "up")
        self.ip("sw", "link", "add", "br0", "type", "bridge")
        self.ip("sw", "link", "set", "br0", "up")
        for host, port, address in (("a", "swp1", "10.47.0.1/24"), ("b", "swp2", "10.47.0.2/24")):
            self.ip(host, "link", "add", "eth0", "type", "veth", "peer", "name", port,
                    "netns", self.netns("sw"))
            self.ip("sw", "link", "set", port, "master", "br0", "up")
            self.ip(host, "addr", "add", address, "dev", "eth0")
            self.ip(host, "link", "set", "eth0", "up")

    def down(self):
        if self.by_lab:
            r = run([self.crumb, "lab", "down", "--lab", self.lab])
            if r.returncode == 0:
                return
        for host in ("a", "sw", "b"):
            if os.path.exists(f"/run/netns/{self.netns(host)}"):
                run(["ip", "netns", "del", self.netns(host)])


def clear_left_overs(crumb):
    """Namespaces of a bench that was killed: its pid is in the name, and is no bench any more."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir("/run/netns"):
            m = re.fullmatch(r"crumb-(bench-(\d+))-(a|sw|b)", name)
            if not m or is_bench(int(m[2])):
                continue
            if os.access(crumb, os.X_OK):
                run([crumb, "lab", "down", "--lab", m[1]])
            if os.path.exists(f"/run/netns/{name}"):
                run(["ip", "netns", "del", name])


def is_bench(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return b"bench.py" in f.read()
    except OSError:
        return False


# ---------------------------------------------------------------- workloads

class PingPong:
    """A server on b and a client on a whose connections stay open from one measure to the next."""

    def __init__(self, net, binary, cpu=None, port=4747, connections=1, size=64, interval_us=0,
                 one_way=False):
        pin = ["-c", str(cpu)] if cpu is not None else []
        keep = ["-k"] if one_way else []
        self.server = CHILDREN.start(net.enter("b") + [binary, "server", "-p", str(port)] + pin + keep,
                                     stdout=subprocess.PIPE, bufsize=0)
        read_line(self.server.stdout, 10)
        self.client = CHILDREN.start(
            net.enter("a") + [binary, "client", net.ADDRESS_B, "-p", str(port), "-s", str(size),
                              "-n", str(connections), "-i", str(interval_us)] + pin + keep,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        read_line(self.client.stdout, 10)

    def begin(self, seconds):
        self.client.stdin.write(f"{seconds}\n".encode())
        self.expect = seconds

    def result(self):
        return json.loads(read_line(self.client.stdout, self.expect + 20))

    def measure(self, seconds):
        self.begin(seconds)
        return self.result()

    def close(self):
        self.client.stdin.close()
        try:
            self.client.wait(5)
        except subprocess.TimeoutExpired:
            self.client.kill()
            self.client.wait()
        stop(self.server, signal.SIGTERM)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Iperf:
    """iperf3 in one direction, a to b."""

    PORT = 5201

    def __init__(self, net):
        self.net = net
        self.server = CHILDREN.start(net.enter("b") + ["iperf3", "-s", "-p", str(self.PORT)],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = now() + 5
        while run(net.enter("b") + ["ss", "-ltnH", f"sport = :{self.PORT}"]).stdout.strip() == "":
            if now() > until:
                raise Unable("iperf3 -s does not listen")
            time.sleep(0.02)

    def begin(self, seconds):
        self.seconds = int(seconds)  # -t 0 would never end
        self.client = CHILDREN.start(
            self.net.enter("a") + ["iperf3", "-c", self.net.ADDRESS_B, "-p", str(self.PORT), "-t",
                                   str(self.seconds), "-J"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def result(self):
        """Bits per second that the receiver saw."""
        try:
            out, _ = self.client.communicate(timeout=self.seconds + 20)
            return json.loads(out)["end"]["sum_received"]["bits_per_second"]
        except (subprocess.TimeoutExpired, ValueError, KeyError) as e:
            self.client.kill()
            self.client.wait()
            raise Unable(f"iperf3: {e!r}")

    def measure(self, seconds):
        self.begin(seconds)
        return self.result()

    def close(self):
        stop(self.server, signal.SIGTERM)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


# ---------------------------------------------------------------- BPF accounting

class BpfStats:
    """Accounting of run time lasts while the descriptor is open: no sysctl is left changed."""

    def __enter__(self):
        nr = BPF_SYSCALL.get(platform.machine())
        if nr is None:
            raise Unable(f"number of bpf(2) on {platform.machine()} not known here")
        attr = (ctypes.c_uint32 * 32)()  # type 0 = BPF_STATS_RUN_TIME
        self.fd = LIBC.syscall(nr, BPF_ENABLE_STATS, attr, ctypes.sizeof(attr))
        if self.fd < 0:
            raise Unable(f"BPF_ENABLE_STATS: {os.strerror(ctypes.get_errno())}")
        return self

    def __exit__(self, *exc):
        os.close(self.fd)


def bpf_programs(pid):
    """{prog_id: (run_cnt, run_time_ns)} of the programs a process holds open."""
    progs = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if "bpf-prog" not in os.readlink(f"/proc/{pid}/fd/{fd}"):
                continue
            with open(f"/proc/{pid}/fdinfo/{fd}") as f:
                info = dict(re.findall(r"^(\w+):\s+(\S+)$", f.read(), re.M))
        except OSError:
            continue
        progs[int(info["prog_id"])] = (int(info["run_cnt"]), int(info["run_time_ns"]))
    return progs


def bpf_program_name(prog_id):
    try:
        return json.loads(run(["bpftool", "-j", "prog", "show", "id", str(prog_id)]).stdout)["name"]
    except (OSError, ValueError, KeyError):
        return str(prog_id)


def is_tracepoint(name):
    with open("/sys/kernel/tracing/available_events") as f:
        return any(line.strip().partition(":")[2] == name for line in f)


def peak_rss_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            m = re.search(r"^VmHWM:\s+(\d+) kB", f.read(), re.M)
            return int(m[1]) if m else 0
    except OSError:
        return 0
