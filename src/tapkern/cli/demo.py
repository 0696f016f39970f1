"""`tapkern demo`: taps of simulated cards, end to end, no hardware.

Exit code 0 only when every situation ended as it should.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapkern._numbers import StepKind
from tapkern.card import Card
from tapkern.cli import online
from tapkern.cli.oda import show as show_chain
from tapkern.cli.show import Screen, colour
from tapkern.data.money import format_amount
from tapkern.issuer.check import Issuer
from tapkern.issuer.host import Host
from tapkern.oda import verify
from tapkern.oda.tapped import data_set
from tapkern.outcome import Outcome, Status
from tapkern.params.capk import resolve
from tapkern.readers.simulated import SimulatedReader
from tapkern.terminal import Exchange, Tap, Terminal, constant_random
from tapkern.transaction import date_digits, time_digits

HELP = "tap simulated cards end to end, no hardware"

DEMO = "tapkern:params/configs/demo.toml"
OFFLINE = "tapkern:params/configs/demo-offline.toml"
SM2 = "tapkern:params/configs/demo-sm2.toml"


@dataclass(frozen=True, slots=True)
class Situation:
    """A tap and how it should end. paid: minor units that leave the card; host: its behaviour."""

    title: str
    card: str
    config: str
    amount: str
    status: Status
    reason: str
    rule: str
    paid: int
    host: str | None = None
    chain: bool = False  # show the authentication check by check


SITUATIONS = (
    Situation(
        "An electronic purse pays offline", "debit", DEMO, "12.50",
        Status.APPROVED, "approved_offline", "QP-120", 1250,
    ),
    Situation(
        "The balance is too low, the terminal offline only", "low-balance", OFFLINE, "12.50",
        Status.DECLINED, "card_declined", "QP-069", 0,
    ),
    Situation(
        "A credit card goes online, its issuer checks the cryptogram", "credit", DEMO, "128.00",
        Status.ONLINE_REQUEST, "card_asked_online", "QP-124", 0, host="verify",
    ),
    Situation(
        "The first card again, but one bit of its signature is forged", "forged", DEMO, "12.50",
        Status.DECLINED, "authentication_failed", "QP-123", 1250,
    ),
    Situation(
        "A card with both algorithms at a terminal that has SM2 keys", "dual", SM2, "12.50",
        Status.APPROVED, "approved_offline", "QP-120", 1250, chain=True,
    ),
    Situation(
        "The same card at a terminal that knows RSA alone", "dual", DEMO, "12.50",
        Status.APPROVED, "approved_offline", "QP-120", 1250, chain=True,
    ),
)  # fmt: skip
REAL, FORGED = 0, 3  # their answers differ in one bit


@dataclass(slots=True)
class Result:
    """What came of a situation. exchanges: every command with its answer."""

    situation: Situation
    outcome: Outcome
    final: Outcome | None
    before: int | None
    after: int | None
    exchanges: list[tuple[bytes, bytes]] = field(repr=False)
    problems: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo takes none."""


def run(args: argparse.Namespace) -> int:
    """Taps all cards; 0 when every situation ended as it should, else 1."""
    console = Console(quiet=args.json, highlight=False)
    # The forged card shall see the very commands of the approved one, and answer them with the
    # same bytes but for one bit; so both taps and both cards share their random numbers.
    number = os.urandom(4)
    card_number = os.urandom(16)
    now = datetime.datetime.now()
    date, time = date_digits(now), time_digits(now.time())
    results = []
    for place, situation in enumerate(SITUATIONS, 1):
        console.print()
        console.print(Text(f"{place}. {situation.title}", style="bold"), soft_wrap=True)
        result = _tap(situation, console, number, card_number, date, time)
        _judge(result)
        results.append(result)
    _compare(results[REAL], results[FORGED])
    if args.json:
        print(json.dumps({"taps": [_json(result) for result in results]}, ensure_ascii=False))
    else:
        _table(console, results)
    return 0 if not any(result.problems for result in results) else 1


def _tap(
    situation: Situation, console: Console, number: bytes, card_number: bytes, date: str, time: str
) -> Result:
    terminal = Terminal.from_toml(resolve(situation.config, Path()))
    card = Card.load(situation.card, random=lambda count: card_number[:count])
    reader = SimulatedReader(card, name=f"sim:{situation.card}")
    screen = Screen(console, terminal.exponent)
    screen.header(terminal, reader.name)
    exchanges: list[tuple[bytes, bytes]] = []

    def observe(tap: Tap, exchange: Exchange) -> None:
        screen.step(tap, exchange)
        if exchange.kind is StepKind.TRANSMIT:
            exchanges.append((exchange.request, exchange.answer or b""))

    before = terminal.balance(reader).balance_minor
    tap = terminal.tap(
        reader, situation.amount, date=date, time=time, sequence=1,
        random=constant_random(number), on_ui=screen.message, on_step=observe,
    )  # fmt: skip
    outcome = tap.outcome
    screen.verdict(outcome)
    if situation.chain:
        _chain(tap, exchanges, console)
    final = None
    if situation.host is not None:
        answered = online.complete(tap, Host(Issuer.ready(), behaviour=situation.host), console)
        if answered is not None:
            _, final = answered
            screen.verdict(final)
    after = terminal.balance(reader).balance_minor
    tap.wipe()
    return Result(situation, outcome, final, before, after, exchanges)


def _chain(tap: Tap, exchanges: list[tuple[bytes, bytes]], console: Console) -> None:
    """CA key, issuer, card, signature: what was recovered, what was checked."""
    data = data_set(tap, exchanges)
    if data is not None and not console.quiet:
        console.print()
        show_chain(verify(data), "en", console=console)


def _judge(result: Result) -> None:
    """Notes everything that is not as it should be."""
    wanted, outcome = result.situation, result.outcome
    for what, is_, should in (
        ("outcome", outcome.status.value, wanted.status.value),
        ("reason", outcome.reason, wanted.reason),
        ("rule", outcome.rule, wanted.rule),
    ):
        if is_ != should:
            result.problems.append(f"{what} is {is_}, not {should}")
    if wanted.host is not None and (result.final is None or not result.final.approved):
        result.problems.append("the host's approval did not count")
    if result.before is not None or wanted.paid:
        left = None if result.before is None else result.before - wanted.paid
        if result.after is None or result.after != left:
            result.problems.append(f"balance after is {result.after}, not {left}")


def _compare(real: Result, forged: Result) -> None:
    """The forgery is one bit of the answers; the commands are the same bytes."""
    if [command for command, _ in real.exchanges] != [command for command, _ in forged.exchanges]:
        forged.problems.append("the forged card saw other commands")
        return
    bits = 0
    for (_, one), (_, other) in zip(real.exchanges, forged.exchanges, strict=True):
        if len(one) != len(other):
            forged.problems.append("the forged card gave an answer of another length")
            return
        difference = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
        bits += difference.bit_count()
    if bits != 1:
        forged.problems.append(f"the answers differ in {bits} bits, not in one")


def _json(result: Result) -> dict[str, object]:
    final = None if result.final is None else result.final.to_json()
    return {
        "card": result.situation.card,
        **result.outcome.to_json(),
        "title": result.situation.title,
        "amount": result.situation.amount,
        "balance_before": result.before,
        "balance_after": result.after,
        "final": final,
        "as_it_should": not result.problems,
        "problems": result.problems,
    }


def _table(console: Console, results: list[Result]) -> None:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", padding=(0, 1), pad_edge=False)
    for name in ("", "card", "outcome", "rule", "balance", "reason"):
        table.add_column(name, no_wrap=name != "reason")
    for result in results:
        outcome = result.outcome
        words = Text(outcome.status.value.replace("_", " "), style=colour(outcome.status))
        if result.final is not None:
            words.append("\n→ ", style="dim")
            words.append(result.final.status.value, style=colour(result.final.status))
        mark = Text("✗", style="bold red") if result.problems else Text("✓", style="bold green")
        table.add_row(
            mark, result.situation.card, words, outcome.rule or "", _balance(result),
            outcome.reason.replace("_", " "),
        )  # fmt: skip
    console.print()
    console.print(table)
    for result in results:
        for problem in result.problems:
            console.print(f"{result.situation.card}: {problem}", style="red", soft_wrap=True)


def _balance(result: Result) -> str:
    """Balance before and after, as read by GET DATA."""
    if result.before is None or result.after is None:
        return "–"
    before, after = format_amount(result.before), format_amount(result.after)
    return before if before == after else f"{before} → {after}"
