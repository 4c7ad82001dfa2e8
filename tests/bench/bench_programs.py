# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel's own accounting says: ns per run of crumb's programs, hit and miss, beside the floor."""

import json
import subprocess

from bench_net import CHILDREN, BpfStats, Unable, bpf_program_name, bpf_programs
from bench_report import Table, at_most, count, number
from bench_tools import BARE, Crumb

RUNS_MIN = 500  # a program that ran less often in the measured time is not judged


def bench_programs(bench):
    seconds = 0.5 if bench.quick else 1.5
    hit, miss, why = {}, {}, None
    with bench.ping_pong() as pp, BpfStats():
        try:
            hit, _ = account(bench, pp, "tcp port 4747", seconds)
            miss, trips = account(bench, pp, "tcp port 9", seconds)
            bench.hooks_per_trip = sum(runs for runs, _ in miss.values()) / trips
            why = None if hit else "crumb holds no BPF program that ran"
        except Unable as e:
            why = e
        floor = measure_floor(bench, pp)
    floor_table(bench, floor)
    table = Table("ns per run of crumb's programs",
                  ["program", "hit: runs", "hit: ns", "less the empty program", "miss: runs", "miss: ns",
                   "less the empty program"],
                  "Ping-pong on one core, `crumb record` without stacks, the kernel's own accounting; hit: the "
                  "flow is followed, miss: another port is asked for. The accounting itself costs what the empty "
                  "program shows. A program that also runs for others (scheduler, acknowledgements without bytes) "
                  "shows the mixture.")
    empty = floor["programs"]["empty"]["ns"] if floor else None
    if why:
        table.missing("crumb", why)
    for name in sorted(set(hit) | set(miss)):
        table.row(f"`{name}`", *program_cells(hit.get(name), empty), *program_cells(miss.get(name), empty))
    bench.tables.append(table)
    bench.targets += [worst_program("worst program, flow not selected", miss, 70),
                      worst_program("worst program, flow followed, no stack", hit, 300)]


def account(bench, pp, flow, seconds):
    """{name: (runs, ns per run)} of crumb's programs during a ping-pong, and its round trips."""
    tool = Crumb(bench.net, bench.tmp, "accounting", BARE, flow)
    tool.start()
    before = bpf_programs(tool.proc.pid)
    trips = pp.measure(seconds)["count"]
    after = bpf_programs(tool.proc.pid)
    names = {i: bpf_program_name(i) for i in after}
    tool.finish()
    tool.forget()
    found = {}
    for i, (runs, ns) in after.items():
        runs0, ns0 = before.get(i, (0, 0))
        if runs > runs0:
            found[names[i]] = (runs - runs0, (ns - ns0) / (runs - runs0))
    return found, trips


def program_cells(entry, empty):
    if not entry:
        return ["–", "–", "–"]
    return [count(entry[0]), number(entry[1], 0), number(entry[1] - empty, 0) if empty else "–"]


def worst_program(what, found, limit):
    judged = {name: ns for name, (runs, ns) in found.items() if runs >= RUNS_MIN}
    if not judged:
        return at_most(what, limit, None, "ns per run", 0)
    name = max(judged, key=judged.get)
    return at_most(f"{what} (`{name}`)", limit, judged[name], "ns per run", 0)


def measure_floor(bench, pp):
    """The JSON of `floor`, run while the ping-pong lasts; None and a reason on the table if it cannot run."""
    seconds = 2 if bench.quick else 5
    try:
        binary = bench.binary("floor")
    except Unable as e:
        bench.floor_why = e
        return None
    pp.begin(seconds + 1.5)
    floor = CHILDREN.start([binary, "-t", str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = floor.communicate(timeout=seconds + 20)
    pp.result()
    if floor.returncode:
        bench.floor_why = err.decode().strip()
        return None
    return json.loads(out)


FLOOR_ROWS = (
    ("empty", "an empty program (what the accounting costs)"),
    ("task", "... bpf_get_current_pid_tgid()"),
    ("count", "... a per-CPU counter"),
    ("lookup", "... a look-up in a hash map that finds nothing"),
    ("clock", "... bpf_ktime_get_ns()"),
    ("ring64", "... a ring-buffer record of 64 bytes: reserve, fill, submit, nobody woken"),
    ("ring96", "... a record of 96 bytes"),
    ("ring152", "... a record of 152 bytes"),
    ("cpuring96", "... a record of 96 bytes into a ring of this CPU's own"),
)


def floor_table(bench, floor):
    table = Table("The floor", ["program", "ns per run", "range", "runs"],
                  "At tp_btf/net_dev_start_xmit during the same ping-pong, each program alone.")
    if not floor:
        table.missing("floor", bench.floor_why)
    else:
        for key, text in FLOOR_ROWS:
            p = floor["programs"][key]
            table.row(text, number(p["ns"], 1), f"{p['min_ns']:.1f}..{p['max_ns']:.1f}", count(p["runs"]))
    bench.tables.append(table)
