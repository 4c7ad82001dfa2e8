#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Journeys of a whole trace against those of its parts, joined (split_trace): joined.py WHOLE.json JOINED.json

The same messages with the same verdicts, bytes and steps; within a host the same times but for the clock's drift; between hosts
within the bound that stands beside the segment.
"""
import json
import sys

DRIFT = 200e-6
complaints = []


def complain(text):
    complaints.append(text)


def journeys(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return {(j["id"], j["offset"], j["src"]): j for j in lines if j["type"] == "journey"}, lines


def places(journey):
    return [(s["host"], s["point"], s["dev"], s["exact"]) for s in journey["steps"]]


def compare(name, whole, joined):
    for key in ("verdict", "bytes", "offset", "reads", "retransmits", "reason", "where"):
        if whole.get(key) != joined.get(key):
            complain(f"{name}: {key} {joined.get(key)}, not {whole.get(key)}")
    for end in ("sender", "receiver"):
        mine, theirs = joined[end], whole[end]
        if (mine or {}).get("pid") != (theirs or {}).get("pid") or (mine or {}).get("host") != (theirs or {}).get("host"):
            complain(f"{name}: {end} {mine}, not {theirs}")
    if [p[:3] for p in places(whole)] != [p[:3] for p in places(joined)]:
        complain(f"{name}: steps {places(joined)}, not {places(whole)}")
        return
    if sum(s["ns"] for s in joined["segments"]) + joined["unexplained_ns"] != joined["total_ns"]:
        complain(f"{name}: the account is not exact")
    bounds = {(s["from"], s["to"], s["host"]): s["bound_ns"] for s in joined["segments"] if "bound_ns" in s}
    for i in range(1, len(whole["steps"])):
        was = whole["steps"][i]["t_ns"] - whole["steps"][i - 1]["t_ns"]
        now = joined["steps"][i]["t_ns"] - joined["steps"][i - 1]["t_ns"]
        hosts = [joined["steps"][k]["host"] for k in (i - 1, i)]
        if now < 0:
            complain(f"{name}: a negative delay, {now} ns")
        if hosts[0] == hosts[1]:
            if abs(now - was) > 4 + was * DRIFT:
                complain(f"{name}: {now} ns within {hosts[0]}, not {was}")
            continue
        bound = bounds.get((joined["steps"][i - 1]["point"], joined["steps"][i]["point"], ">".join(hosts)))
        if bound is None:
            complain(f"{name}: no bound from {hosts[0]} to {hosts[1]}")
        elif abs(now - was) > bound + 4:
            complain(f"{name}: {now} ns from {hosts[0]} to {hosts[1]}, not {was}: beyond its bound {bound}")
    if bounds and joined["clock"]["state"] != "bounded":
        complain(f"{name}: clock {joined['clock']}")


def main(whole, joined):
    before, _ = journeys(whole)
    after, lines = journeys(joined)
    if before.keys() != after.keys():
        complain(f"{len(before)} journeys became {len(after)}: {list(before.keys() ^ after.keys())[:4]}")
    for key in before.keys() & after.keys():
        compare(f"{key[2]} offset {key[1]}", before[key], after[key])
    hosts = {h["boot_id"] for h in lines[0]["hosts"]}
    across = sum("bound_ns" in s for j in after.values() for s in j["segments"])
    print(f"{len(after)} journeys, {len(hosts)} boot ids, {across} segments across hosts")
    for text in complaints[:10]:
        print(text)
    return 1 if complaints or not before or not across else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
