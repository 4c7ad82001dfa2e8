#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
What crumb costs, beside its peers and beside the floor, on this machine, now. Needs root; makes its own
namespaces and leaves nothing. The whole run rewrites docs/BENCH.md; a part of it only prints.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bench_net import CHILDREN, Iperf, Network, PingPong, Unable, now, peak_rss_kib, run
from bench_programs import bench_programs
from bench_report import (Table, Target, at_least, at_most, count, document, median, number, spread,
                          targets_table)
from bench_tools import BARE, Bpftrace, Crumb, CrumbTrace, EmptyHooks, Nothing, Perf, Tcpdump

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLLOWED, UNSELECTED = "crumb record, followed", "crumb record, not selected"
DEFAULTS, LIVE = "crumb record, followed, all defaults", "crumb trace, JSON to a file"


class Bench:
    """One run: the settings, and what was found so far."""

    def __init__(self, args):
        self.quick = args.quick
        self.cpu = os.cpu_count() - 1
        self.tables, self.targets = [], []
        self.tmp = tempfile.mkdtemp(prefix="crumb-bench-", dir=args.tmp)
        self.build_dir = args.build_dir
        self.net = Network(os.path.abspath(args.crumb))

    def say(self, text):
        print(f"# {text}", file=sys.stderr, flush=True)

    def binary(self, name):
        path = os.path.join(self.build_dir, name)
        if not os.access(path, os.X_OK):
            raise Unable(f"{name} could not be built: {self.build_errors.get(name, '')}")
        return path

    def build(self):
        os.makedirs(self.build_dir, exist_ok=True)
        self.build_errors = {}
        d = self.build_dir
        include = f"-I/usr/include/{os.uname().machine}-linux-gnu"
        self.compile("pingpong", [["cc", "-std=gnu17", "-O2", "-o", f"{d}/pingpong", f"{HERE}/pingpong.c"]])
        for name in ("floor", "hooks"):
            self.compile(name, [
                ["clang", "--target=bpf", "-mcpu=v3", "-g", "-O2", include, "-c", f"{HERE}/{name}.bpf.c", "-o",
                 f"{d}/{name}.bpf.o"],
                ["bpftool", "gen", "skeleton", f"{d}/{name}.bpf.o", "name", f"{name}_bpf"],
                ["cc", "-std=gnu17", "-O2", f"-I{d}", f"-I{HERE}", "-o", f"{d}/{name}", f"{HERE}/{name}.c", "-lbpf",
                 "-pthread"]])

    def compile(self, name, steps):
        """A failed step takes the old binary away, so that no stale one is measured."""
        target = os.path.join(self.build_dir, name)
        if os.path.exists(target):
            os.unlink(target)
        for argv in steps:
            try:
                r = run(argv, timeout=60)
            except OSError as e:
                self.build_errors[name] = str(e)
                return
            if r.returncode:
                self.build_errors[name] = r.stderr.strip()[-300:]
                return
            if "skeleton" in argv:
                with open(f"{self.build_dir}/{name}.skel.h", "w") as f:
                    f.write(r.stdout)

    def tools(self, flow):
        n, t = self.net, self.tmp
        return [Nothing(n, t), Crumb(n, t, FOLLOWED, BARE, flow), Crumb(n, t, UNSELECTED, BARE, "tcp port 9"), Perf(n, t),
                EmptyHooks(n, t, lambda: self.binary("hooks")),
                *([] if self.quick else [Crumb(n, t, DEFAULTS, [], flow, share=3),
                                         CrumbTrace(n, t, LIVE, BARE, flow, share=3)]),
                Bpftrace(n, t, False), Tcpdump(n, t), Bpftrace(n, t, True)]

    def ping_pong(self):
        return PingPong(self.net, self.binary("pingpong"), cpu=self.cpu)


class Pair:
    def __init__(self, base, traced, counted, rss_kib):
        self.base, self.traced, self.count, self.rss_kib = base, traced, counted, rss_kib


def mean_of(a, b):
    """Of two results of a workload: numbers, or dicts of them."""
    return {k: (a[k] + b[k]) / 2 for k in a} if isinstance(a, dict) else (a + b) / 2


def pairs_of(bench, workload, tools, seconds, pairs):
    """{label: [Pair]} and {label: why not}: untraced and traced in turn, tool after tool, round after round.
    A traced run is compared with the mean of the untraced ones before and after it, so that drift cancels."""
    found, failed = {}, {}
    before = workload.measure(seconds)
    for i in range(pairs):
        for tool in tools:
            if tool.label in failed or i % tool.share:
                continue
            bench.say(f"  pair {i + 1}/{pairs}: {tool.label}")
            try:
                tool.start()
                traced = workload.measure(seconds)
                rss = tool.peak_rss_kib()
                counted = tool.finish()
                after = workload.measure(seconds)
                found.setdefault(tool.label, []).append(Pair(mean_of(before, after), traced, counted, rss))
                before = after
            except Unable as e:
                failed[tool.label] = e
                bench.say(f"  {tool.label}: {e}")
            finally:
                tool.forget()
    return found, failed


def forget_failed(found, failed):
    """A tool that failed in a later pair has no row of its own: its figures would be chosen ones."""
    for label in failed:
        found.pop(label, None)


# ---------------------------------------------------------------- ping-pong

def bench_pingpong(bench):
    seconds, pairs = (0.4, 3) if bench.quick else (0.7, 15)
    with bench.ping_pong() as pp:
        pp.measure(0.3)
        tools = bench.tools("tcp port 4747")
        found, failed = pairs_of(bench, pp, tools, seconds, pairs)
    forget_failed(found, failed)
    table = Table("Ping-pong on one core",
                  ["tool", "pairs", "untraced /s", "rate ratio", "p50 added µs", "p99 added µs",
                   "added µs per round trip", "events per round trip", "added ns per event", "same, at the p50", "lost"],
                  f"64 bytes each way, TCP_NODELAY, client, server and softirq on CPU {bench.cpu}, readers of the "
                  f"tools where the scheduler puts them; runs of {seconds} s. Added time per event is of the mean round trip; at "
                  "the p50 it leaves out what strikes a round trip now and then (the tool's reader taking the CPU).")
    per_event = {}
    for tool in tools:
        if tool.label in failed:
            table.missing(tool.label, failed[tool.label])
        else:
            per_event[tool.label] = pingpong_row(table, tool.label, found[tool.label])
    bench.tables.append(table)
    bench.targets.append(per_event_target(per_event))
    bench.targets.append(unselected_target(bench, found.get(UNSELECTED), found.get(EmptyHooks.label)))
    got = found.get(FOLLOWED)
    bench.targets.append(at_least("ping-pong followed: events per round trip (12 hops, 4 calls)", 16,
                                  got and median([p.count.events / p.traced["count"] for p in got]), "", 1))
    for label in (FOLLOWED, UNSELECTED):
        bench.targets.append(loss_target("ping-pong: events lost, " + label, found.get(label)))


def added_ns(pair):
    return pair.traced["mean_ns"] - pair.base["mean_ns"]


def pingpong_row(table, label, pairs):
    per_trip = [p.count.events / p.traced["count"] for p in pairs]
    per_event = [added_ns(p) / n for p, n in zip(pairs, per_trip) if n >= 0.5]
    at_p50 = [(p.traced["p50_ns"] - p.base["p50_ns"]) / n for p, n in zip(pairs, per_trip) if n >= 0.5]
    table.row(label, len(pairs), number(median([p.base["rate"] for p in pairs]), 0),
              spread([p.traced["rate"] / p.base["rate"] for p in pairs]),
              number(median([(p.traced["p50_ns"] - p.base["p50_ns"]) / 1e3 for p in pairs])),
              number(median([(p.traced["p99_ns"] - p.base["p99_ns"]) / 1e3 for p in pairs])),
              spread([added_ns(p) / 1e3 for p in pairs]), number(median(per_trip), 1),
              spread(per_event, 0), spread(at_p50, 0), count(sum(p.count.lost for p in pairs)))
    return median(per_event)


def per_event_target(per_event):
    what = "ping-pong followed: added time per event recorded, at most perf record's"
    perf, crumb = per_event.get(Perf.label), per_event.get(FOLLOWED)
    if perf is None or crumb is None:
        return Target(what, f"≤ {number(perf, 0)}", number(crumb, 0), None, "ns")
    return at_most(what, perf, crumb, "ns", 0)


def unselected_target(bench, pairs, floor):
    hooks = getattr(bench, "hooks_per_trip", None)
    what = "ping-pong not selected: added time per hook passed"
    if not pairs or not hooks:
        return at_most(what, 70, None, "ns", 0)
    what += f" ({hooks:.1f} hooks a round trip"
    if floor:
        what += f"; empty programs there: {number(median([added_ns(p) for p in floor]) / hooks, 0)}"
    what += ")"
    return at_most(what, 70, median([added_ns(p) for p in pairs]) / hooks, "ns", 0)


def loss_target(what, pairs):
    return at_most(what, 0, sum(p.count.lost for p in pairs) if pairs else None, "events", 0)


# ---------------------------------------------------------------- bulk

def bench_bulk(bench):
    seconds, pairs = (1, 3) if bench.quick else (3, 9)
    tools = bench.tools(f"tcp port {Iperf.PORT}")
    with Iperf(bench.net) as iperf:
        iperf.measure(1)
        found, failed = pairs_of(bench, iperf, tools, seconds, pairs)
    forget_failed(found, failed)
    table = Table("iperf3 bulk",
                  ["tool", "pairs", "untraced Gbit/s", "traced / untraced", "events /s", "lost", "CPU s",
                   "output MB/s", "SIGINT to exit s", "peak RSS MiB"],
                  f"One stream from a to b, {seconds} s, no process pinned.")
    for tool in tools:
        if tool.label in failed:
            table.missing(tool.label, failed[tool.label])
            continue
        got = found[tool.label]
        cpu = [p.count.cpu_s for p in got if p.count.cpu_s is not None]
        table.row(tool.label, len(got), spread([p.base / 1e9 for p in got], 1), spread(ratios(got)),
                  number(median([p.count.events / seconds for p in got]), 0),
                  count(sum(p.count.lost for p in got)), number(median(cpu)),
                  number(median([p.count.output_bytes / seconds / 1e6 for p in got]), 1),
                  spread([p.count.stop_s for p in got]), number(max(p.rss_kib for p in got) / 1024, 1))
    bench.tables.append(table)
    for label, limit in ((FOLLOWED, 0.90), (UNSELECTED, 0.98)):
        got = found.get(label)
        floor = found.get(EmptyHooks.label)
        beside = f" (empty programs there: {number(median(ratios(floor)))})" if floor else ""
        bench.targets.append(at_least(f"bulk, {label}: traced / untraced{beside}", limit,
                                      got and median(ratios(got)), ""))
        bench.targets.append(loss_target(f"bulk, {label}: events lost", got))
    got = found.get(FOLLOWED)
    bench.targets.append(at_least("bulk followed: events per write of 128 KiB (call, packets, return)", 3,
                                  got and median([events_per_write(p, seconds) for p in got]), "", 1))
    bench.targets.append(at_most("bulk followed: SIGINT to exit", 0.2,
                                 got and median([p.count.stop_s for p in got]), "s"))


def events_per_write(pair, seconds):
    """iperf3 writes 128 KiB at a time: few events for much data would mean that not all was followed."""
    return pair.count.events / (pair.traced * seconds / 8 / 131072)


def ratios(pairs):
    return [p.traced / p.base for p in pairs]


# ---------------------------------------------------------------- start and stop

def bench_startup(bench):
    reps = 2 if bench.quick else 7
    n, t = bench.net, bench.tmp
    flow = "tcp port 4748"
    tools = [CrumbTrace(n, t, "crumb trace (first journey printed)", [], flow),
             Crumb(n, t, "crumb record (hooks attached)", [], flow), Perf(n, t), Bpftrace(n, t, True), Tcpdump(n, t)]
    table = Table("Start and stop", ["tool", "runs", "exec to first event s", "SIGINT to exit s"],
                  "1,000 writes of 6 bytes a second running meanwhile. Time of the first event recorded, less the "
                  "time just before fork and exec; for crumb the first journey complete on the output, which is later.")
    starts, stops = {}, {}
    with PingPong(n, bench.binary("pingpong"), port=4748, size=6, interval_us=1000, one_way=True) as muffins:
        for tool in tools:
            bench.say(f"  {tool.label}")
            try:
                for _ in range(reps):
                    first, took = start_stop(muffins, tool)
                    starts.setdefault(tool.label, []).append(first)
                    stops.setdefault(tool.label, []).append(took)
                table.row(tool.label, reps, spread(starts[tool.label], 3), spread(stops[tool.label], 3))
            except Unable as e:
                table.missing(tool.label, e)
                starts.pop(tool.label, None)
    bench.tables.append(table)
    label = tools[0].label
    bench.targets.append(at_most("exec to first event", 0.3, median(starts.get(label, [])), "s"))
    bench.targets.append(at_most("SIGINT to exit", 0.2, median(stops[label]) if label in starts else None, "s"))


def start_stop(muffins, tool):
    """(exec to first event, SIGINT to exit), seconds."""
    muffins.begin(1.6)
    t0 = now()
    first = None
    try:
        if isinstance(tool, Crumb):
            tool.start()
            if isinstance(tool, CrumbTrace):
                while not tool.lines():
                    if now() - t0 > 1.5:
                        raise Unable("no journey within 1.5 s")
                    time.sleep(0.002)
            first = now() - t0
        else:
            tool.start(plain=True)
        time.sleep(max(0, t0 + 1.2 - now()))
        took = tool.finish().stop_s
        if first is None:
            first = tool.first_event() - t0
    finally:
        muffins.result()
        if tool.proc and tool.proc.poll() is None:
            tool.proc.kill()
            tool.proc.wait()
        tool.forget()
    return first, took


# ---------------------------------------------------------------- memory

def bench_memory(bench):
    seconds = 10 if bench.quick else 60
    n, t = bench.net, bench.tmp
    flow = f"tcp port {Iperf.PORT}"
    tools = [Crumb(n, t, "crumb record, no stacks", BARE, flow)]
    if not bench.quick:
        tools.append(CrumbTrace(n, t, "crumb trace, JSON to a file", [], flow))
    table = Table("Memory while following iperf3",
                  ["command", "seconds", "peak RSS MiB", "events", "lost", "output MB", "SIGINT to exit s"])
    peaks = {}
    with Iperf(n) as iperf:
        for tool in tools:
            bench.say(f"  {tool.label}, {seconds} s")
            try:
                tool.start()
                iperf.measure(seconds)
                peaks[tool.label] = tool.peak_rss_kib() / 1024
                got = tool.finish()
                table.row(tool.label, seconds, number(peaks[tool.label], 1), count(got.events), count(got.lost),
                          number(got.output_bytes / 1e6, 0), number(got.stop_s))
            except Unable as e:
                table.missing(tool.label, e)
                peaks.pop(tool.label, None)
            finally:
                tool.forget()
    bench.tables.append(table)
    for tool in tools:
        bench.targets.append(at_most(f"resident memory, {tool.label}, iperf3 for {seconds} s", 64,
                                     peaks.get(tool.label), "MiB", 1))


# ---------------------------------------------------------------- report

def bench_report(bench):
    short = 1 if bench.quick else 2
    table = Table("crumb report", ["trace", "events", "file MB", "seconds", "events/s", "peak RSS MiB"],
                  "`crumb report --format json -o /dev/null FILE`; no stacks, no libc calls.")
    speeds, peaks = [], []
    try:
        with bench.ping_pong() as pp:
            for label, seconds in ((f"ping-pong, {short} s", short), (f"ping-pong, {4 * short} s", 4 * short)):
                speed, peak = report_row(bench, table, label, "tcp port 4747", lambda s=seconds: pp.measure(s))
                speeds.append(speed)
                peaks.append(peak)
        with Iperf(bench.net) as iperf:
            speed, _ = report_row(bench, table, f"iperf3, {short} s", f"tcp port {Iperf.PORT}",
                                  lambda: iperf.measure(short))
            speeds.append(speed)
    except Unable as e:
        table.missing("crumb report", e)
        speeds = []
    bench.tables.append(table)
    complete = len(speeds) == 3
    bench.targets.append(at_least("report: events per second, slowest of the traces", 500000,
                                  min(speeds) if complete else None, "events/s", 0))
    bench.targets.append(at_most("report: peak memory for a trace 4 times as long", 1.2,
                                 peaks[1] / peaks[0] if complete else None, "times"))


def report_row(bench, table, label, flow, work):
    tool = Crumb(bench.net, bench.tmp, label, BARE, flow)
    bench.say(f"  {label}")
    try:
        tool.start()
        work()
        got = tool.finish()
        t0 = now()
        p = CHILDREN.start([bench.net.crumb, "report", "--format", "json", "-o", "/dev/null",
                            tool.path("crumb.pcapng")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        peak = 0
        while p.poll() is None:
            peak = max(peak, peak_rss_kib(p.pid))
            if now() - t0 > 120:
                p.kill()
            time.sleep(0.002)
        took = now() - t0
        said = p.stderr.read().decode().strip()
        if p.returncode:
            raise Unable(f"crumb report ended with status {p.returncode}: {said[-200:]}")
        table.row(label, count(got.events), number(got.output_bytes / 1e6, 1), number(took),
                  number(got.events / took, 0), number(peak / 1024, 1))
        return got.events / took, peak
    finally:
        tool.forget()


# ---------------------------------------------------------------- main

PARTS = {  # programs first: it counts the hooks that pingpong divides by
    "programs": bench_programs,
    "pingpong": bench_pingpong,
    "bulk": bench_bulk,
    "startup": bench_startup,
    "memory": bench_memory,
    "report": bench_report,
}


def run_part(bench, name, part):
    """A part that cannot run says so in the document; the others still do."""
    try:
        part(bench)
    except Unable as e:
        bench.say(f"{name}: {e}")
        table = Table(name, ["part", "figures"])
        table.missing(name, e)
        bench.tables.append(table)
        bench.targets.append(Target(f"{name}: all of it", "–", "–", None))


def options():
    p = argparse.ArgumentParser(prog="bench.py", description="Measure crumb, its peers and the floor.")
    p.add_argument("--quick", action="store_true", help="short runs: about 90 s, wide spread")
    p.add_argument("--only", action="append", choices=PARTS, metavar="NAME",
                   help="this part only (repeat for more): " + ", ".join(PARTS))
    p.add_argument("-o", "--output", metavar="FILE", help="write the document here ('-': standard output)")
    p.add_argument("--crumb", default=os.path.join(ROOT, "build", "crumb"), metavar="PATH")
    p.add_argument("--build-dir", default=os.path.join(ROOT, "build", "bench"), metavar="DIR")
    p.add_argument("--tmp", metavar="DIR", help="where traces go while measured (gigabytes)")
    p.add_argument("--strict", action="store_true", help="exit status 1 when a target is missed")
    return p.parse_args()


def interrupt(sig, frame):
    raise KeyboardInterrupt


def out_of_time(sig, frame):
    raise TimeoutError


def write_document(bench, args, network, started, load):
    command = "./run bench" + (" --quick" if args.quick else "")
    text = document(command, network, now() - started, bench.targets, bench.tables, load)
    path = args.output or ("-" if args.only else os.path.join(ROOT, "docs", "BENCH.md"))
    if path == "-":
        print(text)
        return
    with open(path, "w") as f:
        f.write(text)
    print(targets_table(bench.targets).markdown())
    print(f"tables: {path}")


def main():
    args = options()
    if os.geteuid() != 0:
        print("bench: needs root (namespaces, BPF)", file=sys.stderr)
        return 3
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, interrupt)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(240 if args.quick else 1500)
    started, load = now(), f"{os.getloadavg()[0]:.2f}"
    bench = Bench(args)
    try:
        bench.build()
        bench.net.up()
        for name, part in PARTS.items():
            if args.only and name not in args.only:
                continue
            bench.say(f"{name} ({now() - started:.0f} s)")
            run_part(bench, name, part)
        signal.alarm(0)
        write_document(bench, args, bench.net.how, started, load)
    except Unable as e:
        print(f"bench: {e}", file=sys.stderr)
        return 3
    except (KeyboardInterrupt, TimeoutError) as e:
        print(f"bench: {'out of time' if isinstance(e, TimeoutError) else 'interrupted'}", file=sys.stderr)
        return 1
    finally:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(sig, signal.SIG_IGN)
        CHILDREN.end()
        bench.net.down()
        shutil.rmtree(bench.tmp, ignore_errors=True)
    return 1 if args.strict and any(t.ok is False for t in bench.targets) else 0


if __name__ == "__main__":
    sys.exit(main())
