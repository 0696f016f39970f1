"""Make the generated files of the repository, or check that they are current.

    python tools/generate.py            write what is stale
    python tools/generate.py --check    write nothing, exit 1 when a file is stale

Generated: kernel_c/tags.def from src/tapkern/data/tags.csv, src/tapkern/lab/marks.json from the
marks in kernel_c/src. Output depends on the input alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

from marks import MARK

ROOT = Path(__file__).resolve().parent.parent
TAGS_PY = ROOT / "src" / "tapkern" / "data" / "tags.py"
TAGS_DEF = ROOT / "kernel_c" / "tags.def"
MARKS = ROOT / "src" / "tapkern" / "lab" / "marks.json"

TAGS_HEADER = """\
/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated from src/tapkern/data/tags.csv by tools/generate.py. Do not edit.
 *
 * Data elements of kernel 7, PBOC and EMV, one line per tag, sorted by tag number; the tags of
 * other schemes are left out and count as unknown (TLV-031).
 * TAPK_TAG(tag, source, format, min, max):
 *   source  CARD from the card; TERMINAL, ISSUER never taken from a card (TLV-025)
 *   format  N CN BCD; B binary; A AN ANS text; VAR see the element (FMT-001)
 *   min max length of the value in bytes; no stated limit is 0 and 255, and 255 is the cap
 * 9F45 and 9F4C, which authentication computes, count as the terminal's (TLV-025).
 *
 * Provenance: rebuilt from public material; see src/tapkern/data/README.md.
 */
"""


def load_tags() -> ModuleType:
    """The tag dictionary, loaded by path: it must work before the package is built."""
    spec = importlib.util.spec_from_file_location("tapkern_tags", TAGS_PY)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(TAGS_PY)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tags_def() -> str:
    """The text of kernel_c/tags.def."""
    tags = load_tags()
    lines = []
    for tag in tags.table():
        row, source = tags.find(tag), tags.source_of(tag)
        if source is None:
            continue
        longest = 255 if row.max_len is None else min(row.max_len, 255)
        lines.append(
            f"TAPK_TAG(0x{tag:02X}, {source.name}, {row.format.name}, {row.min_len}, {longest})\n"
        )
    return TAGS_HEADER + "".join(lines)


def marks() -> str:
    """The text of marks.json: the marked rules of the kernel, and whether they are limits."""
    found: dict[str, bool] = {}
    for path in sorted((ROOT / "kernel_c" / "src").glob("**/*.c")):
        for limit, rule in MARK.findall(path.read_text(encoding="utf-8")):
            name = rule.replace("_", "-")
            found[name] = found.get(name, False) or bool(limit)
    about = "Generated from the marks in kernel_c/src by tools/generate.py. Do not edit."
    document = {"about": about, "limit_by_rule": dict(sorted(found.items()))}
    return json.dumps(document, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    args = parser.parse_args()
    stale = 0
    for path, text in ((TAGS_DEF, tags_def()), (MARKS, marks())):
        if path.exists() and path.read_bytes() == text.encode():
            continue
        stale += 1
        name = path.relative_to(ROOT)
        if args.check:
            print(f"{name} is stale: run python tools/generate.py", file=sys.stderr)
        else:
            path.write_bytes(text.encode())
            print(f"wrote {name}")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
