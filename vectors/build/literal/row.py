"""A vector case as a row of plain data, written beside the specification digest.

What a row expects was read from the digest before any kernel had run it. A row names a terminal of
`terminals.py` and a ready card (or one of `cards.py`), and says only what is different.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
Check = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One case.

    id: part, group (pinyin initials), number. en, zh: titles. req: requirement ids of the digest,
    apart by spaces. expect: checks without their ids.

    terminal: a name of `terminals.py`; combo, switches, term, config: what is different in each
    [[combination]], its switches, [terminal] and at the top; None takes a key out.
    card: a ready card or a name of `cards.py`; app: what is different in its first application;
    face: what is different at the top of the card file; faults: of the card's catalogue, as
    "NAME:VALUE,..."; mutations: what goes wrong on the air.
    amount: minor units; tx: the rest of the transaction that is different; host: field 39 of the
    answer, "" for not reached, None when nobody is asked; around: the surroundings; others: cards
    besides; again: what differs in a second tap that brings the first one to its end.
    ca: "KEY@YYYYMMDD" gives that CA key alone, with that expiry date. script: the commands of a tap
    that the second terminal does not play. more: further [[combination]] tables.
    """

    id: str
    en: str
    zh: str
    req: str
    expect: tuple[Check, ...]
    amount: int = 1250
    terminal: str = "retail"
    combo: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    term: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    ca: str = ""
    card: str = "debit"
    app: Mapping[str, Any] = field(default_factory=dict)
    face: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    mutations: tuple[Document, ...] = ()
    tx: Mapping[str, Any] = field(default_factory=dict)
    host: str | None = None
    around: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    again: Mapping[str, Any] | None = None
    script: tuple[str, ...] = ()
    more: tuple[Mapping[str, Any], ...] = ()


def its(name: str, value: object, tap: int = 1) -> Check:
    """A field of the outcome is this value."""
    return _of({"field": name, "is": value}, tap)


def either(name: str, *values: object, tap: int = 1) -> Check:
    """A field of the outcome is one of these values."""
    return _of({"field": name, "one_of": list(values)}, tap)


def never(name: str, value: object, tap: int = 1) -> Check:
    """A must-not: a field of the outcome is not this value."""
    return _of({"field": name, "is_not": value}, tap)


def after(name: str, value: object) -> Check:
    """The same as `its` after the answer of the host."""
    return {"when": "after_host", "field": name, "is": value}


def apdu(number: int, pattern: str) -> Check:
    """The n-th command; blanks are for the reader."""
    return {"apdu": number, "matches": pattern.replace(" ", "")}


def apdus(*patterns: str) -> Check:
    """All commands of the tap."""
    return {"apdus": [pattern.replace(" ", "") for pattern in patterns]}


def no_apdu(pattern: str) -> Check:
    """A must-not: no command is like this."""
    return {"no_apdu": pattern.replace(" ", "")}


def record(tag: str, value: str) -> Check:
    """An object of the data record."""
    return {"in": "data_record", "tag": tag, "is": value}


def field55(tag: str, value: str) -> Check:
    """An object of field 55."""
    return {"in": "field55", "tag": tag, "is": value}


def bits(tag: str, **values: int) -> Check:
    """Single bits of an object of the data record."""
    return {"in": "data_record", "tag": tag, "bits": values}


def ui(*names: str) -> Check:
    """The messages shown, in order."""
    return {"ui": list(names)}


def _of(check: Check, tap: int) -> Check:
    return {**check, "tap": tap} if tap != 1 else check


# Commands that the digest fixes (20 section 5, 30 section 5).
PPSE = "00A404000E 325041592E5359532E4444463031 00"  # EP-042
DEBIT = "00A4040008 A000000333010101 00"  # EP-064
CREDIT = "00A4040008 A000000333010102 00"
GPO, READ, GET_DATA, GENERATE_AC = "80A8*", "00B2*", "80CA*", "80AE*"

NO_CONTACT = {"ttq": "26004080"}
"""TTQ without B1b5: there is no contact reader to go to."""

STAY = {"qp.missing_data_try_contact": False}
"""Missing data end the tap here, where a contact reader would be pointed at."""


def gpo(ttq: str, amount: int = 1250, other: int = 0, **values: str) -> str:
    """GET PROCESSING OPTIONS for the usual PDOL of cryptogram version 01 (30 section 5).

    9F66 9F02 9F03 9F1A 95 5F2A 9A 9C 9F37: 33 bytes, hex 21.
    """
    data = f"{ttq}{amount:012d}{other:012d}0156{'00' * 5}{values.get('currency', '0156')}"
    data += f"{values.get('date', '261121')}{values.get('type', '00')}{'?' * 8}"
    return f"80A80000238321{data}00"


# Outcomes with what goes with them everywhere (OUT-010, OUT-014, QP-002).
def approved(rule: str = "QP-120", cvm: str = "no_cvm") -> tuple[Check, ...]:
    """Approved offline by this rule, with this cardholder verification."""
    return (
        its("outcome", "approved"),
        its("rule", rule),
        its("cvm", cvm),
        its("oda", "successful"),
        no_apdu(GENERATE_AC),
    )


def online(rule: str = "QP-124", cvm: str = "no_cvm") -> tuple[Check, ...]:
    """An online request by this rule."""
    return (
        its("outcome", "online_request"),
        its("rule", rule),
        its("cvm", cvm),
        no_apdu(GENERATE_AC),
    )


def declined(*rules: str) -> tuple[Check, ...]:
    """Declined offline; without rules where the digest names several ways."""
    return (its("outcome", "declined"), its("cvm", "n_a"), *_by(rules))


def other_interface(*rules: str) -> tuple[Check, ...]:
    """Try Another Interface."""
    return (its("outcome", "try_another_interface"), its("cvm", "n_a"), *_by(rules))


def ended(*rules: str) -> tuple[Check, ...]:
    """End Application."""
    return (its("outcome", "end_application"), its("cvm", "n_a"), *_by(rules))


def presented_again(*rules: str) -> tuple[Check, ...]:
    """Try Again at the end, when all automatic presentments are used up."""
    return (its("outcome", "try_again"), its("cvm", "n_a"), *_by(rules))


def _by(rules: tuple[str, ...]) -> tuple[Check, ...]:
    if not rules:
        return ()
    return (its("rule", rules[0]) if len(rules) == 1 else either("rule", *rules),)


# What goes wrong on the air.
def status(at: str, word: str, **more: Any) -> Document:
    """The answer becomes a status word alone; with keep=True its data stay."""
    return {"kind": "status", "at": at, "value": word, **more}


def put(at: str, tag: str, value: str, **more: Any) -> Document:
    """An object gets a value; where there is none it is added."""
    return {"kind": "set", "at": at, "tag": tag, "value": value, **more}


def insert(at: str, tag: str, value: str, **more: Any) -> Document:
    """An object is added, whatever is there."""
    return {"kind": "insert", "at": at, "tag": tag, "value": value, **more}


def drop(at: str, tag: str, **more: Any) -> Document:
    """An object is taken out."""
    return {"kind": "drop", "at": at, "tag": tag, **more}


def leave(at: str, before: bool = False, since: int = 1, **more: Any) -> Document:
    """The card leaves: before the command reaches it, or after it has acted.

    since: the presentment from which on it does.
    """
    start = {} if since == 1 else {"from": since}
    return {"kind": "leave", "at": at, "before": before, **start, **more}
