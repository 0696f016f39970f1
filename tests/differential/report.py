"""A run and a single tap as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.differential.compare import Difference, Item, compare
from tests.differential.documents import Case
from tests.differential.run import Tally, both
from tests.differential.shrink import shrink
from tests.differential.sides import OUTCOME, Side, Terminals

LEAST = 5.0
"""Percent that each of SHARES needs in a run of at least ENOUGH taps."""
ENOUGH = 2000
SHARES = (
    ("status", "approved"),
    ("status", "declined"),
    ("status", "online_request"),
    ("status", "try_another_interface"),
    ("torn", "torn"),
)
TABLES = (
    "status",
    "torn",
    "after host",
    "reason",
    "cvm",
    "oda",
    "family",
    "profile",
    "start",
    "purpose",
    "chosen",
    "recovery",
    "again",
    "mutations",
)


def missing_shares(tally: Tally) -> list[str]:
    """What a long run has too little of."""
    if tally.taps < ENOUGH:
        return []
    found = []
    for table, word in SHARES:
        share = 100 * tally.number(table, word) / tally.taps
        if share < LEAST:
            found.append(f"only {share:.1f} % of the taps are {word}, not {LEAST:.0f} %")
    return found


def distribution(tally: Tally) -> Iterator[str]:
    """Tables of counts and percentages."""
    for name in TABLES:
        yield name
        for word, count in _sorted(tally, name):
            yield f"  {word:<36} {count:>7}  {100 * count / tally.taps:5.1f} %"
    for name, what in (("rule", "rules that decided"), ("oda_rule", "rules of authentication")):
        found = [f"{rule} {count}" for rule, count in _sorted(tally, name)]
        yield f"{what}: {len(found)} different ones"
        yield from (f"  {', '.join(found[at : at + 8])}" for at in range(0, len(found), 8))
    faults = tally.tables.get("faults", Counter())
    yield f"faults of the catalogue: {len(faults.keys() - {'none'})} different ones"
    yield f"  {'none':<36} {faults['none']:>7}  {100 * faults['none'] / tally.taps:5.1f} %"
    yield f"distinct taps: {len(tally.fingerprints)} of {tally.taps}"


def _sorted(tally: Tally, name: str) -> list[tuple[str, int]]:
    table = tally.tables.get(name, Counter())
    return sorted(table.items(), key=lambda pair: (-pair[1], pair[0]))


def by_kind(differences: list[Difference]) -> dict[tuple[str, ...], list[Difference]]:
    """Differences of one kind together, the most frequent kind first."""
    found: dict[tuple[str, ...], list[Difference]] = {}
    for difference in differences:
        found.setdefault(difference.kind, []).append(difference)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def differences(tally: Tally) -> Iterator[str]:
    """Every kind of difference with its taps."""
    for kind, found in by_kind(tally.differences).items():
        indexes = ", ".join(str(one.index) for one in found[:8])
        more = ", ..." if len(found) > 8 else ""
        yield f"{len(found)} taps ({indexes}{more}) differ in"
        for item in found[0].items:
            yield from _item(item)
        seed, index = found[0].seed, found[0].index
        yield f"  {len(kind)} items; python -m tests.differential --seed {seed} --only {index}"


def _item(item: Item) -> Iterator[str]:
    yield f"  {item.name}"
    one, two = item.kernel, item.oracle
    if isinstance(one, tuple) and isinstance(two, tuple):
        yield f"    only kernel: {_shown([x for x in one if x not in two])}"
        yield f"    only oracle: {_shown([x for x in two if x not in one])}"
    else:
        yield f"    kernel: {one}"
        yield f"    oracle: {two}"


def _shown(values: list[object]) -> str:
    return "; ".join(
        " ".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values
    )


def shrunk(one: Case, second: Terminals) -> Iterator[str]:
    """A case that differs, made short, as a file."""
    shorter = shrink(one, second)
    yield "# still differs in: " + ", ".join(item.name for item in compare(*both(shorter, second)))
    yield shorter.to_toml()


def single(one: Case, second: Terminals) -> Iterator[str]:
    """One tap: the case, then both sides."""
    kernel, oracle = both(one, second)
    yield one.to_toml()
    if _exchanges(kernel) == _exchanges(oracle):
        yield "# both sides"
        yield from _exchanges(kernel)
    else:
        for name, side in (("kernel", kernel), ("oracle", oracle)):
            yield f"# {name}"
            yield from _exchanges(side)
    yield ""
    yield f"{'':<22} {'kernel':<34} oracle"
    for name in OUTCOME:
        yield from _row(name, kernel.told.outcome.get(name), oracle.told.outcome.get(name))
    if kernel.told.after_host or oracle.told.after_host:
        yield f"after the host's {one.tap.get('host') or 'silence'!r}"
        first, second_ = kernel.told.after_host or {}, oracle.told.after_host or {}
        for name in OUTCOME:
            yield from _row(name, first.get(name), second_.get(name))
    if kernel.told.again or oracle.told.again:
        yield "the second transaction"
        first, second_ = kernel.told.again or {}, oracle.told.again or {}
        for name in OUTCOME:
            yield from _row(name, first.get(name), second_.get(name))
    yield from _row("stored", kernel.told.stored, oracle.told.stored)
    yield from _row("card", kernel.card, oracle.card)
    for name, side in (("kernel", kernel), ("oracle", oracle)):
        if side.told.raised:
            yield f"{name} raised\n{side.told.raised}"
    yield ""
    items = compare(kernel, oracle)
    for item in items:
        yield from _item(item)
    yield "no difference" if not items else f"{len(items)} items differ"


def _row(name: str, one: object, two: object) -> Iterator[str]:
    sign = " " if one == two else "*"
    if len(str(one)) <= 34 and len(str(two)) <= 34:
        yield f"{sign} {name:<20} {one!s:<34} {two}"
    elif one == two:
        yield f"{sign} {name:<20} {one}"
    else:
        yield f"{sign} {name:<20} {one}"
        yield f"{sign} {'':<20} {two}"


def _exchanges(side: Side) -> list[str]:
    lines = []
    for command, answer in zip(side.field.commands, side.field.answers, strict=True):
        lines.append(f"> {command.hex().upper()}")
        lines.append(f"< {'(gone)' if answer is None else answer.hex().upper()}")
    return lines
