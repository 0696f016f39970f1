"""What people see of a tap: a line for every command, the messages, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

import tapkern
from tapkern import _kernel
from tapkern._numbers import Event, StepKind
from tapkern.cli.ending import let_go_of_stdout
from tapkern.data import tlv
from tapkern.data.money import format_amount, from_bcd
from tapkern.errors import TlvError
from tapkern.outcome import Cvm, Outcome, Status, UiRequest
from tapkern.terminal import Exchange, Tap, Terminal
from tapkern.trace.times import Lap, shares

PPSE = bytes.fromhex("325041592E5359532E4444463031")

_COLOURS = {
    Status.APPROVED: "bold green",
    Status.ONLINE_REQUEST: "bold yellow",
    Status.DECLINED: "bold red",
}
_CRYPTOGRAMS = {0: "AAC", 1: "TC", 2: "ARQC", 3: "reserved type"}


def colour(status: Status) -> str:
    """The colour of an outcome."""
    return _COLOURS.get(status, "bold magenta")


class Paper(Console):
    """A console that falls silent when it cannot be written; failure then says why."""

    failure: OSError | None = None

    def print(self, *objects: Any, **how: Any) -> None:
        """As Console.print; no OSError."""
        try:
            super().print(*objects, **how)
        except OSError as error:
            self.fall_silent(error)

    def on_broken_pipe(self) -> None:
        """Whoever read it has gone; that is no reason to end."""
        self.fall_silent(BrokenPipeError())

    def fall_silent(self, why: OSError) -> None:
        """Prints no more."""
        self.failure, self.quiet = why, True
        let_go_of_stdout()


class Screen:
    """Prints a tap while it runs; give step as on_step and message as on_ui."""

    def __init__(self, console: Console, exponent: int) -> None:
        self._console = console
        self._exponent = exponent
        self._began: int | None = None

    def header(self, terminal: Terminal, reader: str) -> None:
        """Which kernel, configuration and reader."""
        self._line(
            Text(
                f"tapkern {tapkern.__version__}  kernel {_kernel.version()} "
                f"{_kernel.kernel_digest()[:8]}  config {terminal.name or '-'} "
                f"{terminal.config_digest[:8]}  reader {reader}",
                style="dim",
            )
        )

    def message(self, ui: UiRequest) -> None:
        """A message to the cardholder."""
        text = ui.text("en")
        if text:
            self._line(Text(f"{'':10}{text} / {ui.text('zh')}", style="cyan"))

    def step(self, tap: Tap, exchange: Exchange) -> None:
        """One command with its answer."""
        if exchange.kind is not StepKind.TRANSMIT:
            return
        if self._began is None:
            self._began = exchange.sent_ms
        since = exchange.sent_ms - self._began
        line = Text(f"{since:5} ms  ", style="dim")
        line.append(f"{command_name(exchange.request):<24}", style="default")
        if exchange.event is Event.ANSWER and exchange.answer is not None:
            status = exchange.answer[-2:].hex().upper()
            line.append(f" {status}", style="green" if status == "9000" else "yellow")
            line.append(f"{exchange.now_ms - exchange.sent_ms:6} ms  ", style="dim")
            words = clause(exchange.request, exchange.answer, self._exponent)
            line.append(words, style="default")
        else:
            line.append(f" {exchange.event.name.lower().replace('_', ' ')}", style="red")
        self._line(line)

    def times(self, laps: Sequence[Lap]) -> None:
        """A line for each command with the time of the terminal before it and of the card."""
        self._line(Text(f"{'':10}{'':24} {'terminal':>12} {'card':>12}", style="dim"))
        for lap in laps:
            name = command_name(lap.command) if lap.command else "outcome"
            card = f"{lap.card_ms:9.2f} ms" if lap.command else ""
            gone = "" if lap.answered or not lap.command else "  no answer"
            self._line(Text(f"{'':10}{name:<24} {lap.terminal_ms:9.2f} ms {card:>12}{gone}"))
        terminal, card_sum = shares(laps)
        share = 100 * terminal / (terminal + card_sum or 1)
        line = f"{'':10}{'in all':<24} {terminal:9.2f} ms {card_sum:9.2f} ms"
        self._line(Text(f"{line}  the terminal's share {share:.0f} %", style="bold"))

    def verdict(self, outcome: Outcome) -> None:
        """The outcome with its reason and the rule that decided."""
        line = Text("          ")
        line.append(outcome.status.value.replace("_", " "), style=colour(outcome.status))
        line.append(f"  {outcome.reason_text('en')} / {outcome.reason_text('zh')}")
        if outcome.rule:
            failed = f" after {outcome.oda_rule}" if outcome.oda_rule else ""
            line.append(f"  [{outcome.rule}{failed}]", style="dim")
        self._line(line)
        facts = []
        if outcome.cvm is not Cvm.NA:
            facts.append(f"CVM {outcome.cvm.value}")
        if outcome.pan:
            facts.append(outcome.pan)
        if outcome.balance_minor is not None:
            when = "before" if outcome.balance_is_before else "after"
            facts.append(f"balance {when} {format_amount(outcome.balance_minor, self._exponent)}")
        if outcome.approval_code:
            facts.append(f"approval code {outcome.approval_code}")
        if outcome.card_may_have_paid:
            facts.append("the card may have paid: keep the record")
        if facts:
            self._line(Text(f"{'':10}{' · '.join(facts)}"))

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True, highlight=False)


def command_name(command: bytes) -> str:
    """A command in a few words."""
    if len(command) < 4:
        return command.hex().upper()
    ins, p1, p2, data = command[1], command[2], command[3], command[5:-1]
    if ins == 0xA4:
        return "SELECT PPSE" if data == PPSE else f"SELECT {data.hex().upper()}"
    if ins == 0xA8:
        return "GET PROCESSING OPTIONS"
    if ins == 0xB2:
        return f"READ RECORD {p1} of file {p2 >> 3}"
    if ins == 0xCA:
        return f"GET DATA {p1:02X}{p2:02X}"
    return command[:4].hex().upper()


def clause(command: bytes, answer: bytes, exponent: int) -> str:
    """What an answer tells, in a plain clause without card numbers."""
    if len(answer) < 3:
        return ""
    try:
        message = _kernel.Message(answer[:-2], skip_ff=True)
    except TlvError as error:
        return f"not well-formed TLV at {error.where}"
    ins = command[1] if len(command) > 1 else 0
    if ins == 0xA4 and command[5:-1] == PPSE:
        return _directory(message)
    if ins == 0xA4:
        return _application(message)
    if ins == 0xA8:
        return _processing_options(message)
    if ins == 0xCA:
        return _amounts(message, exponent)
    tags = [f"{tag:X}" for depth, tag, _, _ in message if depth > 0]
    return " ".join(tags)


def _directory(message: _kernel.Message) -> str:
    names = [name.hex().upper() for name in message.get_all(0x4F)]
    return f"{len(names)} application{'s' if len(names) != 1 else ''}: {' '.join(names)}"


def _application(message: _kernel.Message) -> str:
    label = (message.get(0x50) or b"").decode("ascii", errors="replace").strip()
    pdol = message.get(0x9F38)
    if pdol is None:
        return f"{label}, no PDOL"
    try:
        entries = tlv.read_dol(pdol)
    except TlvError:
        return f"{label}, PDOL malformed"
    return f"{label}, PDOL {len(entries)} objects, {tlv.dol_length(entries)} bytes"


def _processing_options(message: _kernel.Message) -> str:
    parts = []
    for tag, name in ((0x82, "AIP"), (0x9F6C, "CTQ")):
        value = message.get(tag)
        if value is not None:
            parts.append(f"{name} {value.hex().upper()}")
    identifier, issuer = message.get(0x9F27), message.get(0x9F10)
    if identifier:
        parts.insert(0, _CRYPTOGRAMS[identifier[0] >> 6])
    elif issuer is not None and len(issuer) >= 5:
        parts.insert(0, _CRYPTOGRAMS[issuer[4] >> 4 & 3])
    afl = message.get(0x94) or b""
    count = sum(max(0, afl[at + 2] - afl[at + 1] + 1) for at in range(0, len(afl) - 3, 4))
    parts.append(f"{count} records" if count else "no records")
    return ", ".join(parts)


def _amounts(message: _kernel.Message, exponent: int) -> str:
    for _, tag, _, value in message:
        if tag in (0x9F79, 0x9F5D) and len(value) == 6:
            try:
                return f"balance {format_amount(from_bcd(value), exponent)}"
            except ValueError:
                return "balance malformed"
    return ""
