#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Messages that come late since the receiver's softirq is late: rules that make it so, and which messages were late by how much.

usage: late.py rules N      for nft -f -: a datagram to port 9 on loopback goes through N * N * N rules, in the softirq
As a module: look() and, of what it returns, what the test's own witnesses say; then finish().
"""
import sys

import journeys


def rules(n):
    print("table inet slow {")
    print("chain c0 {", *[f"meta mark {i + 1} accept" for i in range(n)], "}", sep="\n")
    for level in (1, 2):    # chains that go to each other
        print(f"chain c{level} {{", *[f"jump c{level - 1}"] * n, "}", sep="\n")
    print("chain input { type filter hook input priority 0; iifname lo udp dport 9 jump c2; }", "}", sep="\n")


def of(j, codes):
    return sum(s["ns"] for s in j["segments"] if s["code"] in codes)


def taken(j):
    """When the receiver's card gave it: what comes behind that is the reader's."""
    return next(s["t_ns"] for s in j["steps"] if s["host"] == "b" and s["point"] in ("dev.gro", "dev.receive"))


def came(j):
    """What was its last step before the receiver's part of its way, and when: the card's interrupt; leaving the sender, where the card was due already."""
    at = next(i for i, s in enumerate(j["steps"]) if s["host"] == "b")
    step = j["steps"][at if j["steps"][at]["point"] == "dev.irq" else at - 1]
    return step["point"], step["t_ns"]


def quarter(times):
    return sorted(times)[len(times) // 4]


def look(path):
    """(late journeys, all from the quickest on, ns from a usual one's call until the card gave it). rx.irq and rx.napi must have what was added."""
    all_of = sorted(journeys.Trace(path).journeys, key=taken)
    usual = taken(all_of[len(all_of) // 4])
    usual_came = {point: quarter([came(j)[1] for j in all_of if came(j)[0] == point]) for point in {came(j)[0] for j in all_of}}

    def before(j):
        """By how much it came later than usual: the sender's, or the switch's."""
        point, at = came(j)
        return max(0, at - usual_came[point])

    late = [j for j in all_of if taken(j) - before(j) > usual + 30e6]
    added = sum(taken(j) - before(j) - usual for j in late)
    print(f"{sum(map(before, all_of)) / 1e6:.1f} ms of all are from before the receiver, {max(map(before, all_of)) / 1e6:.1f} ms of one")
    part = sum(of(j, ("rx.irq", "rx.napi")) for j in late)
    parts = {}
    for j in late:
        for s in j["segments"]:
            parts[s["code"]] = parts.get(s["code"], 0) + s["ns"]
    print({code: round(ns / 1e6) for code, ns in parts.items() if ns > 5e6})
    print(f"{len(late)} late: {added / 1e6:.0f} ms more than usual ({usual / 1e6:.1f} ms), of that rx.irq and rx.napi {part / 1e6:.0f} ms")
    if len(late) < 5 or not 0.9 * added <= part <= 1.2 * added:
        journeys.complain("not nine tenths of what was added, or more than that")
    return late, all_of, usual


def waits_from_irq(late, least_ns):
    """Those whose interrupt is a step."""
    return [s for j in late for s in j["segments"] if s["from"] == "dev.irq" and s["code"] == "rx.irq" and s["ns"] > least_ns]


def finish():
    print(*list(journeys.complaints)[:10], sep="\n")
    sys.exit(1 if journeys.complaints else 0)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "rules":
        sys.exit(__doc__)
    rules(int(sys.argv[2]))
