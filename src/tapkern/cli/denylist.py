"""`tapkern denylist`: make a deny list for gates, and ask it."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path

from tapkern.data.mask import mask_pan
from tapkern.errors import UsageError
from tapkern.transit.denylist import DenyList, build

HELP = "deny lists of gates: build, show, find"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own verbs."""
    verbs = parser.add_subparsers(dest="denylist_verb", metavar="VERB", required=True)
    builder = verbs.add_parser("build", help="from lines NUMBER, NUMBER,PSN and PREFIX*")
    shower = verbs.add_parser("show", help="version, day and size of a list")
    finder = verbs.add_parser("find", help="is this card listed? exit code 1 when it is")
    builder.add_argument("source", metavar="FILE", type=Path, help="text or CSV")
    builder.add_argument("target", metavar="OUT", type=Path)
    builder.add_argument("--version", metavar="TEXT", help="of the list (default: its day)")
    builder.add_argument("--date", metavar="YYYYMMDD", help="day of the list (default: today)")
    for verb in (shower, finder):
        verb.add_argument("list", metavar="LIST", type=Path)
    finder.add_argument("pan", metavar="PAN", help="digits; - reads them from standard input")
    finder.add_argument("--psn", metavar="NN", type=int, choices=range(100), help="5F34")
    for verb in (builder, shower, finder):
        verb.add_argument(
            "--key-file", metavar="FILE", type=Path, help="of a list of hashes: 16 bytes or more"
        )
        verb.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object"
        )


def run(args: argparse.Namespace) -> int:
    """Carry out the verb; find ends with 1 for a card that is listed."""
    key = None if args.key_file is None else _key(args.key_file)
    if args.denylist_verb == "build":
        return _build(args, key)
    with DenyList(args.list, key=key) as found:
        about = {
            "version": found.version,
            "date": found.day.isoformat(),
            "exact": found.exact,
            "prefixes": found.prefixes,
            "hashed": key is not None,
        }
        if args.denylist_verb == "show":
            _tell(args, about, ", ".join(f"{name} {value}" for name, value in about.items()))
            return 0
        pan = sys.stdin.readline().strip() if args.pan == "-" else args.pan
        if not (pan.isascii() and pan.isdigit() and 8 <= len(pan) <= 19):
            raise UsageError("a card number has 8 to 19 digits", "PAN")
        listed = found.find(pan, args.psn)
    masked = mask_pan(pan)
    _tell(args, {"pan": masked, "listed": listed, **about}, _line(masked, listed, about))
    return int(listed)


def _line(masked: str, listed: bool, about: dict[str, object]) -> str:
    verdict = "listed" if listed else "not listed"
    return f"{masked}: {verdict} (version {about['version']} of {about['date']})"


def _build(args: argparse.Namespace, key: bytes | None) -> int:
    day = datetime.date.today() if args.date is None else _day(args.date)
    version = args.version or f"{day:%Y%m%d}"
    try:
        count = build(args.source, args.target, version=version, day=day, key=key)
    except OSError as error:
        where = str(error.filename or args.target)
        raise UsageError(f"cannot build the list: {error.strerror}", where) from None
    _tell(
        args,
        {"file": str(args.target), "entries": count, "version": version, "date": day.isoformat()},
        f"{args.target}: {count} entries, version {version} of {day.isoformat()}",
    )
    return 0


def _tell(args: argparse.Namespace, report: dict[str, object], line: str) -> None:
    print(json.dumps(report, ensure_ascii=False) if args.json else line)


def _day(text: str) -> datetime.date:
    try:
        return datetime.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        raise UsageError(f"{text!r} is no date", "--date", "write YYYYMMDD") from None


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the key: {error.strerror}", str(path)) from None
