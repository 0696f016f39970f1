"""`tapkern config check FILE` and `tapkern config explain FILE`."""

from __future__ import annotations

import argparse
import json
import sys

from tapkern import _kernel
from tapkern._numbers import Entry, KeyAlgorithm, Profile
from tapkern.data.bits import decode_bits, tables
from tapkern.data.money import format_amount, from_bcd
from tapkern.params import ConfigError, load, read_ics
from tapkern.params.image import currency_of, entries
from tapkern.params.names import PROFILES, SWITCH_RULES, switches

HELP = "check or explain a terminal configuration"

_PROFILE_NAMES = {number: name for name, number in PROFILES.items()}
_CHOSEN = {
    0xDF8F09: "ttq, card with ODA for online",
    0xDF8F0A: "ttq, card without it",
}
_LIMITS = {
    0xDF19: "contactless floor limit",
    0xDF20: "contactless transaction limit",
    0xDF21: "CVM required limit",
    0x9F7B: "EC terminal transaction limit",
}
# The rules that read a value, so that an explanation leads to the requirement.
_RULES = {
    0xDF19: "EP-015", 0x9F1B: "EP-016", 0xDF20: "EP-014", 0xDF21: "EP-018", 0x9F7B: "EC-001",
    0xDF8F04: "EP-012", 0xDF8F05: "EP-013", 0xDF8F06: "EP-063", 0xDF01: "EP-050",
}  # fmt: skip
_FLAGS = {
    0xDF01: ("AID match", "partial allowed", "exact only"),
    0xDF8F04: ("status check", "off", "on"),
    0xDF8F05: ("amount of zero", "not allowed", "allowed"),
    0xDF8F06: ("extended selection", "off", "on"),
    0xDF8F07: ("receipt without signature", "no", "yes"),
}


_MORE_TAGS = {
    0xDF8F22: "online request",
    0xDF8F23: "offline upload",
    0xDF8F24: "data record",
    0xDF8F25: "reversal",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("action", choices=("check", "explain"))
    parser.add_argument("file", metavar="FILE", help="terminal configuration in TOML")
    parser.add_argument(
        "--ics", metavar="FILE[#NAME]", help="refuse what this conformance statement does not state"
    )


def run(args: argparse.Namespace) -> int:
    """Checks, and explains when asked to."""
    try:
        ics = None if args.ics is None else read_ics(args.ics)
        configuration = load(args.file, ics=ics)
    except ConfigError as error:
        if args.json:
            raise
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return error.exit_code
    if args.action == "check":
        counts = _counts(configuration.image)
        if args.json:
            found = {"name": configuration.name, "digest": configuration.digest.hex(), **counts}
            print(json.dumps(found, ensure_ascii=False))
        else:
            text = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
            print(f"{args.file}: good; {text}; digest {configuration.digest.hex()}")
        return 0
    explained = explain(configuration.image)
    if args.json:
        found = {"name": configuration.name, "digest": configuration.digest.hex()}
        print(json.dumps({**found, **explained}, ensure_ascii=False))
    else:
        print(f"configuration {configuration.name}, digest {configuration.digest.hex()}")
        _print(explained)
    return 0


def _counts(image: bytes) -> dict[str, int]:
    kinds = [kind for kind, _ in entries(image)]
    names = {
        "combinations": Entry.COMBINATION,
        "ca_keys": Entry.CA_KEY,
        "revoked": Entry.REVOKED,
        "exceptions": Entry.EXCEPTION,
    }
    return {name: kinds.count(kind) for name, kind in names.items()}


def explain(image: bytes) -> dict[str, object]:
    """What the kernel reads in an image. Card numbers of the exception file are only counted."""
    _, exponent = currency_of(image)
    combinations = []
    keys = []
    terminal: dict[str, str] = {}
    for kind, body in entries(image):
        if kind is Entry.TERMINAL:
            terminal = _terminal(body)
        elif kind is Entry.COMBINATION:
            combinations.append(_combination(body, exponent))
        elif kind is Entry.CA_KEY:
            keys.append(f"{_hex(body, 0x9F06)} {_hex(body, 0x9F22)}, {_strength(body)}")
    counts = _counts(image)
    return {
        "terminal": terminal,
        "combinations": combinations,
        "ca_keys": keys,
        "revoked": counts["revoked"],
        "exceptions": counts["exceptions"],
    }


def _hex(body: _kernel.Message, tag: int) -> str:
    return (body.get(tag) or b"").hex().upper()


def _strength(body: _kernel.Message) -> str:
    if body.get(0xDF07) == bytes((KeyAlgorithm.SM2,)):
        return "SM2"
    return f"{8 * len(body.get(0xDF02) or b'')} bit"


def _bits(table: str, value: bytes | None) -> str:
    """A bit field with the name of every bit that is set."""
    if value is None:
        return "absent"
    names = [f"{bit.at} {bit.name}" for bit in decode_bits(tables()[table], value)]
    return f"{value.hex().upper()} ({', '.join(names) or 'no bit set'})"


def _terminal(body: _kernel.Message) -> dict[str, str]:
    found = {
        "country": _hex(body, 0x9F1A),
        "currency": _hex(body, 0x5F2A),
        "capabilities": _bits("terminal_capabilities", body.get(0x9F33)),
        "type": _hex(body, 0x9F35),
    }
    if 0x9F40 in body:
        found["additional capabilities"] = _bits(
            "additional_terminal_capabilities", body.get(0x9F40)
        )
    lookup = body.get(0xDF8F21)
    found["passes"] = str((body.get(0xDF8F20) or b"\x03")[0]) + " [TT-007]"
    found["exception file by LOOKUP"] = "yes" if lookup == b"\x01" else "no"
    for tag, name in _MORE_TAGS.items():
        found[f"more tags, {name}"] = f"{_hex(body, tag) or 'none'} [QP-140]"
    return found


def _combination(body: _kernel.Message, exponent: int) -> dict[str, object]:
    profile = (body.get(0xDF8F01) or b"\x00")[0]
    found: dict[str, object] = {
        "aid": _hex(body, 0x9F06),
        "kernel": _hex(body, 0x96),
        "profile": _PROFILE_NAMES.get(profile, str(profile)),
        "ttq": _bits("ttq", body.get(0x9F66)),
        "version": _hex(body, 0x9F09),
        "types": _hex(body, 0xDF8F03) or "00",
    }
    for tag, name in _CHOSEN.items():
        if tag in body:
            found[name] = f"{_bits('ttq', body.get(tag))} [TR-004]"
    for tag, name in _LIMITS.items():
        value = body.get(tag)
        text = "absent" if value is None else format_amount(from_bcd(value), exponent=exponent)
        found[name] = f"{text} [{_RULES[tag]}]"
    floor = body.get(0x9F1B)
    text = "absent"
    if floor is not None:
        text = format_amount(int.from_bytes(floor, "big"), exponent=exponent)
    found["terminal floor limit"] = f"{text} [{_RULES[0x9F1B]}]"
    for tag, (name, off, on) in _FLAGS.items():
        value = body.get(tag)
        if value is not None:
            rule = f" [{_RULES[tag]}]" if tag in _RULES else ""
            found[name] = (on if value == b"\x01" else off) + rule
    if body.get(0x96) == b"\x07":
        found["contactless debit/credit"] = "not there: Try Another Interface [QP-160]"
    found["switches"] = _switches(body.get(0xDF8F02) or b"", profile)
    return found


def _switches(values: bytes, profile: int) -> dict[str, str]:
    """Every switch with its value; a value that is not the profile's own is marked."""
    found = {}
    for switch in switches().values():
        if switch.number >= len(values):
            continue
        value = values[switch.number]
        own = profile in tuple(Profile) and value == switch.defaults[profile - 1]
        rule = SWITCH_RULES.get(switch.name)
        text = switch.text(value) + ("" if own else " (set)")
        found[switch.name] = f"{text} [{rule}]" if rule else text
    return found


def _print(explained: dict[str, object]) -> None:
    """The explanation as an indented list."""
    for section, content in explained.items():
        if isinstance(content, dict):
            print(section)
            _print_fields(content, "  ")
        elif isinstance(content, list):
            for number, item in enumerate(content):
                if isinstance(item, dict):
                    print(f"{section} {number + 1}")
                    _print_fields(item, "  ")
                else:
                    print(f"{section}  {item}")
        else:
            print(f"{section}  {content}")


def _print_fields(fields: dict[str, object], indent: str) -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            print(f"{indent}{name}")
            _print_fields(value, indent + "  ")
        else:
            print(f"{indent}{name:30} {value}")
