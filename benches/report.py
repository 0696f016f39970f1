"""Which case stands against which, the table and benches/latest.json.

Ratios are ours divided by theirs: lower is better. Goals are instruction budgets of the project,
not measurements.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from statistics import median

from benches.rounds import ratio

SCALE = {"ns": 1.0, "us": 1000.0}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. figure and ratio are None where something is missing; against says."""

    name: str
    figure: float | None
    unit: str
    against: str
    ratio: float | None

    def as_json(self) -> dict[str, object]:
        """The object in latest.json."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Duel:
    """Our case, their case, and what to call them."""

    name: str
    unit: str
    ours: str
    theirs: str
    label: str


DUELS = (
    Duel("tlv.c.small", "ns", "c.tlv.small", "c.scan.small", "bare header scanner"),
    Duel("tlv.c.big", "ns", "c.tlv.big", "c.scan.big", "bare header scanner"),
    Duel("tlv.py.lazy", "ns", "small.lazy", "small.pyemv", "pyemv"),
    Duel("tlv.py.lazy.vs.c", "ns", "small.lazy", "c.tlv.small", "the index from C (tlv.c.small)"),
    Duel("tlv.py.lazy.big", "ns", "big.lazy", "big.pyemv", "pyemv"),
    Duel("tlv.py.lazy4", "ns", "small.lazy4", "small.pyemv4", "pyemv"),
    Duel("tlv.py.lazy4.big", "ns", "big.lazy4", "big.pyemv4", "pyemv"),
    Duel("tlv.py.tree", "ns", "small.tree", "small.pyemv", "pyemv"),
    Duel("tlv.py.tree.vs.ber-tlv", "ns", "small.tree", "small.ber-tlv", "ber-tlv"),
    Duel("tlv.py.tree.vs.pyosmocom", "ns", "small.tree", "small.pyosmocom", "pyosmocom"),
    Duel("tlv.py.tree.big", "ns", "big.tree", "big.pyemv", "pyemv"),
    Duel("tap.c.online", "us", "c.tap.online", "c.index.online", "index of the same answers"),
    Duel("tap.c.fdda", "us", "c.tap.fdda", "c.oda.e3", "authentication alone"),
    Duel("tap.py.online", "us", "py.tap.online", "c.tap.online", "the same tap in C"),
    Duel("tap.py.online.terminal", "us", "py.terminal.online", "c.tap.online", "the same tap in C"),
    Duel("tap.py.fdda", "us", "py.tap.fdda", "c.tap.fdda", "the same tap in C"),
    Duel("tap.py.fdda.terminal", "us", "py.terminal.fdda", "c.tap.fdda", "the same tap in C"),
    Duel("oda.fdda.rsa.e3.cold", "us", "c.oda.e3", "c.gmp.e3", "libgmp"),
    Duel("oda.fdda.rsa.e3.cold.vs.pow", "us", "c.oda.e3", "py.pow.e3", "Python pow"),
    Duel("oda.fdda.rsa.f4.cold", "us", "c.oda.f4", "c.gmp.f4", "libgmp"),
    Duel("oda.fdda.rsa.f4.cold.vs.pow", "us", "c.oda.f4", "py.pow.f4", "Python pow"),
)

NEEDED = {case for duel in DUELS for case in (duel.ours, duel.theirs)}

BUDGETS: dict[str, tuple[str, int | None]] = {  # row: case of the C program, instructions
    "tlv.c.small.instructions": ("tlv.small", 700),
    "tlv.c.big.instructions": ("tlv.big", 700),
    "tap.c.online.instructions": ("tap.online", 12_000),
    "tap.c.fdda.instructions": ("tap.fdda", 150_000),
    "oda.fdda.rsa.e3.cold.instructions": ("oda.e3", 145_000),
    "oda.fdda.rsa.f4.cold.instructions": ("oda.f4", None),
}


def duel_rows(figures: dict[str, list[float]], known: dict[str, str]) -> list[Row]:
    """Rows of measured cases. known: better labels, or what is wrong with a peer, by label."""
    rows = []
    for duel in DUELS:
        ours, theirs = figures[duel.ours], figures.get(duel.theirs)
        rows.append(
            Row(
                duel.name,
                _rounded(median(ours) / SCALE[duel.unit]),
                duel.unit,
                known.get(duel.label, duel.label),
                None if theirs is None else _rounded(ratio(ours, theirs)),
            )
        )
    return rows


def instruction_rows(counts: dict[str, float], problem: str) -> list[Row]:
    """Rows of instruction counts; those without a count name the problem."""
    rows = []
    for name, (case, budget) in BUDGETS.items():
        count = counts.get(case)
        if count is None:
            rows.append(Row(name, None, "instructions", problem, None))
        else:
            against = "no goal yet" if budget is None else f"goal of {budget:,}"
            share = None if budget is None else _rounded(count / budget)
            rows.append(Row(name, float(round(count)), "instructions", against, share))
    return rows


def _rounded(value: float) -> float:
    """Four significant digits; the rest is noise."""
    return float(f"{value:.4g}")


def show(rows: list[Row]) -> None:
    """The table: with rich on a terminal, plain text elsewhere."""
    heads = ("name", "figure", "unit", "against", "ratio")
    lines = [
        (
            row.name,
            "-" if row.figure is None else f"{row.figure:,.4g}" if row.figure < 1e4
            else f"{row.figure:,.0f}",
            row.unit,
            row.against,
            "-" if row.ratio is None else f"{row.ratio:.3g}",
        )
        for row in rows
    ]  # fmt: skip
    if sys.stdout.isatty():
        _show_rich(heads, lines)
        return
    widths = [max(len(line[i]) for line in [heads, *lines]) for i in range(5)]
    for line in [heads, *lines]:
        name, figure, unit, against, share = (
            text.rjust(width) if i in (1, 4) else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        print(f"{name}  {figure} {unit}  {share}  {against}".rstrip())


def _show_rich(heads: tuple[str, ...], lines: list[tuple[str, str, str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads, caption="ratio: ours divided by what it stands against; lower is better")
    for index in (1, 4):
        table.columns[index].justify = "right"
    for line in lines:
        table.add_row(*line)
    Console().print(table)
