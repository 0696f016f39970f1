"""Faults of the GPO answer and what belongs to it: AFL, cryptogram type, CTQ, versions."""

from __future__ import annotations

import dataclasses

from tapkern.card import tlv
from tapkern.card.faults import edit
from tapkern.card.faults.edit import Item
from tapkern.card.faults.kinds import (
    Case,
    Effect,
    Hex,
    Kind,
    Layer,
    Number,
    Parameter,
    Values,
)  # fmt: skip
from tapkern.card.faults.tlv import Edit, edit_kind
from tapkern.card.faults.wire import GPO, LAST_RECORD, RECORD, Answered, Step
from tapkern.card.profile import ApplicationProfile

PDOL_TTQ = 0x9F66
ONLINE_REQUIRED = 0x80
"""B2b8 of the TTQ."""
TYPE_BITS = 0x30
"""B2b6-b5 of the CVR, byte 5 of 9F10."""


def _afl(items: list[Item]) -> Item | None:
    found = edit.find(items, 0x94)
    return found if found is not None and len(found.value) >= 4 else None


def _entry(at: int, value: str) -> Edit:
    """One byte of the first AFL entry replaced: 0 SFI, 1 first, 2 last, 3 ODA count."""

    def apply(items: list[Item], values: Values) -> None:
        afl = _afl(items)
        if afl is not None:
            changed = bytearray(afl.value)
            changed[at] = values[value]
            afl.value = bytes(changed)

    return apply


def _cut(items: list[Item], values: Values) -> None:
    afl = _afl(items)
    if afl is not None:
        afl.value = afl.value[: -values["count"]]


def _backward(items: list[Item], _: Values) -> None:
    afl = _afl(items)
    if afl is not None:
        sfi, first, last, oda = afl.value[:4]
        afl.value = bytes([sfi, last + 1, first, oda]) + afl.value[4:]


def _oda_beyond(items: list[Item], _: Values) -> None:
    afl = _afl(items)
    if afl is not None:
        sfi, first, last, _count = afl.value[:4]
        afl.value = bytes([sfi, first, last, last - first + 2]) + afl.value[4:]


def _again(items: list[Item], _: Values) -> None:
    afl = _afl(items)
    if afl is not None:
        sfi, first = afl.value[:2]
        afl.value = bytes([sfi, first, first, 0]) + afl.value


def _absent(items: list[Item], _: Values) -> None:
    afl = _afl(items)
    if afl is not None:
        afl.value = afl.value[:-2] + bytes([afl.value[-2] + 1, afl.value[-1]])


class ManyRecords(Effect):
    """The AFL names a long file before the card's own records, and the card answers it all."""

    SFI = 10

    def __init__(self, values: Values) -> None:
        self._count: int = values["count"]
        self._content = bytes(values["size"])

    def answer(self, step: Step, answer: bytes) -> bytes:
        return edit.change(answer, self._lengthen) if step.name == GPO else answer

    def _lengthen(self, items: list[Item]) -> None:
        afl = _afl(items)
        if afl is not None:
            afl.value = bytes([self.SFI << 3, 1, self._count, 0]) + afl.value

    def command(self, step: Step) -> bytes:
        if step.name == RECORD and step.command[3] >> 3 == self.SFI:
            raise Answered(tlv.encode(0x70, self._content) + b"\x90\x00")
        return step.command


def _cid(items: list[Item], values: Values) -> None:
    found = edit.find(items, 0x9F27)
    if found is not None:
        found.value = values["value"]
    elif items and items[0].items is not None:
        items[0].items.append(Item(0x9F27, values["value"]))


def _type(items: list[Item], values: Values) -> None:
    found = edit.find(items, 0x9F10)
    if found is not None and len(found.value) > 4:
        changed = bytearray(found.value)
        changed[4] = changed[4] & ~TYPE_BITS | values["type"] << 4
        found.value = bytes(changed)


def _format_80(items: list[Item], _: Values) -> None:
    aip, afl = edit.find(items, 0x82), edit.find(items, 0x94)
    if aip is not None:
        items[:] = [Item(0x80, aip.value + (afl.value if afl else b""))]


def _ctq_signed(items: list[Item], values: Values) -> None:
    found = edit.find(items, 0x9F69)
    if found is not None and len(found.value) >= 7:
        found.value = found.value[:5] + values["value"] + found.value[7:]


def _card_data_version(items: list[Item], values: Values) -> None:
    found = edit.find(items, 0x9F69)
    if found is not None:
        found.value = values["value"] + found.value[1:]


def _pan(items: list[Item], _: Values) -> None:
    found = edit.find(items, 0x57)
    digits = "" if found is None else found.value.hex().upper()
    if found is not None and "D" in digits:
        pan, rest = digits.split("D", 1)
        changed = pan[:-1] + str((int(pan[-1], 16) + 1) % 10)
        found.value = bytes.fromhex(f"{changed}D{rest}")


class DespiteOnline(Effect):
    """The card does not see that the terminal demands online authorisation."""

    def __init__(self, _: Values) -> None:
        self._place: int | None = None

    def answer(self, step: Step, answer: bytes) -> bytes:
        if step.name == "select":
            self._place = None
            edit.change(answer, self._look)
        return answer

    def _look(self, items: list[Item]) -> None:
        pdol, at = edit.find(items, 0x9F38), 0
        try:
            entries = tlv.decode_dol(b"" if pdol is None else pdol.value)
        except ValueError:
            return
        for tag, length in entries:
            if tag == PDOL_TTQ and length > 1:
                self._place = at + 1
                return
            at += length

    def command(self, step: Step) -> bytes:
        if step.name != GPO or self._place is None:
            return step.command
        changed = bytearray(step.command)
        at = (8 if changed[6:7] == b"\x81" else 7) + self._place
        if at < len(changed):
            changed[at] &= ~ONLINE_REQUIRED & 0xFF
        return bytes(changed)


class Version00(Effect):
    """The card signs version 00 of fDDA, whatever the terminal supports."""

    def __init__(self, _: Values) -> None: ...

    def profile(self, profile: ApplicationProfile) -> ApplicationProfile:
        return dataclasses.replace(profile, fdda=0)


def _kind(
    name: str, meaning: str, rule: str, apply: Edit, *parameters: Parameter,
    command: str = GPO, harmless: str = "", cases: tuple[Case, ...] = (),
) -> Kind:  # fmt: skip
    return edit_kind(
        name, meaning, rule, apply, command, *parameters, harmless=harmless, cases=cases
    )


def _byte(name: str, meaning: str, default: int, least: int = 0, most: int = 255) -> Number:
    return Number(name=name, meaning=meaning, default=default, least=least, most=most)


def _value(default: str, size: int = 1) -> Hex:
    return Hex(
        name="value", meaning="its value", default=bytes.fromhex(default), least=size, most=size
    )


def _with(value: str, rule: str, harmless: str = "") -> Case:
    return Case(rule=rule, values={"value": bytes.fromhex(value)}, harmless=harmless)


KINDS: tuple[Kind, ...] = (
    _kind("afl-cut", "the AFL is no multiple of 4 bytes", "QP-065", _cut,
          _byte("count", "bytes missing", 1, 1, 3)),
    _kind("afl-sfi", "the first AFL entry has this SFI byte", "QP-065", _entry(0, "byte"),
          _byte("byte", "SFI times 8; 00 and F8 are no files, low bits must be 0", 0xF8),
          cases=(Case(rule="QP-074", values={"byte": 0x10}),)),
    _kind("afl-first", "the first AFL entry begins with this record", "QP-065",
          _entry(1, "record"), _byte("record", "its number", 0),
          cases=(
              Case(rule="QP-093", values={"record": 2}),
          )),
    _kind("afl-backward", "the last record of an AFL entry is before the first", "QP-065",
          _backward),
    _kind("afl-oda-beyond", "more records are authenticated than the AFL entry has", "QP-065",
          _oda_beyond),
    _kind("afl-oda", "so many records are authenticated, not those that were signed", "ODA-064",
          _entry(3, "count"), _byte("count", "of the first entry", 0, most=16)),
    _kind("afl-again", "the first record is to be read twice", "TLV-021", _again),
    _kind("afl-absent", "the AFL names a record that the card does not have", "QP-074", _absent),
    Kind(
        name="afl-many",
        layer=Layer.TLV,
        meaning="the AFL names a long file of records before those that count",
        rule="ODA-082",
        make=ManyRecords,
        parameters=(
            _byte("count", "how many records", 200, 1),
            _byte("size", "bytes of zeros in each", 250, most=250),
        ),
        cases=(
            Case(rule="QP-070", values={"size": 0}),
        ),
    ),
    _kind("cid", "9F27 in the GPO answer", "QP-006", _cid, _value("80"),
          cases=(
              _with("00", "QP-006"),
              _with("C0", "QP-007"),
              _with("40", "QP-005", "it is what the card means"),
          )),
    _kind("cvr-type", "the cryptogram type in 9F10: 0 AAC, 1 TC, 2 ARQC, 3 reserved", "QP-007",
          _type, _byte("type", "the two bits", 3, most=3),
          cases=(
              Case(rule="QP-069", values={"type": 0}),
              Case(rule="QP-005", values={"type": 1}, harmless="it is what the card means"),
              Case(rule="QP-005", values={"type": 2}),
          )),
    _kind("format-80", "the GPO answer in format 80", "QP-063", _format_80),
    Kind(
        name="tc-despite-online",
        layer=Layer.TLV,
        meaning="the card approves offline although the terminal demands online authorisation",
        rule="QP-170",
        make=DespiteOnline,
    ),
    _kind("card-data-ctq", "9F69 holds another CTQ than was signed", "DDA-003", _ctq_signed,
          _value("0080", 2), command=LAST_RECORD),
    _kind("card-data-version", "byte 1 of 9F69, the version of fDDA", "FD-002",
          _card_data_version, _value("02"), command=LAST_RECORD,
          cases=(_with("00", "FD-004"), _with("01", "FD-002", "it is what the card means"))),
    Kind(
        name="version-00",
        layer=Layer.TLV,
        meaning="a card of version 0030 signs version 00 of fDDA: 9F37 alone",
        rule="FD-004",
        make=Version00,
    ),
    _kind("pan-mismatch", "the PAN in 57 is not that of 5A", "QP-085", _pan),
)  # fmt: skip
