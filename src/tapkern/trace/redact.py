"""Redaction: the same lines with everything zeroed from which the card number follows.

Lengths and formats stay, so that the file still shows the flow. What cannot be read as TLV is
zeroed as a whole. 9F46 goes because the recovered certificate holds the PAN, 93 because it signs
a hash over it; the configuration image goes because its exception file holds card numbers. Of a
torn record the number is masked as in the outcome, and the check sum goes: with the rest known, it
would give the number away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tapkern import _kernel
from tapkern.data import mask, tags
from tapkern.errors import TlvError
from tapkern.trace import kept

Line = dict[str, object]

SIGNED_STATIC_DATA = 0x93
LOG_SFI = 11  # record files from here on are logs and private files
_TRACK2 = re.compile(r"([0-9]{1,19})(D[0-9]{0,7})([0-9]*)(F?)")
_DIGITS = re.compile(r"[0-9]")

NOTE = "redacted: it cannot replay authentication, and needs its configuration for any replay"


def redact(lines: Iterable[Line]) -> list[Line]:
    """Redacted copies of the lines of a whole transcript."""
    lines = list(lines)
    pans = _card_numbers(lines)
    return [_scrub(_line(line), pans) for line in lines]


def redact_tlv(data: bytes) -> bytes:
    """TLV data with sensitive values zeroed; all zeros when it is not well-formed."""
    try:
        nodes = list(_kernel.Message(data))
    except TlvError:
        return bytes(len(data))
    out = bytearray(data)
    for _, tag, offset, value in nodes:
        new = _value(tag, value)
        if new is not None:
            out[offset : offset + len(value)] = new
    return bytes(out)


def _value(tag: int, value: bytes) -> bytes | None:
    """What takes the place of a value, None when it may stay."""
    kind = mask.secrecy(tag, len(value))
    text = value.hex().upper()
    if kind is mask.Secrecy.PAN:
        return bytes.fromhex(_DIGITS.sub("0", text)) if text.rstrip("F").isdigit() else bytes(
            len(value)
        )  # fmt: skip
    if kind is mask.Secrecy.TRACK2:
        track = _TRACK2.fullmatch(text)
        if track is None:
            return bytes(len(value))
        pan, middle, rest, padding = track.groups()
        return bytes.fromhex("0" * len(pan) + middle + "0" * len(rest) + padding)
    if kind is not None or tag == SIGNED_STATIC_DATA:
        return bytes(len(value))
    primitive = not tags.is_constructed(tag)
    if primitive and tags.find(tag) is None and mask.mask_pan_like(text) != text:
        return bytes(len(value))
    return None


def redact_record(record: bytes) -> bytes:
    """A torn record with the card number masked, which still names its tap."""
    gpo = kept.gpo_of(record)
    return kept.redacted(record, None if gpo is None else redact_tlv(gpo))


def _answer(command: bytes, answer: bytes) -> bytes:
    """A redacted R-APDU: the status word stays."""
    data, status = answer[:-2], answer[-2:]
    is_read_record = len(command) >= 4 and command[1] == 0xB2
    if is_read_record and command[3] >> 3 >= LOG_SFI:
        return bytes(len(data)) + status
    return redact_tlv(data) + status


def _line(line: Line) -> Line:
    new = dict(line)
    kind = line.get("type")
    if kind == "header":
        configuration = line["configuration"]
        assert isinstance(configuration, dict)
        new["configuration"] = {**configuration, "image": None}
        transaction = line["transaction"]
        assert isinstance(transaction, dict)
        torn = transaction.get("torn")
        new["transaction"] = {**transaction, "torn": torn and _record(torn)}
        new["sensitive"] = False
        new["redacted"] = NOTE
    elif kind == "apdu" and "response" in line:
        command, answer = _bytes(line, "command"), _bytes(line, "response")
        new["response"] = _answer(command, answer).hex().upper()
    elif kind == "step" and line.get("step") == "lookup":
        new["data"] = ("00" * 10) + str(line["data"])[20:]
    elif kind == "step" and line.get("step") == "store" and "data" in line:
        new["data"] = _record(str(line["data"]))
    elif kind == "step" and "data" in line:
        new["data"] = "00" * (len(str(line["data"])) // 2)
    elif kind == "outcome":
        for key in ("field55", "data_record", "discretionary"):
            new[key] = redact_tlv(_bytes(line, key)).hex().upper()
    return new


def _record(text: str) -> str:
    return redact_record(bytes.fromhex(text)).hex().upper()


def _torn(line: Line) -> kept.Kept | None:
    """The torn record that a line holds."""
    transaction = line.get("transaction")
    torn = transaction.get("torn") if isinstance(transaction, dict) else None
    if line.get("step") == "store":
        torn = line.get("data")
    return None if torn is None else kept.read(bytes.fromhex(str(torn)))


def _bytes(line: Line, key: str) -> bytes:
    return bytes.fromhex(str(line[key]))


def _card_numbers(lines: Iterable[Line]) -> list[str]:
    """Every card number that the transcript gives away, longest first."""
    found: set[str] = set()
    for line in lines:
        for key in ("response", "data", "data_record", "discretionary", "field55"):
            if isinstance(line.get(key), str):
                found |= mask.find_pans(_bytes(line, key))
        if line.get("type") == "step" and line.get("step") == "lookup":
            found.add(str(line["data"])[:20].upper().rstrip("F"))
        record = _torn(line)
        if record is not None and record.pan is not None:
            found.add(record.pan)
    return sorted((pan for pan in found if len(pan) >= 8), key=len, reverse=True)


def _scrub(line: Line, pans: list[str]) -> Line:
    """Zeros in place of a card number wherever it stands, in BCD or in ASCII."""
    new = dict(line)
    for key, value in line.items():
        if isinstance(value, str):
            for pan in pans:
                value = value.replace(pan, "0" * len(pan))
                value = value.replace(pan.encode().hex(), "30" * len(pan))
            new[key] = value
        elif isinstance(value, dict):
            new[key] = _scrub(value, pans)
    return new
