"""Writing transcripts.

One JSON object a line: a header; then for every step its request and the event that answered it,
each followed by the decisions taken on that event; the outcome at the end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import tapkern
from tapkern import _kernel
from tapkern._numbers import StepKind
from tapkern.data.files import write_whole
from tapkern.errors import UsageError
from tapkern.outcome import UiRequest
from tapkern.terminal import Exchange, Tap
from tapkern.trace.redact import redact

FORMAT = "tapkern-transcript"
VERSION = 1

Line = dict[str, object]


class Recorder:
    """Collects one tap; give it as on_step. The tap stays in memory until save."""

    def __init__(self, *, configuration: str = "", reader: str = "") -> None:
        self._configuration = configuration
        self._reader = reader
        self._tap: Tap | None = None
        self._lines: list[Line] = []
        self._apdus = 0
        self._rules = 0

    @property
    def commands(self) -> int:
        """Commands so far, answered or not."""
        return self._apdus

    def __call__(self, tap: Tap, exchange: Exchange) -> None:
        """Takes one step; the observer of Terminal.tap and Terminal.begin."""
        if self._tap is not None and self._tap is not tap:
            raise UsageError("a recorder takes one tap", hint="make a new Recorder for each tap")
        self._tap = tap
        if exchange.kind is StepKind.OUTCOME and tap.before_host is not None:
            self._lines.append({"type": "outcome", **tap.before_host.to_json(sensitive=True)})
        self._lines.append(self._step(exchange))
        self._take_rules(tap)

    def _take_rules(self, tap: Tap) -> None:
        events = tap.rules(self._rules)
        self._rules += len(events)
        for event in events:
            kind = event.kind.name.lower()
            line: Line = {"type": "rule", "rule": event.rule, "kind": kind, "truth": event.truth}
            if event.value:
                line["value"] = event.value
            self._lines.append(line)

    def _step(self, exchange: Exchange) -> Line:
        answer = None if exchange.answer is None else exchange.answer.hex().upper()
        times: Line = {
            "sent_ms": exchange.sent_ms,
            "received_ms": exchange.now_ms,
            "random": exchange.random.hex().upper(),
        }
        event = exchange.event.name.lower()
        if exchange.kind is StepKind.TRANSMIT:
            self._apdus += 1
            line: Line = {"type": "apdu", "index": self._apdus}
            line["command"] = exchange.request.hex().upper()
            line["event"] = event
            if answer is not None:
                line["response"] = answer
            return {**line, **times}
        line = {"type": "step", "step": exchange.kind.name.lower(), "event": event}
        if exchange.kind is StepKind.OUTCOME:
            line["answer"] = answer
        elif exchange.ui is not None:
            line["ui"] = _ui(exchange.ui)
        elif exchange.kind is StepKind.FIELD_OFF:
            line["hold_ms"] = exchange.hold_ms
        elif exchange.request:
            line["data"] = exchange.request.hex().upper()
        return {**line, **times}

    def lines(self, *, redacted: bool = False) -> list[Line]:
        """The transcript as JSON objects. Errors: UsageError when nothing was recorded."""
        tap = self._tap
        if tap is None:
            raise UsageError("there is no tap to save")
        lines = [self._header(tap), *self._lines]
        if tap.finished:
            outcome = tap.outcome.to_json(sensitive=True)
            lines.append({"type": "outcome", **outcome, "rules_lost": tap.rules_lost})
        return redact(lines) if redacted else lines

    def _header(self, tap: Tap) -> Line:
        transaction = asdict(tap.transaction)
        transaction["purpose"] = tap.transaction.purpose.name.lower()
        transaction["start"] = tap.transaction.start.name
        torn = tap.transaction.torn
        transaction["torn"] = None if torn is None else torn.hex().upper()
        return {
            "type": "header",
            "format": FORMAT,
            "version": VERSION,
            "sensitive": True,
            "product": tapkern.__version__,
            "kernel": {"version": _kernel.version(), "digest": _kernel.kernel_digest()},
            "configuration": {
                "name": self._configuration,
                "digest": _kernel.digest(tap.image).hex(),
                "image": tap.image.hex().upper(),
            },
            "reader": self._reader,
            "transaction": transaction,
            "began_ms": tap.began_ms,
            "random": tap.began_random.hex().upper(),
        }

    def save(self, path: str | Path, *, redacted: bool = False) -> None:
        """Writes the transcript, mode 0600, whole or not at all. Errors: UsageError."""
        write_lines(Path(path), self.lines(redacted=redacted))


def _ui(ui: UiRequest) -> Line:
    line: Line = {"message": ui.name, "status": ui.status.name.lower(), "hold_ms": ui.hold_ms}
    if ui.qualifier:
        line |= {"qualifier": ui.qualifier.name.lower(), "value": ui.value}
        line["currency"] = ui.currency
    return line


def write_lines(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    """Writes JSON Lines beside the target and moves them there. Errors: UsageError."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    try:
        if path.exists() and not path.is_file():
            raise UsageError("cannot write a transcript here: not a regular file", str(path))
        write_whole(path, text)
    except OSError as error:
        raise UsageError(f"cannot write the transcript: {error.strerror}", str(path)) from None
