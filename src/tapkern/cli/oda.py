"""`tapkern oda`: verifies one authentication data set and shows the chain, rule by rule.

Exit code 0 verified, 1 not verified (malformed card data included), 2 not such a data set.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tapkern.data.rules import rule as rule_text
from tapkern.errors import UsageError
from tapkern.oda import Part, Step, Verdict, verify

HELP = "verify one authentication data set: SDA, DDA, fDDA, CDA; RSA or SM2"
MAX_INPUT = 1024 * 1024  # characters

_METHODS = {"chain": "certificates", "sda": "SDA", "dda": "DDA", "fdda": "fDDA", "cda": "CDA"}
_TITLES = {
    "en": {
        Part.CONDITIONS: "conditions", Part.CA_KEY: "CA key", Part.ISSUER: "issuer certificate",
        Part.CARD: "card certificate", Part.SIGNATURE: "signature", Part.AGREEMENT: "agreement",
    },
    "zh": {
        Part.CONDITIONS: "前提", Part.CA_KEY: "CA公钥", Part.ISSUER: "发卡行证书",
        Part.CARD: "IC卡证书", Part.SIGNATURE: "签名", Part.AGREEMENT: "一致性",
    },
}  # fmt: skip
_WORDS = {
    "en": {"yes": "verified", "no": "not verified", "np": "not performed"},
    "zh": {"yes": "认证成功", "no": "认证失败", "np": "未执行"},
}
_LONG = 40  # characters of a value that are shown whole
_INDENT = " " * 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("file", metavar="FILE", help="a data set in JSON, - for standard input")
    parser.add_argument("--unmask", action="store_true", help="show card numbers, values whole")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the rules")


def run(args: argparse.Namespace) -> int:
    """Verifies; 0 when verified."""
    name = "standard input" if args.file == "-" else str(args.file)
    data = _load(_read(args.file), name)
    try:
        verdict = verify(data, unmask=args.unmask)
    except UsageError as error:
        raise UsageError(error.what, f"{name}: {error.where}", error.hint) from None
    if args.json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
    else:
        show(verdict, args.lang, whole=args.unmask)
    return 0 if verdict.verified else 1


def _read(name: str) -> str:
    try:
        if name == "-":
            text = sys.stdin.read(MAX_INPUT + 1)
        else:
            with Path(name).open(encoding="utf-8-sig") as stream:
                text = stream.read(MAX_INPUT + 1)
    except UnicodeDecodeError:
        raise UsageError("not UTF-8 text", name, "give a data set in JSON") from None
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(what, name, "check the path") from None
    if len(text) > MAX_INPUT:
        raise UsageError(f"more than {MAX_INPUT} characters", name)
    return text


def _load(text: str, name: str) -> dict[str, object]:
    """The object of a JSON text. A name that stands twice is refused: which one would count?"""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise UsageError(f"{twice!r} stands twice in one object", name)
        return found

    try:
        data = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise UsageError(f"not JSON: {error.msg}", f"{name}:{error.lineno}") from None
    except (RecursionError, ValueError):
        raise UsageError("not JSON that can be read", name) from None
    if not isinstance(data, dict):
        raise UsageError("the data set is no object", name, "see docs/lab.md")
    return data


# --- for people ----------------------------------------------------------------------------------


def show(
    verdict: Verdict, lang: str, *, whole: bool = False, console: Console | None = None
) -> None:
    """Prints the chain: each part, each check, what was recovered, the verdict."""
    console = console or Console(highlight=False)
    part: Part | None = None
    for step in verdict.steps:
        if step.part is not part:
            part = step.part
            console.print(Text(_TITLES[lang][part], style="bold"), soft_wrap=True)
        console.print(_line(step, lang), soft_wrap=True)
        shown = _fields(step, whole=whole)
        if shown:
            console.print(Text(_INDENT + shown, style="dim"), soft_wrap=True)
    console.print(_end(verdict, lang), soft_wrap=True)


def _line(step: Step, lang: str) -> Text:
    line = Text("  ")
    if "answer" in step.fields:
        line.append("– ", style="dim")  # asked, answered with no, and nothing fails by it
    else:
        line.append("✓ " if step.ok else "✗ ", style="green" if step.ok else "bold red")
    line.append(f"{step.rule:<10}", style="cyan" if step.ok else "bold red")
    line.append(rule_text(step.rule).get(lang))
    return line


def _fields(step: Step, *, whole: bool) -> str:
    """The recovered fields on one line, long values cut."""
    parts = []
    for name, value in step.fields.items():
        if not whole and len(value) > _LONG and name != "weakness":
            value = f"{value[: _LONG - 8]}… ({len(value) // 2} bytes)"
        parts.append(f"{name.replace('_', ' ')} {value or '-'}")
    return "  ".join(parts)


def _end(verdict: Verdict, lang: str) -> Text:
    method = _METHODS[verdict.method]
    if verdict.version is not None:
        method += f" {verdict.version:02X}"
    words = _WORDS[lang]
    line = Text(f"{method}  {(verdict.algorithm or '-').upper()}  ")
    if verdict.verified:
        line.append(words["yes"], style="bold green")
        return line
    line.append(words["np" if verdict.state == "not_performed" else "no"], style="bold red")
    return line.append(f"  [{verdict.failed_rule}]", style="bold red")
