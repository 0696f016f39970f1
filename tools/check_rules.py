"""Compare kernel_c/rules.def with the requirement ids of a specification digest.

    python tools/check_rules.py DIGEST_DIR            compare, exit 1 on a difference
    python tools/check_rules.py DIGEST_DIR --append   add new ids at the end, with new numbers

A requirement id is the first cell of a table row, or a bold list item, in the digest's
Markdown files. Test vectors (TV-) are not requirements. Numbers are only ever appended.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

RULES = Path(__file__).resolve().parent.parent / "kernel_c" / "rules.def"
REQUIREMENT = re.compile(r"^(?:\| *|- \*\*)([A-Z]{2,4}-\d{3})\b", re.MULTILINE)
DEFINED = re.compile(r'^TAPK_RULE\([A-Z]+_\d{3}, *(\d+), "([A-Z]+-\d{3})"\)', re.MULTILINE)


def digest_ids(folder: Path) -> list[str]:
    """Every requirement id of the digest, in reading order, once."""
    found: dict[str, None] = {}
    for page in sorted(folder.glob("*.md")):
        for rule in REQUIREMENT.findall(page.read_text(encoding="utf-8")):
            if not rule.startswith("TV-"):
                found.setdefault(rule)
    return list(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("digest", type=Path)
    parser.add_argument("--append", action="store_true")
    args = parser.parse_args()
    wanted = digest_ids(args.digest)
    if not wanted:
        print(f"no requirement ids under {args.digest}", file=sys.stderr)
        return 2
    text = RULES.read_text(encoding="utf-8") if RULES.exists() else ""
    defined = {rule: int(number) for number, rule in DEFINED.findall(text)}
    if len(set(defined.values())) != len(DEFINED.findall(text)):
        print("rules.def: an id or a number stands twice", file=sys.stderr)
        return 1
    missing = [rule for rule in wanted if rule not in defined]
    extra = [rule for rule in defined if rule not in wanted]
    if args.append and missing:
        last = max(defined.values(), default=0)
        with RULES.open("a", encoding="utf-8") as out:
            for number, rule in enumerate(missing, last + 1):
                out.write(f'TAPK_RULE({rule.replace("-", "_")}, {number}, "{rule}")\n')
        missing = []
    for rule in missing:
        print(f"{rule}: in the digest, not in rules.def")
    for rule in extra:
        print(f"{rule}: in rules.def, not in the digest")
    return 1 if missing or extra else 0


if __name__ == "__main__":
    sys.exit(main())
