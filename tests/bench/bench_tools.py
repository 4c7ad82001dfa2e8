# SPDX-License-Identifier: GPL-2.0-only
"""
The tools measured, crumb among them. Each starts, says when all its hooks are attached, stops, and tells its
own count of events and of losses; a tool that is not here or does not start says why (Unable).
"""

import json
import os
import re
import shutil
import struct
import subprocess
import time

from bench_net import (CHILDREN, Unable, bpf_program_name, bpf_programs, is_tracepoint, now, peak_rss_kib,
                       read_line, run, stop)

TRACEPOINTS = ("net:net_dev_queue", "net:net_dev_start_xmit", "net:netif_receive_skb", "tcp:tcp_probe")
START_LIMIT = 15
BARE = ["--stacks=off", "--libc=off"]


class Count:
    """What a tool said about one run of it."""

    def __init__(self, events, lost, stop_s, cpu_s=None, output_bytes=0):
        self.events, self.lost, self.stop_s = events, lost, stop_s
        self.cpu_s, self.output_bytes = cpu_s, output_bytes


class Tool:
    """start() returns when events are being recorded; finish() ends it and returns a Count."""

    label = "?"
    share = 3  # takes part in one pair of so many: the peers only show where crumb stands

    def __init__(self, net, tmp):
        self.net, self.tmp = net, tmp
        self.files = []
        self.proc = None

    def path(self, name):
        p = os.path.join(self.tmp, name)
        if p not in self.files:
            self.files.append(p)
        return p

    def need(self, program):
        if not shutil.which(program):
            raise Unable(f"{program} is not installed")

    def peak_rss_kib(self):
        return peak_rss_kib(self.proc.pid)

    def cpu_seconds(self):
        try:
            with open(f"/proc/{self.proc.pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            return None

    def output_bytes(self):
        return sum(os.path.getsize(f) for f in self.files if os.path.exists(f))

    def forget(self):
        for f in self.files:
            if os.path.exists(f):
                os.unlink(f)


class Nothing(Tool):
    """No tool at all, measured like one: what the method itself can tell apart on this machine now."""

    label = "no tool (the noise of the method)"
    share = 1

    def start(self):
        pass

    def peak_rss_kib(self):
        return 0

    def finish(self):
        return Count(0, 0, 0.0)


class Crumb(Tool):
    """`crumb record`; ready when it writes a line to --ready-fd."""

    def __init__(self, net, tmp, label, options, flow, share=1):
        super().__init__(net, tmp)
        self.label, self.options, self.flow, self.share = label, options, flow, share

    def start(self):
        if not os.access(self.net.crumb, os.X_OK):
            raise Unable(f"{os.path.basename(self.net.crumb)} is not built")
        ready, theirs = os.pipe()
        self.err = open(self.path("crumb.err"), "w+")
        argv = self.argv(theirs)
        self.proc = CHILDREN.start(argv, stdout=subprocess.DEVNULL, stderr=self.err, pass_fds=[theirs])
        os.close(theirs)
        try:
            with os.fdopen(ready, "rb", buffering=0) as f:
                read_line(f, START_LIMIT)
        except Unable as e:
            self.proc.kill()
            self.proc.wait()
            raise Unable(f"`{' '.join(argv[1:])}` {e}: {self.said() or 'silent'}")

    def argv(self, fd):
        return [self.net.crumb, "record", "-w", self.path("crumb.pcapng"), "--ready-fd", str(fd),
                *self.options, self.flow]

    def said(self):
        self.err.seek(0)
        return " / ".join(self.err.read().strip().splitlines()[-3:])

    def finish(self):
        cpu = self.cpu_seconds()
        took = stop(self.proc)
        said = self.said()
        m = re.search(r"(\d+) events?, (\d+) lost", said)
        if self.proc.returncode or not m:
            raise Unable(f"crumb ended with status {self.proc.returncode}: {said or 'silent'}")
        return Count(int(m[1]), int(m[2]), took, cpu, os.path.getsize(self.path("crumb.pcapng")))


class EmptyHooks(Tool):
    """Programs that do nothing where crumb has its own: no tracer with these hooks costs less."""

    label = "empty programs at crumb's hooks"
    share = 1

    def __init__(self, net, tmp, binary):
        super().__init__(net, tmp)
        self.binary, self.hooks = binary, None

    def find_hooks(self):
        """The tracepoints where crumb's programs are; one that is there twice counts twice."""
        crumb = Crumb(self.net, self.tmp, "hooks", BARE, "tcp port 9")
        crumb.start()
        names = [bpf_program_name(i) for i in bpf_programs(crumb.proc.pid)]
        crumb.finish()
        crumb.forget()
        self.hooks = [name.removesuffix("_nested") for name in names if is_tracepoint(name.removesuffix("_nested"))]

    def start(self):
        if self.hooks is None:
            self.find_hooks()
        self.proc = CHILDREN.start([self.binary(), *self.hooks], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if read_line(self.proc.stdout, START_LIMIT).strip() != "attached":
            said = self.proc.stderr.read().decode(errors="replace")
            stop(self.proc)
            raise Unable(said.strip() or "hooks did not start")

    def finish(self):
        begun = now()
        stop(self.proc)
        return Count(0, 0, now() - begun)


class CrumbTrace(Crumb):
    """`crumb trace`: journeys live, as JSON lines in a file."""

    def argv(self, fd):
        return [self.net.crumb, "trace", "--format", "json", "-o", self.path("crumb.json"),
                "--ready-fd", str(fd), *self.options, self.flow]

    def finish(self):
        cpu = self.cpu_seconds()
        took = stop(self.proc)
        summary = last_json_line(self.path("crumb.json"))
        if summary.get("type") != "summary":
            raise Unable(f"crumb trace ended with status {self.proc.returncode} and no summary: {self.said()}")
        return Count(summary["events"], summary["lost_events"], took, cpu, self.output_bytes())

    def lines(self):
        """Journeys written so far (tells only whether there is one)."""
        try:
            with open(self.path("crumb.json"), "rb") as f:
                return f.read(1 << 16).count(b'"type":"journey"')
        except OSError:
            return 0


def last_json_line(path):
    try:
        with open(path, "rb") as f:
            f.seek(max(0, os.path.getsize(path) - (1 << 16)))
            return json.loads(f.read().splitlines()[-1])
    except (OSError, IndexError, ValueError):
        return {}


class Perf(Tool):
    label = "perf record"
    share = 1  # the bar

    def start(self, plain=False):
        self.need("perf")
        argv = ["perf", "record", "-q", "-a", "-k", "CLOCK_MONOTONIC", "-e", ",".join(TRACEPOINTS),
                "-o", self.path("perf.data")]
        if plain:
            self.proc = CHILDREN.start(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return
        ctl_r, ctl_w = os.pipe()
        ack_r, ack_w = os.pipe()
        self.proc = CHILDREN.start(argv + ["-D", "-1", f"--control=fd:{ctl_r},{ack_w}"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   pass_fds=[ctl_r, ack_w])
        os.close(ctl_r)
        os.close(ack_w)
        os.write(ctl_w, b"enable\n")
        self.control = ctl_w
        with os.fdopen(ack_r, "rb", buffering=0) as f:
            read_line(f, START_LIMIT)

    def finish(self):
        cpu = self.cpu_seconds()
        took = stop(self.proc)
        if hasattr(self, "control"):
            os.close(self.control)
            del self.control
        data = self.path("perf.data")
        stats = run(["perf", "report", "--stats", "-i", data], timeout=120).stdout
        return Count(*perf_counts(stats), took, cpu, os.path.getsize(data))

    def first_event(self):
        script = CHILDREN.start(["perf", "script", "-i", self.path("perf.data"), "-F", "time", "--ns"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        line = read_line(script.stdout, 30)
        script.kill()
        script.wait()
        return float(line.strip().rstrip(":"))


def perf_counts(stats):
    """(samples, lost) of the tracepoints; the aggregate section counts records of loss, not what was lost."""
    events = lost = 0
    section = ""
    for line in stats.splitlines():
        if m := re.match(r"(\S+) stats:", line):
            section = m[1]
        elif section in TRACEPOINTS and (m := re.match(r"\s+(SAMPLE|LOST_SAMPLES) events:\s+(\d+)", line)):
            events += int(m[2]) if m[1] == "SAMPLE" else 0
            lost += int(m[2]) if m[1] == "LOST_SAMPLES" else 0
    return events, lost


class Bpftrace(Tool):
    """Counting into a map, or printing a line for each event to a file."""

    def __init__(self, net, tmp, printing):
        super().__init__(net, tmp)
        self.printing = printing
        self.share = 8 if printing else 3  # printing slows all so much that few runs tell
        self.label = "bpftrace, a line each" if printing else "bpftrace, count"

    def start(self, plain=False):
        self.need("bpftrace")
        probes = ",".join("tracepoint:" + t for t in TRACEPOINTS)
        body = r'printf("%llu %s %s\n", nsecs, probe, comm);' if self.printing else "@n = count();"
        with open(self.path("bpftrace.out"), "w") as out:
            self.proc = CHILDREN.start(["bpftrace", "-e", f"{probes} {{ {body} }}"], stdout=out,
                                       stderr=subprocess.STDOUT)
        if not plain:
            self.wait_attached()

    def wait_attached(self):
        """It says nothing when attached: its descriptors tell, once no more are added."""
        until, before, steady = now() + START_LIMIT, 0, 0
        while steady < 4:
            if now() > until or self.proc.poll() is not None:
                raise Unable("bpftrace: " + self.text()[:200].strip())
            fds = self.perf_events()
            done = len(bpf_programs(self.proc.pid)) >= len(TRACEPOINTS) and fds > 0
            steady = steady + 1 if done and fds == before else 0
            before = fds
            time.sleep(0.03)

    def perf_events(self):
        n = 0
        for fd in os.listdir(f"/proc/{self.proc.pid}/fd"):
            try:
                n += "perf_event" in os.readlink(f"/proc/{self.proc.pid}/fd/{fd}")
            except OSError:
                pass
        return n

    def text(self):
        with open(self.path("bpftrace.out"), errors="replace") as f:
            return f.read()

    def finish(self):
        cpu = self.cpu_seconds()
        took = stop(self.proc)
        text = self.text()
        lost = sum(int(n) for n in re.findall(r"^Lost (\d+) events", text, re.M))
        if self.printing:
            events = len(re.findall(r"^\d+ tracepoint:", text, re.M))
        else:
            m = re.search(r"^@n: (\d+)", text, re.M)
            events = int(m[1]) if m else 0
        return Count(events, lost, took, cpu, self.output_bytes())

    def first_event(self):
        m = re.search(r"^(\d+) tracepoint:", self.text(), re.M)
        if not m:
            raise Unable("bpftrace printed nothing")
        return int(m[1]) / 1e9


class Tcpdump(Tool):
    """One on each of the four veth ends of the lab."""

    label = "tcpdump on 4 veths"

    def start(self, plain=False):
        self.need("tcpdump")
        self.procs = []
        for host, interface in self.net.INTERFACES:
            name = f"{host}-{interface}"
            err = open(self.path(f"tcpdump-{name}.err"), "w+")
            p = CHILDREN.start(self.net.enter(host) + ["tcpdump", "-n", "-U", "-Z", "root", "-i", interface,
                                                       "-w", self.path(f"tcpdump-{name}.pcap")],
                               stdout=subprocess.DEVNULL, stderr=err)
            self.procs.append((p, err))
        self.proc = self.procs[0][0]
        if not plain:
            self.wait_listening()

    def wait_listening(self):
        until = now() + START_LIMIT
        for p, err in self.procs:
            while True:
                err.seek(0)
                text = err.read()
                if "listening on" in text:
                    break
                if now() > until or p.poll() is not None:
                    raise Unable("tcpdump: " + text.strip()[-200:])
                time.sleep(0.01)

    def peak_rss_kib(self):
        return sum(peak_rss_kib(p.pid) for p, _ in self.procs)

    def finish(self):
        events = lost = 0
        t0 = now()
        for p, _ in self.procs:
            p.send_signal(2)
        for p, _ in self.procs:
            stop(p)
        took = now() - t0
        for _, err in self.procs:
            err.seek(0)
            text = err.read()
            err.close()
            events += sum(int(n) for n in re.findall(r"(\d+) packets? captured", text))
            lost += sum(int(n) for n in re.findall(r"(\d+) packets? dropped by kernel", text))
        return Count(events, lost, took, None, self.output_bytes())

    def first_event(self):
        """pcap times are of CLOCK_REALTIME: both clocks are read now to translate."""
        offset = time.clock_gettime(time.CLOCK_REALTIME) - now()
        with open(self.path("tcpdump-a-eth0.pcap"), "rb") as f:
            head = f.read(24 + 16)
        if len(head) < 40:
            raise Unable("tcpdump captured nothing")
        sec, usec = struct.unpack_from("<II", head, 24)
        return sec + usec / 1e6 - offset
