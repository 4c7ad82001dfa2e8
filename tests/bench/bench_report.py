# SPDX-License-Identifier: GPL-2.0-only
"""docs/BENCH.md: the tables of a run, and the targets beside what was measured."""

import datetime
import os
import platform
import re


class Target:
    def __init__(self, what, limit, measured, ok, unit=""):
        self.what, self.limit, self.measured, self.ok, self.unit = what, limit, measured, ok, unit


def at_most(what, limit, measured, unit, digits=2):
    ok = None if measured is None else measured <= limit
    return Target(what, f"≤ {limit:.{digits}f}", number(measured, digits), ok, unit)


def at_least(what, limit, measured, unit, digits=2):
    ok = None if measured is None else measured >= limit
    return Target(what, f"≥ {limit:,.{digits}f}", number(measured, digits), ok, unit)


def number(x, digits=2):
    return "–" if x is None else f"{x:,.{digits}f}"


def count(x):
    return "–" if x is None else f"{x:,d}"


def spread(values, digits=2):
    """Median and, where there are several, the range."""
    if not values:
        return "–"
    text = number(median(values), digits)
    if len(values) > 1:
        text += f" [{min(values):.{digits}f}..{max(values):.{digits}f}]"
    return text


def median(values):
    v = sorted(values)
    n = len(v)
    if not n:
        return None
    return v[n // 2] if n % 2 else (v[n // 2 - 1] + v[n // 2]) / 2


class Table:
    def __init__(self, title, columns, note=""):
        self.title, self.columns, self.note, self.rows = title, columns, note, []

    def row(self, *cells):
        assert len(cells) == len(self.columns)
        self.rows.append([str(c) for c in cells])

    def missing(self, label, why):
        why = re.sub(r"\s+", " ", str(why)).replace("|", "\\|")
        self.rows.append([label, f"not measured: {why}"] + [""] * (len(self.columns) - 2))

    def markdown(self):
        lines = [f"## {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines.append("| " + " | ".join(self.columns) + " |")
        lines.append("|" + "---|" * len(self.columns))
        lines += ["| " + " | ".join(r) + " |" for r in self.rows]
        return "\n".join(lines) + "\n"


def machine():
    model = "?"
    with open("/proc/cpuinfo") as f:
        m = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
        if m:
            model = m[1]
    with open("/proc/meminfo") as f:
        mem = int(re.search(r"^MemTotal:\s+(\d+)", f.read(), re.M)[1]) // 1048576
    return f"{os.cpu_count()} CPUs ({model}), {mem} GiB, {platform.machine()}"


def targets_table(targets):
    t = Table("Targets", ["what", "target", "measured", "unit", ""])
    for x in targets:
        t.row(x.what, x.limit, x.measured, x.unit, {True: "ok", False: "**missed**", None: "not measured"}[x.ok])
    return t


def document(command, network, seconds, targets, tables, disturbed):
    head = [
        "# How fast", "",
        f"Written by `{command}`; do not edit.", "",
        f"- date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, "
        f"the whole run took {seconds:.0f} s",
        f"- kernel: Linux {platform.release()}",
        f"- machine: {machine()}",
        f"- network: namespaces a – sw (bridge) – b over veth, built by {network}",
        f"- load average at the start: {disturbed}",
        "- method: untraced and traced in turn within this run, one pair after the other; figures are medians "
        "over the pairs, ranges in brackets. Times are CLOCK_MONOTONIC. Every count of events and losses is the "
        "tool's own.", "",
    ]
    return "\n".join(head) + "\n" + "\n".join(t.markdown() for t in [targets_table(targets)] + tables)
