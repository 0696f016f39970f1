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
    """Our case, their case, and what to call them. note: how they are used."""

    name: str
    unit: str
    ours: str
    theirs: str
    label: str
    note: str = ""


OPENSSL_SM2 = "OpenSSL with SM2"  # some builds of it leave SM2 out
READY = "keys ready"
FRESH = "card keys from bytes"
LEFT = "the operations left"
COLD = "the same, cold"


def _tlv() -> list[Duel]:
    scan, pyemv, from_c = "bare header scanner", "pyemv", "the index from C (tlv.c.small)"
    return [
        Duel("tlv.c.small", "ns", "c.tlv.small", "c.scan.small", scan),
        Duel("tlv.c.big", "ns", "c.tlv.big", "c.scan.big", scan),
        Duel("tlv.py.lazy", "ns", "small.lazy", "small.pyemv", pyemv),
        Duel("tlv.py.lazy.vs.c", "ns", "small.lazy", "c.tlv.small", from_c),
        Duel("tlv.py.lazy.big", "ns", "big.lazy", "big.pyemv", pyemv),
        Duel("tlv.py.lazy4", "ns", "small.lazy4", "small.pyemv4", pyemv),
        Duel("tlv.py.lazy4.big", "ns", "big.lazy4", "big.pyemv4", pyemv),
        Duel("tlv.py.tree", "ns", "small.tree", "small.pyemv", pyemv),
        Duel("tlv.py.tree.vs.ber-tlv", "ns", "small.tree", "small.ber-tlv", "ber-tlv"),
        Duel("tlv.py.tree.vs.pyosmocom", "ns", "small.tree", "small.pyosmocom", "pyosmocom"),
        Duel("tlv.py.tree.big", "ns", "big.tree", "big.pyemv", pyemv),
    ]


def _taps() -> list[Duel]:
    same = "the same tap in C"
    return [
        Duel("tap.c.online", "us", "c.tap.online", "c.index.online", "index of the same answers"),
        Duel("tap.c.fdda", "us", "c.tap.fdda", "c.oda.e3.cold", "authentication alone"),
        Duel("tap.py.online", "us", "py.tap.online", "c.tap.online", same),
        Duel("tap.py.online.terminal", "us", "py.terminal.online", "c.tap.online", same),
        Duel("tap.py.fdda", "us", "py.tap.fdda", "c.tap.fdda", same),
        Duel("tap.py.fdda.terminal", "us", "py.terminal.fdda", "c.tap.fdda", same),
    ]


def _rsa(e: str) -> list[Duel]:
    """The rows of an exponent: e3 or f4."""
    name, case, cold = f"oda.fdda.rsa.{e}", f"c.oda.{e}", f"c.oda.{e}.cold"
    single, ours = f"rsa.1984.{e}", f"c.rsa.1984.{e}"
    gmp, openssl = "libgmp", "OpenSSL"
    return [
        Duel(f"{name}.cold", "us", cold, f"c.gmp.{e}.cold", gmp),
        Duel(f"{name}.cold.vs.openssl", "us", cold, f"c.openssl.{e}", openssl, READY),
        Duel(f"{name}.cold.vs.openssl.fresh", "us", cold, f"c.openssl.{e}.fresh", openssl, FRESH),
        Duel(f"{name}.cold.vs.pow", "us", cold, f"py.pow.{e}", "Python pow"),
        Duel(f"{name}.cached", "us", f"{case}.cached", cold, COLD),
        Duel(f"{name}.cached.vs.gmp", "us", f"{case}.cached", f"c.gmp.{e}.cached", gmp, LEFT),
        Duel(f"{name}.known", "us", f"{case}.known", cold, COLD),
        Duel(f"{name}.known.vs.gmp", "us", f"{case}.known", f"c.gmp.{e}.known", gmp, LEFT),
        Duel(single, "us", ours, f"c.gmp.1984.{e}", gmp),
        Duel(f"{single}.vs.openssl", "us", ours, f"c.openssl.1984.{e}", openssl, READY),
        Duel(f"{single}.vs.pow", "us", ours, f"py.pow.1984.{e}", "Python pow"),
    ]


def _sm2() -> list[Duel]:
    name, cold, verify = "oda.sm2.chain", "c.oda.sm2.cold", "c.sm2.verify"
    openssl, gmssl = OPENSSL_SM2, "gmssl"
    return [
        Duel(f"{name}.cold", "us", cold, "c.openssl.sm2", openssl, READY),
        Duel(f"{name}.cold.vs.openssl.fresh", "us", cold, "c.openssl.sm2.fresh", openssl, FRESH),
        Duel(f"{name}.cold.vs.gmssl", "us", cold, "py.gmssl.chain", gmssl),
        Duel(f"{name}.cached", "us", "c.oda.sm2.cached", cold, COLD),
        Duel(f"{name}.known", "us", "c.oda.sm2.known", cold, COLD),
        Duel("sm2.verify", "us", verify, "c.openssl.verify", openssl, READY),
        Duel("sm2.verify.vs.gmssl", "us", verify, "py.gmssl.verify", gmssl),
        Duel("sm2.verify.small", "us", "c.sm2.verify.small", verify, "the larger code"),
    ]


DUELS = (*_tlv(), *_taps(), *_rsa("e3"), *_rsa("f4"), *_sm2())

NEEDED = {case for duel in DUELS for case in (duel.ours, duel.theirs)}

BUDGETS: dict[str, tuple[str, int | None]] = {  # row: case of the C program, instructions
    "tlv.c.small.instructions": ("tlv.small", 700),
    "tlv.c.big.instructions": ("tlv.big", 700),
    "tap.c.online.instructions": ("tap.online", 12_000),
    "tap.c.fdda.instructions": ("tap.fdda", 150_000),
    "oda.fdda.rsa.e3.cold.instructions": ("oda.e3.cold", 145_000),
    "oda.fdda.rsa.e3.cached.instructions": ("oda.e3.cached", None),
    "oda.fdda.rsa.e3.known.instructions": ("oda.e3.known", None),
    "oda.fdda.rsa.f4.cold.instructions": ("oda.f4.cold", None),
    "oda.fdda.rsa.f4.cached.instructions": ("oda.f4.cached", None),
    "oda.fdda.rsa.f4.known.instructions": ("oda.f4.known", None),
    "rsa.1984.e3.instructions": ("rsa.1984.e3", None),
    "rsa.1984.f4.instructions": ("rsa.1984.f4", None),
    "oda.sm2.chain.cold.instructions": ("oda.sm2.cold", None),
    "oda.sm2.chain.cached.instructions": ("oda.sm2.cached", None),
    "oda.sm2.chain.known.instructions": ("oda.sm2.known", None),
    "sm2.verify.instructions": ("sm2.verify", None),
    "sm2.verify.small.instructions": ("sm2.verify.small", None),
}

_ODA = tuple(
    f"oda.{key}.{how}" for key in ("e3", "f4", "sm2") for how in ("cold", "cached", "known")
)
HEAP: dict[str, tuple[str, ...]] = {  # row: cases of the C program, of which the largest counts
    "heap.tapk_oda": _ODA,
    "heap.tap": ("tap.online", "tap.fdda"),
}
HEAP_PEERS = {"libgmp": "gmp.e3.cold", "OpenSSL": "openssl.e3", OPENSSL_SM2: "openssl.sm2"}


def duel_rows(figures: dict[str, list[float]], known: dict[str, str]) -> list[Row]:
    """Rows of measured cases. known: better labels, or what is wrong with a peer, by label."""
    rows = []
    for duel in DUELS:
        ours, theirs = figures[duel.ours], figures.get(duel.theirs)
        label = known.get(duel.label, duel.label)
        rows.append(
            Row(
                duel.name,
                _rounded(median(ours) / SCALE[duel.unit]),
                duel.unit,
                f"{label}, {duel.note}" if duel.note and theirs else label,
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


def heap_rows(calls: dict[str, int], problem: str) -> list[Row]:
    """Rows of allocations, with those of the peers in words: there is no ratio to 0."""
    peers = ", ".join(f"{name} {calls[case]}" for name, case in HEAP_PEERS.items() if case in calls)
    rows = []
    for name, cases in HEAP.items():
        if problem:
            rows.append(Row(name, None, "allocations", problem, None))
            continue
        goal = "goal of 0" + (f"; a chain: {peers}" if peers and name == "heap.tapk_oda" else "")
        most = float(max(calls[case] for case in cases))
        rows.append(Row(name, most, "allocations", goal, None))
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
