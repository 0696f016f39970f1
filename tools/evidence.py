"""The table of docs/hostile.md: what shows that no card can break the kernel, and its last runs.

    python tools/evidence.py note NAME --size TEXT --findings N   a run's result, in build/evidence/
    python tools/evidence.py table      build/evidence/* into docs/evidence.json and the table
    python tools/evidence.py check      exit 1 when the table is not of docs/evidence.json

tools/evidence.toml says what the means are. A result carries the digest of the kernel it is about.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEANS = ROOT / "tools" / "evidence.toml"
RUNS = ROOT / "build" / "evidence"
KEPT = ROOT / "docs" / "evidence.json"
PAGE = ROOT / "docs" / "hostile.md"
BEGIN, END = "<!-- evidence: tools/evidence.py -->", "<!-- end of evidence -->"


@dataclass(frozen=True)
class Result:
    """What one run of a means gave: its size in words, findings, the kernel's digest (8 digits)."""

    size: str
    findings: int
    kernel: str


def kernel_digest() -> str:
    """The first 8 digits of the digest over the approved sources."""
    command = ["make", "-s", "-C", str(ROOT / "kernel_c"), "digest"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()[:8]


def means() -> dict[str, dict[str, str]]:
    """The entries of tools/evidence.toml by name, in their order."""
    with MEANS.open("rb") as file:
        return {entry["name"]: entry for entry in tomllib.load(file).get("means", [])}


def read(path: Path) -> Result:
    return Result(**json.loads(path.read_text("utf-8")))


def kept() -> dict[str, Result]:
    """The results that docs/evidence.json holds, by the name of their means."""
    if not KEPT.exists():
        return {}
    return {name: Result(**row) for name, row in json.loads(KEPT.read_text("utf-8")).items()}


def note(name: str, size: str, findings: int) -> None:
    """Keep a run's result for the table. An unknown name is misuse."""
    if name not in means():
        sys.exit(f"{name}: no means of tools/evidence.toml")
    RUNS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(Result(size, findings, kernel_digest())), indent=1) + "\n"
    (RUNS / f"{name}.json").write_text(text, "utf-8")


def table(results: dict[str, Result]) -> str:
    """The table in Markdown: a row a means; one without a result says so."""
    lines = [
        "| means | what it covers | command | size of the run | findings | kernel |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, entry in means().items():
        result = results.get(name)
        last = "not run | - | -"
        if result is not None:
            last = f"{result.size} | {result.findings} | `{result.kernel}`"
        lines.append(f"| {entry['means']} | {entry['covers']} | `{entry['command']}` | {last} |")
    return "\n".join(lines)


def page(results: dict[str, Result]) -> str:
    """docs/hostile.md with the table of these results between its two markers."""
    text = PAGE.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        sys.exit(f"{PAGE.relative_to(ROOT)}: the markers of the table are not there")
    return f"{head}{BEGIN}\n{table(results)}\n{END}{tail}"


def write_table() -> None:
    known = means()
    results = {name: row for name, row in kept().items() if name in known}
    results |= {path.stem: read(path) for path in RUNS.glob("*.json") if path.stem in known}
    ordered = {name: asdict(results[name]) for name in known if name in results}
    KEPT.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(results), "utf-8")


def check() -> int:
    stale = page(kept()) != PAGE.read_text("utf-8")
    if stale:
        print("docs/hostile.md: the table is stale: python tools/evidence.py table")
    return 1 if stale else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    noting = verbs.add_parser("note")
    noting.add_argument("name")
    noting.add_argument("--size", required=True)
    noting.add_argument("--findings", required=True, type=int)
    verbs.add_parser("table")
    verbs.add_parser("check")
    options = parser.parse_args()
    if options.verb == "check":
        return check()
    if options.verb == "table":
        write_table()
    else:
        note(options.name, options.size, options.findings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
