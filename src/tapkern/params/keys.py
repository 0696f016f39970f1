"""A set of CA keys: read, check, merge, write.

Whether a key can be used is decided by the kernel's configuration builder, the same that seals a
terminal configuration: CK-002 check sum, CK-003 exponent, CK-004 modulus, CK-009 complete and once,
SM-021 self-signature, SM-022 point on the curve. A check sum and a self-signature prove that a key
arrived whole, not whose it is (SM-036).
"""

from __future__ import annotations

import csv
import io
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tapkern import _kernel
from tapkern._numbers import Entry, KeyAlgorithm
from tapkern.data import tlv
from tapkern.data.dates import parse_mmyy
from tapkern.errors import ConfigFault, UsageError
from tapkern.params import capk, keytlv, names
from tapkern.params.fields import Field
from tapkern.params.source import ConfigError, Problem
from tapkern.params.weakness import key_weaknesses, shared_factors

NOTE = "check sums and self-signatures prove integrity, not origin (SM-036)"
LIVE = "live"

# Keys of a [[ca_key]] in the order in which they are written; flags are true or absent.
_ORDER = ("algorithm", "rid", "index", "expiry", "service", "month", "modulus", "exponent", "point",
          "checksum", "self_signature", "use", "without_checksum", "trust")  # fmt: skip
_FLAGS = {KeyAlgorithm.RSA: "without_checksum", KeyAlgorithm.SM2: "trust"}
_PROOFS = {KeyAlgorithm.RSA: "checksum", KeyAlgorithm.SM2: "self_signature"}
_WORD = re.compile(r"[A-Za-z0-9_-]{1,20}", re.ASCII)
_CSV_COLUMNS = ("rid", "index", "bits", "exponent", "sha1_checksum", "modulus", "expiry", "use")


@dataclass(frozen=True, slots=True)
class CaKey:
    """A CA key that the kernel accepts. values: the table of its [[ca_key]], in capital letters.

    trusted: it has neither check sum nor self-signature, and somebody said that it counts.
    """

    algorithm: KeyAlgorithm
    values: Mapping[str, str]
    trusted: bool
    where: str

    @property
    def rid(self) -> str:
        """The RID, 10 hexadecimal digits."""
        return self.values["rid"]

    @property
    def index(self) -> str:
        """The index (8F, 9F22), 2 hexadecimal digits."""
        return self.values["index"]

    @property
    def name(self) -> str:
        """RID and index (CK-001)."""
        return f"{self.rid} {self.index}"

    @property
    def is_rsa(self) -> bool:
        return self.algorithm is KeyAlgorithm.RSA

    @property
    def modulus(self) -> int:
        """The modulus of an RSA key as a number, 0 for SM2."""
        return int(self.values.get("modulus", "0"), 16)

    @property
    def bits(self) -> int:
        """Bits of the modulus, or of the curve."""
        return self.modulus.bit_length() if self.is_rsa else 256

    @property
    def last_day(self) -> date | None:
        """The last day on which the key counts (CK-005): DF05, else the month of DF37."""
        if "expiry" in self.values:
            return date.fromisoformat(self.values["expiry"])
        if "month" not in self.values:
            return None
        year, month = parse_mmyy(bytes.fromhex(self.values["month"]))
        return date(year, month, monthrange(year, month)[1])

    @property
    def proof(self) -> str:
        """Why the key counts: checksum, self-signature, or trusted."""
        return "trusted" if self.trusted else _PROOFS[self.algorithm].replace("_", "-")

    def to_json(self) -> dict[str, object]:
        """As `tapkern keys --json` prints it."""
        last = self.last_day
        return {
            "rid": self.rid,
            "index": self.index,
            "algorithm": self.algorithm.name.lower(),
            "bits": self.bits,
            "exponent": self.values.get("exponent"),
            "expiry": None if last is None else last.isoformat(),
            "proof": self.proof,
            "use": self.values["use"],
        }


# --- reading -------------------------------------------------------------------------------------


def load(
    references: Iterable[str | Path], *, form: str | None = None, trust: bool = False
) -> tuple[CaKey, ...]:
    """The keys of files, all of one import. A reference is a path or the name of a built-in set.

    form: one of capk.FORMS, by default by the name of each file. trust: the explicit word for keys
    without check sum or self-signature (SM-021, CK-009); what is there and wrong stays refused.
    Errors: ConfigError with every key that is refused and why.
    """
    importer = _Importer(trust)
    for reference in references:
        for where, table in capk.read_keys(path_of(reference), form):
            importer.add(where, table)
    if importer.problems:
        raise ConfigError(importer.problems)
    return tuple(importer.keys)


def path_of(reference: str | Path) -> Path:
    """A file, a built-in set by name, or package data (tapkern:PATH)."""
    text = str(reference)
    if text in capk.BUILTIN and not Path(text).exists():
        text = capk.BUILTIN[text]
    return capk.resolve(text, Path())


class _Importer:
    """Keys of one import: a pair of RID and index stands once (SM-020)."""

    def __init__(self, trust: bool) -> None:
        self._trust = trust
        self._builder = _kernel.ConfigBuilder()
        self.keys: list[CaKey] = []
        self.problems: list[Problem] = []

    def add(self, where: str, table: dict[str, object]) -> None:
        use = str(table.pop(capk.USE, LIVE))
        known, extra = capk.entry_form(table)
        algorithm = KeyAlgorithm.SM2 if table["algorithm"] == "sm2" else KeyAlgorithm.RSA
        flag, proof = _FLAGS[algorithm], _PROOFS[algorithm]
        if self._trust and proof not in table and flag in known:
            table[flag] = True
        before = len(self.problems)
        self._unknown(table, known, where)
        if not _WORD.fullmatch(use):
            self._problem(f"use: must be a word, not {use!r}", where)
        body, values = bytearray(extra), {}
        for key, field in known.items():
            if key not in table:
                if field.required:
                    self._problem(f"{key} is missing [CK-009]", where)
                continue
            try:
                value = field.encode(table[key], 0)
            except ValueError as error:
                self._problem(f"{key}: {error}", where)
                continue
            body += tlv.write(field.tag, value)
            values[key] = value.hex().upper()
        if len(self.problems) == before and self._accepts(bytes(body), known, where):
            values |= {"algorithm": str(table["algorithm"]), "use": use}
            trusted = values.pop(flag, "00") == "01" and proof not in values
            self._keep(CaKey(algorithm, values, trusted, where))

    def _keep(self, key: CaKey) -> None:
        try:
            _ = key.last_day
        except ValueError:  # 29 February 2100: two digits of a year do not tell
            self._problem("expiry: is no day of the calendar [CK-009]", key.where)
        else:
            self.keys.append(key)

    def _unknown(self, table: Mapping[str, object], known: Mapping[str, Field], where: str) -> None:
        for key in table.keys() - known.keys():
            self._problem(f"unknown key {key!r}", where, names.closest(key, list(known)))

    def _accepts(self, body: bytes, known: Mapping[str, Field], where: str) -> bool:
        """Asks the kernel."""
        try:
            self._builder.add(Entry.CA_KEY, body)
        except ConfigFault as fault:
            key = next((key for key, field in known.items() if field.tag == fault.tag), "")
            words = "is wrong" if fault.name == "CHECK_SUM" else fault.what
            what = f"{key}: {words}" if key else words
            self._problem(f"{what} [{fault.rule}]" if fault.rule else what, where, _hint(fault))
            return False
        return True

    def _problem(self, what: str, where: str, hint: str = "") -> None:
        self.problems.append(Problem(what, where, hint))


def _hint(fault: ConfigFault) -> str:
    if fault.name == "MISSING" and fault.tag in (0xDF03, 0xDF39):
        return "--trust takes keys without check sum or self-signature"
    return ""


def merge(old: Sequence[CaKey], new: Sequence[CaKey]) -> tuple[tuple[CaKey, ...], tuple[str, ...]]:
    """The old keys with the new ones: a new import replaces (SM-020). Also the names replaced."""
    found = {key.name: key for key in old}
    replaced = tuple(key.name for key in new if key.name in found)
    return tuple((found | {key.name: key for key in new}).values()), replaced


# --- checking ------------------------------------------------------------------------------------


def findings(keys: Sequence[CaKey], today: date) -> list[tuple[str, ...]]:
    """What speaks against each key: past its day (CK-005), or publicly known to be weak."""
    found: list[list[str]] = []
    for key in keys:
        last = key.last_day
        past = [f"expired: {last.isoformat()} [CK-005]"] if last and last < today else []
        found.append(past + list(key_weaknesses(key.modulus)) if key.is_rsa else past)
    places = [place for place, key in enumerate(keys) if key.is_rsa]
    for one, other in shared_factors([keys[place].modulus for place in places]):
        a, b = places[one], places[other]
        what = "same modulus as" if keys[a].modulus == keys[b].modulus else "shares a factor with"
        found[a].append(f"{what} {keys[b].name}")
        found[b].append(f"{what} {keys[a].name}")
    return [tuple(words) for words in found]


# --- writing -------------------------------------------------------------------------------------


def write(keys: Sequence[CaKey], form: str) -> str:
    """The keys in one of capk.FORMS; TLV as hexadecimal, a record on each line.

    Errors: UsageError for SM2 keys in CSV.
    """
    if form == "csv":
        return _csv(keys)
    if form == "tlv":
        return "".join(_tlv(key) for key in keys)
    return f"# CA public keys; {NOTE}.\n" + "".join(_toml(key) for key in keys)


def _tlv(key: CaKey) -> str:
    """One record. Without a self-signature a month has no place, a day has."""
    values = dict(key.values)
    last = key.last_day
    if last is not None and "self_signature" not in values:
        values["expiry"] = last.strftime("%Y%m%d")
    return keytlv.record(values).hex().upper() + "\n"


def _toml(key: CaKey) -> str:
    values = {name: f'"{value}"' for name, value in key.values.items()}
    if key.values["use"] == LIVE:
        del values["use"]
    if key.trusted:
        values[_FLAGS[key.algorithm]] = "true"
    lines = [f"{name} = {values[name]}\n" for name in _ORDER if name in values]
    return "\n[[ca_key]]\n" + "".join(lines)


def _csv(keys: Sequence[CaKey]) -> str:
    for key in keys:
        if not key.is_rsa:
            raise UsageError(f"{key.name} is an SM2 key, CSV holds RSA keys", key.where,
                             "export to toml or tlv")  # fmt: skip
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_CSV_COLUMNS)
    for key in keys:
        cells = {**key.values, "bits": str(4 * len(key.values["modulus"])),
                 "sha1_checksum": key.values.get("checksum", "")}  # fmt: skip
        table.writerow([cells.get(name, "") for name in _CSV_COLUMNS])
    return text.getvalue()
