"""How deep the stack gets: the frames of the compiler along the longest path of the call graph.

    stack.py [TARGET...]     targets of stack.toml whose compiler is here; all when none is named

GCC writes frames and calls (-fcallgraph-info=su). A call through a pointer is resolved by the table
[slots] of stack.toml, by the name of the member that is called; a slot that is not there, a target
that does not exist, a static function that nobody calls, recursion, and a frame without a bound are
errors. Exit code 1: one of these, a path deeper than its budget, or no compiler.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KERNEL = HERE.parent
ROOT = KERNEL.parent
NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"( shape : ellipse)? \}')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]*)")? \}')
FRAME = re.compile(r"(\d+) bytes \(([a-z,]+)\)")
CALL = re.compile(r"(?:->|\.)(\w+)\(")
PLAIN = re.compile(r"(\w+)\(")


class Unbounded(Exception):
    """The depth of the stack cannot be told; the text says why."""


@dataclass
class Graph:
    """Frames in bytes and calls by function; a static function is FILE:NAME."""

    frames: dict[str, int] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)

    def read(self, text: str, slots: dict[str, list[str]]) -> None:
        """Takes one file of GCC."""
        for title, label, outside in NODE.findall(text):
            if outside:
                continue
            found = FRAME.search(label)
            if found is None or found[2] == "dynamic":
                raise Unbounded(f"{title}: its frame has no bound")
            self.frames[title] = int(found[1])
        for source, target, place in EDGE.findall(text):
            if target == "__indirect_call":
                self.calls.setdefault(source, set()).update(resolve(place, slots))
            else:
                self.calls.setdefault(source, set()).add(target)


def resolve(place: str, slots: dict[str, list[str]]) -> list[str]:
    """The functions that a call through a pointer at FILE:LINE:COLUMN may reach."""
    name, line, column = place.rsplit(":", 2)
    text = (KERNEL / name).read_text("utf-8").splitlines()[int(line) - 1]
    found = CALL.search(text, int(column) - 1) or PLAIN.search(text, int(column) - 1)
    slot = found[1] if found else text.strip()
    if slot not in slots:
        raise Unbounded(f"{place}: a call through {slot}, which stack.toml does not know")
    return slots[slot]


def check(graph: Graph, settings: dict[str, Any]) -> None:
    """Everything that is called is known; every static function is reached by somebody."""
    outside = set(settings["outside"])
    called = set().union(*graph.calls.values())
    for name in sorted(called - outside - set(graph.frames)):
        raise Unbounded(f"{name}: called, but neither compiled nor named in stack.toml")
    for targets in settings["slots"].values():
        for name in targets:
            if name not in graph.frames:
                raise Unbounded(f"{name}: named in stack.toml, but not compiled")
    idle = [name for name in graph.frames if ":" in name and name not in called]
    if idle:
        raise Unbounded(f"{idle[0]}: nobody calls it; it is missing in [slots] of stack.toml")


def deepest(graph: Graph, outside: int) -> dict[str, tuple[int, list[str]]]:
    """For every function the bytes of its deepest path, and the path."""
    known: dict[str, tuple[int, list[str]]] = {}

    def visit(name: str, way: list[str]) -> tuple[int, list[str]]:
        if name in way:
            raise Unbounded(f"recursion: {' > '.join([*way[way.index(name) :], name])}")
        if name not in graph.frames:
            return outside, []
        if name not in known:
            below = [visit(to, [*way, name]) for to in sorted(graph.calls.get(name, ()))]
            depth, path = max(below, default=(0, []), key=lambda found: found[0])
            known[name] = graph.frames[name] + depth, [name, *path]
        return known[name]

    for name in graph.frames:
        visit(name, [])
    return known


def compile_all(target: dict[str, Any], slots: dict[str, list[str]]) -> Graph:
    """The call graph of src/ and driver/ as this target's compiler makes them."""
    sources = sorted(KERNEL.glob("src/**/*.c")) + sorted(KERNEL.glob("driver/*.c"))
    graph = Graph()
    with tempfile.TemporaryDirectory() as folder:

        def graph_of(item: tuple[int, Path]) -> str:
            at, source = item
            output = Path(folder) / f"{at}.o"
            command = [target["compiler"], "-std=c11", *target["options"], "-Iinclude", "-Isrc"]
            command += ['-DTAPK_DIGEST="-"', "-fstack-usage", "-fcallgraph-info=su", "-c"]
            command += [str(source.relative_to(KERNEL)), "-o", str(output)]
            subprocess.run(command, cwd=KERNEL, check=True)
            return output.with_suffix(".ci").read_text("utf-8")

        with ThreadPoolExecutor(2) as pool:
            for text in pool.map(graph_of, enumerate(sources)):
                graph.read(text, slots)
    return graph


def measure(name: str, target: dict[str, Any], settings: dict[str, Any]) -> tuple[float, str]:
    """Share of the budget that the deepest path takes, and its line."""
    graph = compile_all(target, settings["slots"])
    check(graph, settings)
    depths = deepest(graph, settings["outside_bytes"])
    for entry in settings["entries"]:
        depth, path = depths[entry]
        print(f"{name:10} {entry:20} {depth:6} bytes: {' > '.join(path)}")
    depth, path = max(depths.values(), key=lambda found: found[0])
    line = f"worst {depth} bytes at {' > '.join(path)} ({name}), budget {target['budget']}"
    return depth / target["budget"], line


def main() -> int:
    with (HERE / "stack.toml").open("rb") as file:
        settings = tomllib.load(file)
    wanted = sys.argv[1:] or list(settings["target"])
    results = []
    for name in wanted:
        target = settings["target"][name]
        if shutil.which(target["compiler"]) is None:
            print(f"{name:10} skipped: no {target['compiler']}")
            continue
        try:
            results.append(measure(name, target, settings))
        except (Unbounded, subprocess.CalledProcessError) as problem:
            print(f"stack: {name}: {problem}")
            return 1
    if not results:
        print("stack: nothing measured: no compiler (apt install gcc)")
        return 1
    over = sum(share > 1 for share, _ in results)
    share, line = max(results)
    tool = ROOT / "tools" / "evidence.py"
    size = f"{len(results)} targets, {share:.0%} of the budget"
    note = [sys.executable, str(tool), "note", "stack", "--size", size, "--findings", str(over)]
    subprocess.run(note, capture_output=True, check=False)
    print(f"stack: {line}{': OVER' if over else ''}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
