"""A lookup in a deny list of ten million numbers, next to SQLite: `python -m benches.denylist`.

Not part of `make bench`: building the lists takes a minute or two and about a gigabyte of disk. The
numbers are made up; half of the lookups are hits. Both sides are asked the same, in one process.
"""

from __future__ import annotations

import datetime
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tapkern.transit import DenyList, build

ENTRIES = 10_000_000
ASKED = 20_000
ROUNDS = 7

Find = Callable[[str], bool]


def numbers(count: int, seed: int) -> list[str]:
    """Card numbers of 16 digits that begin with 62; nearly all differ."""
    chance = random.Random(seed)
    return [f"62{chance.randrange(10**14):014d}" for _ in range(count)]


def in_sqlite(path: Path, entries: Sequence[str]) -> Find:
    """The peer: one table whose key is the number."""
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE deny (number TEXT PRIMARY KEY) WITHOUT ROWID")
    with base:
        base.executemany("INSERT OR IGNORE INTO deny VALUES (?)", ((one,) for one in entries))

    def find(pan: str) -> bool:
        asked = base.execute("SELECT 1 FROM deny WHERE number = ?", (pan,))
        return asked.fetchone() is not None

    return find


def microseconds(find: Find, asked: Sequence[str]) -> float:
    """One lookup, CPU time of a pass over all."""
    began = time.process_time()
    for pan in asked:
        find(pan)
    return 1e6 * (time.process_time() - began) / len(asked)


def main(words: Sequence[str]) -> int:
    """Builds both lists and prints what a lookup costs; words: how many entries."""
    count = int(words[0]) if words else ENTRIES
    entries = numbers(count, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "list.csv", Path(folder) / "deny.bin"
        source.write_text("\n".join(entries))
        began = time.perf_counter()
        kept = build(source, made, version="bench", day=datetime.date.today())
        took = time.perf_counter() - began
        source.unlink()
        entries.sort()
        hits = entries[:: max(1, count // (ASKED // 2))][: ASKED // 2]
        peer = in_sqlite(Path(folder) / "deny.db", entries)
        del entries
        asked = [*hits, *numbers(ASKED // 2, seed=2)]
        random.Random(3).shuffle(asked)
        with DenyList(made) as ours:
            if any(ours.find(pan) != peer(pan) for pan in asked):
                print("the two lists do not agree", file=sys.stderr)
                return 1
            rounds = [(microseconds(ours.find, asked), microseconds(peer, asked))
                      for _ in range(ROUNDS)]  # fmt: skip
        size = made.stat().st_size
    mine, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"entries {kept}, {size / 1e6:.0f} MB, built in {took:.0f} s")
    print(f"lookup {mine:.1f} us, SQLite {theirs:.1f} us, ratio {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
