"""One tap a line: how the terminal is set, what the card answers, how it ends.

For tables of near misses. An outcome is told in words: "declined expired QP-091".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import pytest

from tapkern import CardLost, Status, Terminal
from tapkern.card import Card
from tapkern.card.tlv import decode, encode
from tapkern.terminal import Tap
from tests.taps import FIXED, HEAD, Bench

TERMINAL = (
    HEAD
    + """{combinations}
{entries}
"""
)
COMBINATION = """
[[combination]]
aid = "{aid}"
ttq = "{ttq}"
{limits}
[combination.switches]
{switches}
"""
PLAIN = "36004080"
"""TTQ: EMV mode, contact chip, online PIN, signature, consumer device CVM, fDDA 01."""
NO_CONTACT, NO_PIN, NO_SIGNATURE, NO_CVM = "26004080", "32004080", "34004080", "30004080"
OFFLINE, BOTH, DC_ONLY, GATE = "3E004080", "76004080", "50000080", "31000080"
ANY = "A000000333"
DEBIT = "A000000333010101"
FLOOR = 'floor_limit = "200.00"'
WORDS = {
    Status.APPROVED: "approved",
    Status.DECLINED: "declined",
    Status.ONLINE_REQUEST: "online",
    Status.TRY_ANOTHER_INTERFACE: "contact",
    Status.END_APPLICATION: "end",
    Status.TRY_AGAIN: "again",
}
Objects = Mapping[int, str | None]
"""Values by tag, in hexadecimal; "" is an object of length 0, None is no object."""
NOTHING: Objects = MappingProxyType({})


def combination(
    *, aid: str = ANY, ttq: str = PLAIN, limits: str = FLOOR, switches: str = ""
) -> str:
    """A [[combination]] table."""
    return COMBINATION.format(aid=aid, ttq=ttq, limits=limits, switches=switches)


@cache
def _image(*combinations: str, terminal: str, entries: str) -> bytes:
    text = TERMINAL.format(terminal=terminal, combinations="".join(combinations), entries=entries)
    return Terminal.from_toml(text).image


def terminal(*combinations: str, terminal: str = "", entries: str = "", **one: str) -> Terminal:
    """A terminal of these combinations, or of one with the keys of `combination`."""
    return Terminal(
        _image(*(combinations or [combination(**one)]), terminal=terminal, entries=entries)
    )


def card(base: str = "debit", keys: str = "", purse: str = "", faults: str = "") -> Card:
    """A ready card with other keys in its application and its purse."""
    text = f'base = "{base}"\nfaults = [{faults}]\n[[application]]\n{keys}\n'
    text += f"[application.purse]\n{purse}\n" if purse else ""
    return Card.from_toml(text, random=lambda count: bytes(range(1, count + 1)))


def edited(data: bytes, changes: Objects, *, add: bool = True) -> bytes:
    """A template in which the objects of `changes` are replaced where they stand, at any depth;
    add: those that stand nowhere come last in it."""
    left = dict(changes)

    def inside(content: bytes) -> bytes:
        made = b""
        for tag, value in decode(content):
            if tag in changes:
                left.pop(tag, None)
                value_of = changes[tag]
                made += b"" if value_of is None else encode(tag, bytes.fromhex(value_of))
            elif int.from_bytes(tag.to_bytes(4, "big").lstrip(b"\0")[:1], "big") & 0x20:
                made += encode(tag, inside(value))
            else:
                made += encode(tag, value)
        return made

    ((outer, content),) = decode(data)
    made = inside(content)
    if add:
        for tag, value in left.items():
            made += b"" if value is None else encode(tag, bytes.fromhex(value))
    return encode(outer, made)


class Scene(Bench):
    """A card whose answers are edited: by number of the command, or objects by command.

    told: the TTQ that the card is given in place of the one sent. leaves: commands without answer.
    """

    def __init__(
        self,
        given: Card,
        *,
        answers: Mapping[int, str],
        fci: Objects,
        gpo: Objects,
        gpo_more: str,
        records: Objects,
        ttq: str,
        told: str,
        leaves: tuple[int, ...],
    ) -> None:
        super().__init__(given)
        self._answers, self._leaves, self._told = answers, leaves, bytes.fromhex(told)
        self._fci, self._gpo, self._records = fci, gpo, records
        self._more, self._ttq = bytes.fromhex(gpo_more), bytes.fromhex(ttq)

    def transmit(self, command: bytes) -> bytes:
        if len(self.commands) + 1 in self._leaves:
            self.commands.append(command)
            raise CardLost("left")
        given = command
        if self._told and command[1] == 0xA8:
            at = command.index(self._ttq[:1], 7)  # the bits in the second byte come and go
            given = command[:at] + self._told + command[at + 4 :]
        sent = len(self.commands)
        answer = super().transmit(given)
        self.commands[sent] = command
        if len(self.commands) in self._answers:
            return bytes.fromhex(self._answers[len(self.commands)])
        data, sw = answer[:-2], answer[-2:]
        if sw != b"\x90\x00":
            return answer
        if command[1] == 0xA4 and b"2PAY" not in command:
            data = edited(data, self._fci, add=False)
        elif command[1] == 0xA8 and (self._gpo or self._more):
            data = edited(data, self._gpo)
            ((outer, content),) = decode(data)
            data = encode(outer, content + self._more)
        elif command[1] == 0xB2:
            data = edited(data, self._records, add=False)
        return data + sw


def play(
    *,
    base: str = "debit",
    keys: str = "",
    purse: str = "",
    faults: str = "",
    found: Terminal | None = None,
    ttq: str = PLAIN,
    limits: str = FLOOR,
    switches: str = "",
    entries: str = "",
    terminal_keys: str = "",
    answers: Mapping[int, str] = MappingProxyType({}),
    fci: Objects = NOTHING,
    gpo: Objects = NOTHING,
    gpo_more: str = "",
    records: Objects = NOTHING,
    told: str = "",
    leaves: tuple[int, ...] = (),
    amount: str = "12.50",
    **more: Any,
) -> tuple[Tap, Scene]:
    """A tap, and the card in its reader."""
    reader = Scene(
        card(base, keys, purse, faults),
        answers=answers, fci=fci, gpo=gpo, gpo_more=gpo_more, records=records, ttq=ttq,
        told=told, leaves=leaves,
    )  # fmt: skip
    one = found or terminal(
        ttq=ttq, limits=limits, switches=switches, entries=entries, terminal=terminal_keys
    )
    return one.tap(reader, amount, **{**FIXED, **more}), reader


def ends(**scene: Any) -> str:
    """How a tap ends: status, reason, rule; CVM of an approval or online request, or the rule by
    which authentication failed."""
    outcome = play(**scene)[0].outcome
    words = [WORDS[outcome.status], outcome.reason, outcome.rule or "-"]
    if outcome.status in (Status.APPROVED, Status.ONLINE_REQUEST):
        words.append(outcome.cvm.value)
    elif outcome.rule in ("QP-122", "QP-123"):
        words.append(outcome.oda_rule or "-")
    return " ".join(words)


def row(text: str, expected: str, **scene: Any) -> Any:
    """A line of a table for `check`."""
    return pytest.param(expected, scene, id=text)


def table(*rows: Any) -> Callable[[Callable[[str, dict[str, Any]], None]], Any]:
    """Parametrises a test with (expected, scene)."""
    return pytest.mark.parametrize(("expected", "scene"), rows)
