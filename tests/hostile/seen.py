"""What went over the air in one presentment, read anew by the shadow.

Nothing here asks the kernel: it is the configuration, the transaction, the commands and answers.
"""

from __future__ import annotations

import dataclasses
import datetime
from functools import cached_property

from tests.oracle import tlv
from tests.oracle.terminal import tags
from tests.oracle.terminal.configuration import Combination, Configuration

PPSE = b"2PAY.SYS.DDF01"
SELECT, GPO, READ, GET_DATA, GET_RESPONSE = 0xA4, 0xA8, 0xB2, 0xCA, 0xC0
UNIONPAY = bytes.fromhex("A000000333")
TYPES = ("AAC", "TC", "ARQC", "RFU")
Exchange = tuple[bytes, bytes | None]
"""A command and its answer, None when there was none."""


def day(text: str) -> datetime.date | None:
    """YYMMDD, 00 to 49 in this century; None when it is no calendar date."""
    try:
        year = int(text[:2])
        return datetime.date(year + (2000 if year < 50 else 1900), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


@dataclasses.dataclass(frozen=True)
class Deal:
    """A transaction as the POS gave it, and the time of its begin."""

    amount: int
    other: int
    type: int
    currency: int
    date: str
    time: str
    sequence: int
    purpose: int = 0
    start: int = 0
    exponent: int = 2

    @property
    def values(self) -> dict[str, bytes]:
        """Terminal-owned values by tag."""
        return {
            "9F02": bytes.fromhex(f"{self.amount:012d}"),
            "9F03": bytes.fromhex(f"{self.other:012d}"),
            "5F2A": bytes.fromhex(f"{self.currency:04d}"),
            "9A": bytes.fromhex(self.date),
            "9C": bytes([self.type]),
            "9F21": bytes.fromhex(self.time),
            "9F41": bytes.fromhex(f"{self.sequence:08d}"),
            "95": bytes(5),
        }


def folded(exchanges: list[Exchange]) -> list[Exchange]:
    """APDU-003: a command with the answer that 61xx and 6Cxx have led to."""
    found: list[Exchange] = []
    for command, answer in exchanges:
        if found and found[-1][1] is not None and len(found[-1][1]) == 2:
            before, refused = found[-1]
            again = refused[0] == 0x6C and command[:-1] == before[:-1]
            if (refused[0] == 0x61 and command[1] == GET_RESPONSE) or again:
                found[-1] = before, answer
                continue
        found.append((command, answer))
    return found


def objects(data: bytes, tag: str, skip_ff: bool) -> list[tuple[str, bytes]] | None:
    """The objects of an answer that is one template exactly, else None (TLV-015, TLV-016)."""
    try:
        inner = tlv.only(data, tag)
        return [(name, value) for name, value, _ in tlv.objects(inner, skip_ff)]
    except tlv.Malformed:
        return None


def first(found: list[tuple[str, bytes]], tag: str) -> bytes:
    """The first value of this tag that is not empty (TLV-020)."""
    return next((value for name, value in found if name == tag and value), b"")


@dataclasses.dataclass
class Seen:
    """One presentment, taken to have been for one combination of the configuration."""

    configuration: Configuration
    combination: Combination
    ttq: bytes
    deal: Deal
    exchanges: list[Exchange]
    looked_up: list[tuple[bytes, bool]] = dataclasses.field(default_factory=list)

    def on(self, switch: str) -> bool:
        return self.combination.on(switch)

    def word(self, switch: str) -> str:
        return self.combination.word(switch)

    @cached_property
    def skip_ff(self) -> bool:
        return self.on("tlv.skip_ff")

    def _at(self, ins: int) -> int:
        """The place of the last command of this kind, -1 when there is none."""
        places = [at for at, (command, _) in enumerate(self.exchanges) if command[1] == ins]
        return places[-1] if places else -1

    def _data(self, at: int) -> bytes | None:
        """Data of an answer with 9000, None for every other answer."""
        answer = self.exchanges[at][1] if at >= 0 else None
        return answer[:-2] if answer is not None and answer[-2:] == b"\x90\x00" else None

    @cached_property
    def directory(self) -> list[dict[str, bytes]]:
        """EP-044 to EP-046: the entries of the PPSE."""
        answers = [
            self._data(at)
            for at, (command, _) in enumerate(self.exchanges)
            if command[1] == SELECT and command[5:-1] == PPSE
        ]
        if not answers or answers[-1] is None:
            return []
        outer = objects(answers[-1], "6F", self.skip_ff)
        if outer is None or first(outer, "84") != PPSE:
            return []
        found = []
        try:
            inner = [(n, v) for n, v, _ in tlv.objects(first(outer, "A5"), self.skip_ff)]
            for tag, value, _ in tlv.scan(first(inner, "BF0C"), self.skip_ff):
                if tag == "61":
                    found.append(value)
        except tlv.Malformed:
            pass
        entries = []
        for value in found:
            try:
                entry = [(n, v) for n, v, _ in tlv.objects(value, self.skip_ff)]
            except tlv.Malformed:
                continue
            entries.append({tag: first(entry, tag) for tag in ("4F", "9F2A", "9F29")})
        return entries

    @cached_property
    def selected(self) -> bytes:
        """The data of the last SELECT, no name when the last one was for the PPSE."""
        at = self._at(SELECT)
        name = self.exchanges[at][0][5:-1] if at >= 0 else b""
        return b"" if name == PPSE else name

    @cached_property
    def fci(self) -> dict[str, bytes]:
        """84, 9F38 and DF61 of the application; nothing when its answer cannot be used."""
        data = self._data(self._at(SELECT))
        outer = None if data is None else objects(data, "6F", self.skip_ff)
        if outer is None:
            return {}
        try:
            inner = [(n, v) for n, v, _ in tlv.objects(first(outer, "A5"), self.skip_ff)]
            issuer = [(n, v) for n, v, _ in tlv.objects(first(inner, "BF0C"), self.skip_ff)]
        except tlv.Malformed:
            return {}
        found = {"84": first(outer, "84"), "9F38": first(inner, "9F38")}
        found["DF61"] = first(issuer, "DF61")
        return {tag: value for tag, value in found.items() if value}

    @cached_property
    def pdol(self) -> list[tuple[str, int]]:
        try:
            return tlv.dol(self.fci.get("9F38", b""))
        except tlv.Malformed:
            return []

    @cached_property
    def sent(self) -> dict[str, bytes]:
        """The values of the GPO command, by the PDOL of the card; {} when they do not fit it."""
        at = self._at(GPO)
        if at < 0:
            return {}
        try:
            data = tlv.only(self.exchanges[at][0][5:-1], "83")
        except tlv.Malformed:
            return {}
        if len(data) != sum(length for _, length in self.pdol):
            return {}
        found, start = {}, 0
        for tag, length in self.pdol:
            found[f"{tag}/{length}"] = data[start : start + length]
            start += length
        return found

    @cached_property
    def gpo(self) -> list[tuple[str, bytes]] | None:
        """The objects of the 77 that answered GPO with 9000."""
        data = self._data(self._at(GPO))
        return None if data is None else objects(data, "77", self.skip_ff)

    @cached_property
    def possible(self) -> set[str]:
        """Every cryptogram type that 9F27 or 9F10 names."""
        found = set()
        cid, application = self.value("9F27"), self.value("9F10")
        if cid:
            found.add(TYPES[cid[0] >> 6])
        if len(application) > 4:
            found.add(TYPES[application[4] >> 4 & 3])
        return found

    @cached_property
    def kind(self) -> str:
        """QP-005, QP-006: the cryptogram type that counts, "" when it is not known."""
        cid, application = self.value("9F27"), self.value("9F10")
        by_cid = TYPES[cid[0] >> 6] if len(cid) == 1 else ""
        by_iad = TYPES[application[4] >> 4 & 3] if len(application) >= 7 else ""
        source = self.word("qp.cid_source")
        if source == "iad":
            return by_iad
        if source == "cid":
            return by_cid if cid else by_iad
        return next((t for t in ("RFU", "AAC", "ARQC", "TC") if t in (by_cid, by_iad)), "")

    def value(self, tag: str) -> bytes:
        """A value of the GPO answer."""
        return first(self.gpo or [], tag)

    @cached_property
    def afl(self) -> list[tuple[int, int, bool]]:
        """QP-065: SFI, record and whether it is signed; [] when there is none or a bad one."""
        value = self.value("94")
        found = []
        if len(value) % 4:
            return []
        for at in range(0, len(value), 4):
            file, low, high, count = value[at : at + 4]
            if file & 7 or not 1 <= file >> 3 <= 30 or not 1 <= low <= high:
                return []
            if count > high - low + 1:
                return []
            found += [(file >> 3, n, n < low + count) for n in range(low, high + 1)]
        return found

    @cached_property
    def reads(self) -> list[Exchange]:
        """READ RECORD commands behind GPO."""
        return [x for x in self.exchanges[self._at(GPO) + 1 :] if x[0][1] == READ]

    @cached_property
    def records(self) -> list[tuple[int, bool, bytes]]:
        """SFI, whether signed, and data of each record of the AFL that came with 9000."""
        found = []
        for (file, _, signed), (_, answer) in zip(self.afl, self.reads, strict=False):
            if answer is not None and answer[-2:] == b"\x90\x00":
                found.append((file, signed, answer[:-2]))
        return found

    @cached_property
    def told(self) -> list[tuple[str, bytes]]:
        """Known objects of the GPO answer and of the records, in order (TLV-031, TLV-034)."""
        found = [x for x in self.gpo or [] if _counts(*x)]
        in_gpo = {tag for tag, _ in found}
        for file, _, data in self.records:
            if file <= 10:
                inside = objects(data, "70", self.skip_ff) or []
                found += [
                    (tag, value)
                    for tag, value in inside
                    if _counts(tag, value) and (tag not in GPO_ONLY or tag in in_gpo)
                ]
        return found

    @cached_property
    def card(self) -> dict[str, bytes]:
        """The first value of each of them."""
        found: dict[str, bytes] = {}
        for tag, value in self.told:
            found.setdefault(tag, value)
        return found

    @cached_property
    def pan(self) -> str:
        """QP-084."""
        if "5A" in self.card:
            return self.card["5A"].hex().upper().rstrip("F")
        return self.track_pan

    @cached_property
    def track_pan(self) -> str:
        return self.card.get("57", b"").hex().upper().partition("D")[0]

    def ttq_bit(self, byte: int, bit: int) -> bool:
        return bool(self.ttq[byte - 1] >> (bit - 1) & 1)

    @property
    def ctq(self) -> bytes | None:
        found = self.card.get("9F6C")
        return found if found is not None and len(found) == 2 else None

    def ctq_bit(self, byte: int, bit: int) -> bool:
        return self.ctq is not None and bool(self.ctq[byte - 1] >> (bit - 1) & 1)


GPO_ONLY = ("82", "94", "9F26", "9F27", "9F36", "9F10")  # TLV-032


def _counts(tag: str, value: bytes) -> bool:
    """TLV-020, TLV-025, TLV-031, TLV-034: it is an object of the card that is kept."""
    known = tags.known(tag) and not tags.owned(tag) and tag != "DF61"
    return bool(value) and known and (tags.fits(tag, value) or tag in ("9F6C", "9F69"))
