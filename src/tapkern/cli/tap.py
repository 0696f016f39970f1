"""`tapkern tap`: one tap on any reader."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tapkern.cli import online
from tapkern.cli.ending import terminable
from tapkern.cli.show import Paper, Screen, command_name
from tapkern.data.files import remove_leftovers
from tapkern.errors import ReaderError, TapkernError, UsageError
from tapkern.outcome import Outcome, Status
from tapkern.params import Ics, read_ics
from tapkern.params.capk import resolve
from tapkern.params.fields import currency as currency_bytes
from tapkern.params.fields import usual_exponent
from tapkern.params.ics import check_image
from tapkern.readers import open_reader
from tapkern.readers.base import Reader
from tapkern.readers.replay import ReplayReader
from tapkern.terminal import Exchange, Tap, Terminal, constant_random
from tapkern.torn import HeldBack, TornRecords
from tapkern.trace import Recorder, replay
from tapkern.trace.times import Lap, Stopwatch, laps_of

HELP = "one tap: sim:CARD, pcsc:NAME, tcp:HOST:PORT or replay:FILE"

DEFAULT_CONFIG = "tapkern:params/configs/demo.toml"
TRACE = 4096  # rule events kept, enough for a transcript without gaps


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("--reader", required=True, metavar="KIND:NAME", help="sim:, pcsc:, tcp: or replay:")
    add("--amount", metavar="12.50", help="in major units; not for replay")
    add("--config", metavar="FILE", help="terminal configuration (default: that of the demo)")
    add(
        "--ics", metavar="FILE[#NAME]",
        help="refuse a configuration that uses what this conformance statement does not state",
    )  # fmt: skip
    add("--currency", metavar="CNY", help="ISO 4217 letters or number (default: the terminal's)")
    add("--type", metavar="00", help="transaction type 9C, two digits (default 00)")
    add("--date", metavar="YYMMDD", help="transaction date (default: today)")
    add("--time", metavar="HHMMSS", help="transaction time (default: now)")
    add("--un", metavar="HEX", help="fixed unpredictable number, 4 bytes; for tests only")
    add("--state", metavar="FILE", type=Path, help="keeps a simulated card between taps")
    add(
        "--fault", metavar="NAME[:VALUE,...]", action="append", default=[],
        help="what a simulated card does wrong, see tapkern card faults",
    )  # fmt: skip
    add("--torn", metavar="FILE", help="keeps the records of torn taps there (tt.recovery)")
    add("--recover", action="store_true", help="bring the newest torn tap of --torn to its end")
    add("--save", metavar="FILE", help="write a transcript (holds card data, mode 0600)")
    add("--save-redacted", metavar="FILE", help="write a transcript without the card number")
    add("--times", action="store_true", help="a line for each command: time of card and terminal")
    online.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Taps; 0 for approved and online_request, 1 for every other outcome and a differing replay.

    With a host the outcome is the one after its answer. Once a card was there the tap goes on
    when nobody can read what is printed.
    """
    console = Paper(quiet=args.json, highlight=False)
    with terminable():
        reader = open_reader(args.reader, state=args.state, faults=args.fault)
        try:
            for path in (args.save, args.save_redacted):
                _check_target(path)
            run = _replay if isinstance(reader, ReplayReader) else _tap
            code = run(args, reader, console)
        finally:
            reader.close()
    if console.failure is not None and not isinstance(console.failure, BrokenPipeError):
        what = f"standard output: cannot be written: {console.failure.strerror}"
        print(f"tapkern: {what}; the tap went on, --save keeps what it was", file=sys.stderr)
        return UsageError.exit_code
    return code


def _tap(args: argparse.Namespace, reader: Reader, console: Paper) -> int:
    if args.amount is None:
        raise UsageError("--amount is missing", "command line", "for example --amount 12.50")
    host = online.host_of(args)
    ics = None if args.ics is None else read_ics(args.ics)
    terminal = _terminal(args.config or DEFAULT_CONFIG, ics)
    if args.config is None and args.reader.startswith("pcsc:"):
        print("no --config: the demo terminal, which knows test keys only", file=sys.stderr)
    currency = _currency(args.currency)
    records = None if args.torn is None else TornRecords(args.torn)
    transaction = terminal.transaction(
        args.amount,
        currency=currency,
        exponent=None if currency in (None, terminal.currency) else usual_exponent(currency),
        type=_type(args.type),
        date=args.date,
        time=args.time,
        torn=_newest(args, records),
    )
    random = None if args.un is None else constant_random(_hex(args.un, "--un", 4))
    screen = Screen(console, transaction.exponent)
    screen.header(terminal, reader.name)
    recorder = Recorder(configuration=terminal.name, reader=reader.name)
    watch = Stopwatch(reader)
    show = not args.times  # drawing lines is no time of a terminal
    # The record of an approval goes once the approval was told.
    store = None if records is None else HeldBack(records)
    try:
        tap = terminal.tap(
            watch if args.times else reader, transaction=transaction, random=random,
            on_ui=screen.message if show else None, store=store,
            on_step=_both(screen, recorder) if show else recorder,
        )  # fmt: skip
    except ReaderError as error:
        # A reader that was never there has nothing to tell; one lost later may have been paid.
        lost = error.tap.outcome if isinstance(error.tap, Tap) else None
        if lost is None or not recorder.commands:
            raise
        screen.verdict(lost)
        if lost.card_may_have_paid:
            error.hint = "the card may have paid: keep the record"
        failed = _save(args, recorder, console)
        if failed is not None:
            error.hint = "; ".join(filter(None, (error.hint, str(failed))))
        return _finish(args, lost, {}, console, store, error)
    except BaseException:
        _save(args, recorder, console)  # what there was until it was broken off
        raise
    extra = _times(args, screen, watch.laps())
    outcome = tap.outcome
    screen.verdict(outcome)
    if host is None:
        failed = _save(args, recorder, console)
        return _finish(args, outcome, extra, console, store, failed)
    try:
        answered = online.complete(tap, host, console)
    except BaseException:
        _save(args, recorder, console)
        raise
    failed = _save(args, recorder, console)
    if answered is not None:
        screen.verdict(tap.outcome)
    extra = {**online.to_json(answered), **extra}
    code = _finish(args, outcome, extra, console, store, failed)
    return code if answered is None or tap.outcome.approved else 1


def _newest(args: argparse.Namespace, records: TornRecords | None) -> bytes | None:
    if not args.recover:
        return None
    found = None if records is None else records.newest()
    if found is None:
        hint = "name the file that an earlier tap left" if records is None else "it is empty"
        raise UsageError("there is no torn tap to recover", args.torn or "--torn", hint)
    return found


def _replay(args: argparse.Namespace, reader: Reader, console: Paper) -> int:
    """Everything comes from the header of the transcript, unless a configuration is named."""
    for name in (
        "amount",
        "currency",
        "type",
        "date",
        "time",
        "un",
        "host",
        "issuer",
        "accounts",
        "script",
        "torn",
    ):
        if getattr(args, name) is not None:
            hint = "a replay takes it from the transcript"
            raise UsageError(f"--{name} is not for a replay", "command line", hint)
    assert isinstance(reader, ReplayReader)
    transcript = reader.transcript
    ics = None if args.ics is None else read_ics(args.ics)
    terminal = _terminal(args.config, ics) if args.config else None
    if ics is not None and terminal is None and transcript.image is not None:
        check_image(transcript.image, ics)
    screen = Screen(console, transcript.transaction.exponent)
    recorder = Recorder(configuration=transcript.config_name, reader=reader.name)
    image = None if terminal is None else terminal.image
    shown = terminal
    if shown is None and transcript.image is not None:
        shown = Terminal(transcript.image, name=transcript.config_name)
    if shown is not None:
        screen.header(shown, reader.name)
    observe = recorder if args.times else _both(screen, recorder)
    result = replay(transcript, image=image, on_step=observe)
    times = _times(args, screen, laps_of(transcript))
    screen.verdict(result.tap.outcome)
    failed = _save(args, recorder, console)
    for difference in result.differences:
        print(f"differs from the transcript: {difference}", file=sys.stderr)
    told = {"identical": result.identical, "differences": list(result.differences)}
    extra = {"replay": told, **times}
    code = _finish(args, result.tap.outcome, extra, console, None, failed)
    return code if result.identical else 1


def _times(args: argparse.Namespace, screen: Screen, laps: Sequence[Lap]) -> dict[str, object]:
    """Shows whose time a tap took, when asked to; what --json tells of it."""
    if not args.times:
        return {}
    screen.times(laps)
    return {
        "times": [
            {
                "command": command_name(lap.command) if lap.command else "outcome",
                "terminal_ms": round(lap.terminal_ms, 3),
                "card_ms": round(lap.card_ms, 3),
            }
            for lap in laps
        ]
    }


def _finish(
    args: argparse.Namespace,
    outcome: Outcome,
    extra: Mapping[str, object],
    console: Paper,
    store: HeldBack | None,
    wrong: TapkernError | None,
) -> int:
    """Tells the outcome, then lets the torn record of an approval go; the exit code.

    wrong: what went wrong besides. Errors: that, where people read; with --json it is in the same
    object.
    """
    if args.json:
        error = {} if wrong is None else {"error": wrong.to_json()}
        try:
            print(json.dumps({**outcome.to_json(), **extra, **error}, ensure_ascii=False))
            sys.stdout.flush()
        except OSError as failure:
            console.fall_silent(failure)
    if store is not None and console.failure is None:
        store.drop()
    if wrong is not None and not args.json:
        raise wrong
    if wrong is not None:
        return wrong.exit_code
    return 0 if outcome.status in (Status.APPROVED, Status.ONLINE_REQUEST) else 1


def _both(screen: Screen, recorder: Recorder) -> Callable[[Tap, Exchange], None]:
    def observe(tap: Tap, exchange: Exchange) -> None:
        recorder(tap, exchange)
        screen.step(tap, exchange)

    return observe


def _save(args: argparse.Namespace, recorder: Recorder, console: Paper) -> UsageError | None:
    """Writes what was asked for; the first that could not be written does not stop the second."""
    failed = None
    for path, redacted in ((args.save, False), (args.save_redacted, True)):
        if path is None:
            continue
        try:
            recorder.save(path, redacted=redacted)
        except UsageError as error:
            failed = failed or error
        else:
            console.print(f"          saved {path}", style="dim", soft_wrap=True)
    return failed


def _check_target(path: str | None) -> None:
    """A transcript that cannot be written is refused before the card has paid."""
    if path is not None:
        remove_leftovers(Path(path))
        folder = Path(path).absolute().parent
        if not folder.is_dir() or not os.access(folder, os.W_OK) or Path(path).is_dir():
            raise UsageError("a transcript cannot be written there", str(path))


def _terminal(reference: str, ics: Ics | None) -> Terminal:
    path = resolve(reference, Path())
    return Terminal.from_toml(path, trace=TRACE, ics=ics)


def _hex(text: str, option: str, length: int) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        raise UsageError(f"{text!r} is not hexadecimal", option) from None
    if len(value) != length:
        raise UsageError(f"{length} bytes are needed, not {len(value)}", option)
    return value


def _type(text: str | None) -> int:
    return 0 if text is None else _hex(text, "--type", 1)[0]


def _currency(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(currency_bytes(text, 2).hex())
    except ValueError as error:
        raise UsageError(str(error), "--currency") from None
