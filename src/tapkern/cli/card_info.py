"""`tapkern card-info`: balances, limits and logs of a card, without a payment."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapkern._numbers import LogEnd
from tapkern.card_info import CardInfo, Log, LogEntry, Purse
from tapkern.cli.inside import WIDTH
from tapkern.cli.show import Screen
from tapkern.data.money import format_amount
from tapkern.errors import UsageError
from tapkern.params.capk import resolve
from tapkern.readers import open_reader
from tapkern.terminal import Terminal

HELP = "balances, limits, counters and logs of a card; nothing is paid"

DEFAULT_CONFIG = "tapkern:params/configs/demo-all.toml"  # every application of the ready cards

_ENDS = {
    LogEnd.NONE: "the card names no such log",
    LogEnd.NO_FILE: "the card names a file that is no log",
    LogEnd.REFUSED: "the card refused the next record",
    LogEnd.MORE: "the card has more records than are read",
    LogEnd.FULL: "the next record did not fit",
}
"""Ends of a log that people are told; the others are those of a log that was read whole."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("--reader", required=True, metavar="KIND:NAME", help="sim:, pcsc: or tcp:")
    add("--config", metavar="FILE", help="terminal configuration (default: demo-all)")
    add("--state", metavar="FILE", type=Path, help="where a simulated card is kept between taps")
    add(
        "--fault", metavar="NAME[:VALUE,...]", action="append", default=[],
        help="what a simulated card does wrong, see tapkern card faults",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Reads a card; 0 when it was read, 1 when it refused, left or did not come."""
    if args.reader.startswith("replay:"):
        raise UsageError("a transcript is no card", args.reader, "tapkern tap replays it")
    terminal = Terminal.from_toml(resolve(args.config or DEFAULT_CONFIG, Path()))
    console = Console(
        quiet=args.json, highlight=False, width=None if sys.stdout.isatty() else WIDTH
    )
    reader = open_reader(args.reader, state=args.state, faults=args.fault)
    try:
        screen = Screen(console, terminal.exponent)
        screen.header(terminal, reader.name)
        info = terminal.card_info(reader, on_ui=screen.message)
    finally:
        reader.close()
    if args.json:
        print(json.dumps(info.to_json(), ensure_ascii=False))
    elif info.read:
        _show(console, info)
    else:
        screen.verdict(info.outcome)
    return 0 if info.read else 1


def _show(console: Console, info: CardInfo) -> None:
    console.print(Text(f"{info.aid} {info.label or ''}".rstrip(), style="bold"), soft_wrap=True)
    if info.blocked:
        console.print(Text("the application is blocked (LG-004)", style="red"))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, words in _facts(info):
        facts.add_row(name, Text(words))
    console.print(facts)
    _log(
        console, "transaction log", info.log, ("type", "amount", "currency", "country", "merchant")
    )
    _log(console, "load log", info.load_log, ("purse", "before", "after"))


def _facts(info: CardInfo) -> list[tuple[str, str]]:
    found = [] if info.purses else [("balance", "the card does not tell")]
    for purse in info.purses:
        found += _purse(purse)
    if info.atc is not None:
        found.append(("transactions", str(info.atc)))
    if info.last_online_atc is not None:
        found.append(("last online", str(info.last_online_atc)))
    return found


def _purse(purse: Purse) -> list[tuple[str, str]]:
    whose = "" if purse.from_card else " (of the terminal; the card does not tell)"
    rows = [("currency", f"{purse.currency:03d}{whose}")]
    for name, minor in (
        ("balance", purse.balance_minor),
        ("spendable offline", purse.offline_minor),
        ("balance limit", purse.limit_minor),
        ("single purchase", purse.single_minor),
        ("reload below", purse.reset_minor),
    ):
        if minor is not None:
            rows.append((name, format_amount(minor, purse.exponent)))
    return rows


def _log(console: Console, title: str, log: Log, columns: tuple[str, ...]) -> None:
    if log.end is LogEnd.NONE:
        return
    console.print()
    console.print(Text(f"{title}, file {log.sfi}: {len(log.entries)} records", style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "date", "time", *columns, "atc"):
        right = name in ("", "amount", "before", "after", "atc")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    odd = [entry for entry in log.entries if not entry.fits]
    for entry in log.entries:
        if entry.fits:
            table.add_row(*(Text(cell) for cell in _cells(entry, columns)))
    if len(odd) < len(log.entries):
        console.print(table)
    for entry in odd:
        words = f"{entry.number}: the card's format does not fit (LG-003): {entry.raw_text}"
        console.print(Text(words, style="yellow"), soft_wrap=True)
    if log.end in _ENDS:
        console.print(Text(_ENDS[log.end], style="yellow"))


def _cells(entry: LogEntry, columns: tuple[str, ...]) -> list[str]:
    values = entry.to_json()
    cells = [values.get(name) for name in ("number", "date", "time", *columns, "atc")]
    return ["" if cell is None else str(cell) for cell in cells]
