"""`tapkern keys`: CA keys; import, list, check and export them.

Exit code 0 done; 1 `check` found something; 2 a key is refused or a file cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tapkern.data.dates import parse_yymmdd
from tapkern.data.files import usual_mode, write_whole
from tapkern.errors import UsageError
from tapkern.params import keys
from tapkern.params.capk import FORMS, form_of
from tapkern.params.keys import CaKey
from tapkern.params.source import ConfigError

HELP = "import, list, check and export CA keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own verbs."""
    verbs = parser.add_subparsers(dest="keys_verb", metavar="VERB", required=True)
    importer = verbs.add_parser("import", help="verify keys and put them into a TOML file")
    lister = verbs.add_parser("list", help="what is in a key file")
    checker = verbs.add_parser("check", help="expiry, and weaknesses that anyone can find")
    exporter = verbs.add_parser("export", help="write keys in another form")
    for verb in (importer, lister, checker, exporter):
        verb.add_argument("files", nargs="+", metavar="FILE", help="a key file, or: unionpay")
        verb.add_argument("--from", dest="form", choices=FORMS, help="form (default: by the name)")
        verb.add_argument(
            "--trust", action="store_true", help="take keys without check sum or self-signature"
        )
        verb.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object"
        )
    importer.add_argument("--into", metavar="FILE", help="TOML file; keys of the same name go")
    checker.add_argument("--date", metavar="YYMMDD", help="day of the check (default: today)")
    exporter.add_argument("--to", choices=FORMS, required=True, help="form to write")
    exporter.add_argument("--out", metavar="FILE", help="file to write (default: standard output)")
    exporter.add_argument(
        "--index", action="append", metavar="HEX", help="only this index; may be repeated"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the verb; every refused key is told."""
    try:
        found = keys.load(args.files, form=args.form, trust=args.trust)
        return _VERBS[args.keys_verb](args, found)
    except ConfigError as error:
        if args.json:
            raise
        for problem in error.problems:
            print(f"tapkern: {problem}", file=sys.stderr)
        return error.exit_code


def _import(args: argparse.Namespace, new: Sequence[CaKey]) -> int:
    target = None if args.into is None else Path(args.into)
    old: Sequence[CaKey] = ()
    if target is not None and form_of(target) != "toml":
        raise UsageError("keys are kept in TOML", str(target), "export writes other forms")
    if target is not None and target.exists():
        old = keys.load([target], form="toml")
    merged, replaced = keys.merge(old, new)
    text = keys.write(merged, "toml")
    if target is not None:
        _write(target, text)
    warnings = _warnings(new, date.today())
    if args.json:
        report: dict[str, object] = {
            "imported": [key.to_json() for key in new],
            "replaced": list(replaced),
            "total": len(merged),
            "file": args.into,
            "warnings": warnings,
            "note": keys.NOTE,
        }
        if target is None:
            report["text"] = text
        _print_json(report)
        return 0
    if target is None:
        print(text, end="")
    else:
        counts = f"{len(new)} imported, {len(replaced)} of them replaced, {len(merged)} in all"
        print(f"{args.into}: {counts}")
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(keys.NOTE, file=sys.stderr)
    return 0


def _warnings(found: Sequence[CaKey], today: date) -> list[str]:
    words = keys.findings(found, today)
    return [f"{key.name}: {what}" for key, told in zip(found, words, strict=True) for what in told]


def _list(args: argparse.Namespace, found: Sequence[CaKey]) -> int:
    if args.json:
        _print_json({"keys": [key.to_json() for key in found], "note": keys.NOTE})
        return 0
    for key in found:
        print(_line(key))
    print(keys.NOTE, file=sys.stderr)
    return 0


def _line(key: CaKey) -> str:
    last = key.last_day
    expiry = "no expiry" if last is None else last.isoformat()
    exponent = f"e={key.values['exponent']}" if key.is_rsa else ""
    use = key.values["use"]
    return (
        f"{key.name}  {key.algorithm.name:<3} {key.bits:>4} bit {exponent:<8}  {expiry:<10}  "
        f"{key.proof}{'' if use == keys.LIVE else f'  ({use})'}"
    )


def _check(args: argparse.Namespace, found: Sequence[CaKey]) -> int:
    today = _day(args.date)
    words = keys.findings(found, today)
    good = not any(words)
    if args.json:
        told = [{**key.to_json(), "findings": list(words[n])} for n, key in enumerate(found)]
        _print_json({"good": good, "date": today.isoformat(), "keys": told, "note": keys.NOTE})
        return 0 if good else 1
    for key, told_of_key in zip(found, words, strict=True):
        print(_line(key))
        for what in told_of_key:
            print(f"  {what}")
    print(f"{len(found)} keys, {sum(map(bool, words))} with findings, on {today.isoformat()}")
    print(keys.NOTE, file=sys.stderr)
    return 0 if good else 1


def _export(args: argparse.Namespace, found: Sequence[CaKey]) -> int:
    chosen = _chosen(args, found)
    left = len(found) - len(chosen) if args.index is None else 0
    text = keys.write(chosen, args.to)
    if args.out is not None:
        _write(Path(args.out), text)
    if args.json:
        report = {"form": args.to, "keys": len(chosen), "left_out": left, "file": args.out}
        _print_json(report if args.out is not None else {**report, "text": text})
        return 0
    print(text if args.out is None else f"{args.out}: {len(chosen)} keys\n", end="")
    if left:
        print(f"{left} keys that are not in use left out; --index takes them", file=sys.stderr)
    return 0


def _chosen(args: argparse.Namespace, found: Sequence[CaKey]) -> list[CaKey]:
    """The keys that are named; without names all, in TLV those in use: it has no word for it."""
    if args.index is None:
        return [key for key in found if args.to != "tlv" or key.values["use"] == keys.LIVE]
    wanted = [index.upper() for index in args.index]
    for index in wanted:
        if not any(key.index == index for key in found):
            have = ", ".join(dict.fromkeys(key.index for key in found))
            raise UsageError(f"there is no key with index {index!r}", "--index", f"have {have}")
    return [key for key in found if key.index in wanted]


_VERBS = {"import": _import, "list": _list, "check": _check, "export": _export}


def _print_json(report: dict[str, object]) -> None:
    print(json.dumps(report, ensure_ascii=False))


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return parse_yymmdd(bytes.fromhex(text))
    except ValueError:
        raise UsageError(f"{text!r} is no date", "--date", "write YYMMDD") from None


def _write(path: Path, text: str) -> None:
    """The whole file or none of it: a terminal may be reading the old one."""
    try:
        write_whole(path, text, usual_mode(path))
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(f"cannot write the keys: {what}", str(path)) from None
