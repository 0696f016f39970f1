"""`tapkern suite`: what is done with vector suites besides running them.

Exit code 0 done; 1 `verify` found something; 2 a wrong call, or a file of ours that is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from tapkern.data.codes import Text
from tapkern.data.files import SECRET, write_whole
from tapkern.errors import UsageError

READABLE = 0o644
HELP = "vector suites: select by ICS, freeze, verify, record, card, export"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's own verbs."""
    verbs = parser.add_subparsers(dest="suite_verb", metavar="VERB", required=True)
    selecter = verbs.add_parser("select", help="which cases are for a product, and why not")
    freezer = verbs.add_parser("freeze", help="release suites: they never change again")
    verifier = verbs.add_parser("verify", help="are released suites what they were?")
    carder = verbs.add_parser("card", help="the card of a case as a card file")
    carder.add_argument("case", metavar="CASE", help="its id, as QP-JYJG-0001")
    exporter = verbs.add_parser("export", help="recorded cases for the replayer in C")
    exporter.add_argument("-o", dest="out", required=True, metavar="FILE", type=Path)
    for verb in (selecter, freezer, verifier, carder, exporter):
        verb.add_argument("paths", nargs="+", metavar="PATH", help="suite files and folders")
    for verb in (freezer, verifier):
        verb.add_argument(
            "--manifest", metavar="FILE", type=Path,
            help="default: manifest.json beside the suites or above",
        )  # fmt: skip
    selecter.add_argument("--ics", required=True, metavar="FILE[#NAME]", help="what is supported")
    freezer.add_argument("--date", metavar="YYYY-MM-DD", help="day of release (default: today)")
    recorder = verbs.add_parser("record", help="make a case of the transcript of a tap")
    recorder.add_argument("transcript", metavar="TRANSCRIPT", type=Path, help="of tap --save")
    add = recorder.add_argument
    add("--id", required=True, metavar="QP-LZJY-0001", help="of the case")
    add("--title", required=True, metavar="TEXT", help="in English")
    add("--title-zh", metavar="TEXT", help="in Chinese (default: that in English)")
    add("-o", dest="out", required=True, metavar="FILE", type=Path, help="suite file to write")
    add("--config", metavar="FILE", help="configuration, of a transcript that is redacted")
    add("--whole", action="store_true", help="keep the card number; for test cards only")
    for verb in (selecter, freezer, verifier, recorder, carder, exporter):
        verb.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object"
        )


def run(args: argparse.Namespace) -> int:
    """Carry out the verb."""
    return _VERBS[args.suite_verb](args)


def _select(args: argparse.Namespace) -> int:
    from tapkern.lab.errata import errata_of
    from tapkern.lab.ics import both, select
    from tapkern.lab.suite import load
    from tapkern.params import read_ics

    ics = read_ics(args.ics)
    suites = load(args.paths)
    chosen = select(suites, ics, errata_of(args.paths))
    names = {code: words for suite in suites for code, words in suite.groups.items()}
    all_of = Counter(one.case.group for one in chosen)
    left = Counter(one.case.group for one in chosen if one.reason is None)
    if args.json:
        groups = [
            {"group": group, "title": dict(names[group]), "cases": all_of[group],
             "selected": left[group], "not_applicable": all_of[group] - left[group]}
            for group in sorted(all_of)
        ]  # fmt: skip
        cases = [
            {"id": one.case.id, "suite": one.suite, "selected": one.reason is None,
             "reason": None if one.reason is None else {"en": one.reason.en, "zh": one.reason.zh}}
            for one in chosen
        ]  # fmt: skip
        counts = {"cases": len(chosen), "selected": left.total()}
        summary = {**counts, "not_applicable": len(chosen) - left.total()}
        _print_json({"ics": ics.to_json(), "summary": summary, "groups": groups, "cases": cases})
        return 0
    for one in chosen:
        if one.reason is None:
            print(f"{one.case.id}  selected")
        else:
            print(f"{one.case.id}  not applicable: {both(one.reason)}")
    print()
    for group in sorted(all_of):
        print(f"{group:6} {left[group]:5} of {all_of[group]:5} selected  {_title(names[group])}")
    print(f"{'':6} {left.total():5} of {len(chosen):5} selected")
    return 0


def _title(words: Mapping[str, str]) -> str:
    return f"{words['en']} {words['zh']}"


def _freeze(args: argparse.Namespace) -> int:
    from tapkern.lab.release import (
        Manifest,
        ReleaseError,
        find_manifest,
        freeze,
        read_manifest,
        write_manifest,
    )

    path = args.manifest or find_manifest(args.paths)
    manifest = read_manifest(path) if path.exists() else Manifest(path)
    try:
        new, added = freeze(args.paths, manifest, _day(args.date))
    except ReleaseError as error:
        if args.json:
            raise
        for where, what in error.findings:
            print(f"tapkern: {where}: {what}", file=sys.stderr)
        return error.exit_code
    if added:
        write_manifest(new)
    if args.json:
        _print_json({"manifest": str(path), "released": [one.to_json() for one in added]})
        return 0
    for one in added:
        print(f"{one.suite} {one.version}: {one.cases} cases, SHA-256 {one.sha256}")
    print(f"{path}: {len(added)} released, {len(new.newest())} suites in all")
    return 0


def _day(text: str | None) -> date:
    try:
        return date.today() if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day", "--date", "for example 2026-11-21") from None


def _verify(args: argparse.Namespace) -> int:
    from tapkern.lab.errata import verify_all

    path, findings = verify_all(args.paths, args.manifest)
    if args.json:
        rows = [{"fault": one.fault, "file": one.file, "what": one.what} for one in findings]
        _print_json({"manifest": str(path), "verified": not findings, "findings": rows})
    else:
        for one in findings:
            print(one)
        print(f"{path}: {_count(findings)}")
    return 1 if findings else 0


def _card(args: argparse.Namespace) -> int:
    from tapkern.lab.foreign import terminal_side
    from tapkern.lab.suite import load
    from tapkern.lab.toml_text import toml

    side = terminal_side(load(args.paths), args.case)
    if args.json:
        _print_json(side.to_json())
        return 0
    print(toml(side.card), end="")
    for line in side.notes:
        print(f"{side.case.id}: {line}", file=sys.stderr)
    return 0


def _count(findings: Sequence[object]) -> str:
    return f"{len(findings)} findings" if findings else "everything is as it was released"


def _record(args: argparse.Namespace) -> int:
    from tapkern.lab.intake import Recording, record
    from tapkern.params import load

    title = Text(args.title, args.title_zh or args.title)
    image = None if args.config is None else load(args.config).image
    document = record(
        Recording(
            path=args.transcript, id=args.id, title=title, whole=args.whole, configuration=image
        )
    )
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    try:
        write_whole(args.out, text, SECRET if args.whole else READABLE)
    except OSError as error:
        raise UsageError(f"cannot write the suite: {error.strerror}", str(args.out)) from None
    (case,) = document["cases"]
    flags = [words["en"] for words in document["flags"].values()]
    if args.json:
        found = {"file": str(args.out), "suite": document["suite"], "id": case["id"]}
        _print_json({**found, "checks": len(case["expect"]), "flags": flags})
        return 0
    print(f"{args.out}: {case['id']}, {len(case['expect'])} checks; it passes on this kernel")
    for words in flags:
        print(words, file=sys.stderr)
    return 0


def _print_json(document: Mapping[str, object]) -> None:
    print(json.dumps(document, ensure_ascii=False))


def _export(args: argparse.Namespace) -> int:
    from tapkern.lab.export import recorded_lines
    from tapkern.lab.suite import load

    lines = list(recorded_lines(load(args.paths)))
    write_whole(args.out, "".join(lines), READABLE)
    cases = json.loads(lines[0])["cases"]
    if args.json:
        _print_json({"file": str(args.out), "cases": cases})
    else:
        print(f"{args.out}: {cases} cases, for make -C kernel_c replay CASES=FILE")
    return 0


_VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "select": _select,
    "freeze": _freeze,
    "verify": _verify,
    "record": _record,
    "card": _card,
    "export": _export,
}
