"""The implementation conformance statement (ICS): what a product says that it supports.

    product = "Example POS"
    version = "2.1.0"
    provider = "Example Ltd"
    capabilities = ["profile.uics-2018", "online", "offline", "oda.rsa"]

    [[configuration]]          # optional: the product set up with less
    name = "1C"
    capabilities = ["profile.uics-2018", "online"]

The names are those of data/capabilities.toml. What a terminal configuration uses is read from its
sealed image, so that presets of a profile and key sets count like what was written by hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tapkern import _kernel
from tapkern._numbers import Entry, KeyAlgorithm
from tapkern.data.bits import decode_bits, tables
from tapkern.data.capabilities import capabilities
from tapkern.data.codes import Text
from tapkern.data.money import from_bcd
from tapkern.params import names
from tapkern.params.image import entries
from tapkern.params.source import ConfigError, KeyPath, Problem, Source, parse, read_text

TTQ, TTQ_ODA, TTQ_OLD, SWITCHES = 0x9F66, 0xDF8F09, 0xDF8F0A, 0xDF8F02

_TTQ_BITS = {
    "mag_stripe": "mag_stripe",
    "contactless_dc": "contactless_dc",
    "contact_chip": "contact",
    "online_pin": "cvm.online_pin",
    "signature": "cvm.signature",
    "oda_for_online": "oda.for_online",
    "contact_offline_pin": "cvm.contact_offline_pin",
    "issuer_update": "issuer_update",
    "cdcvm": "cvm.cdcvm",
    "fdda_01": "oda.fdda_01",
}
_SWITCHES = {
    "fd.allow_v00": "oda.fdda_00",
    "tt.recovery": "torn",
    "tt.upload_doubtful": "torn",
    "qp.deferred_auth": "transit",
    "ep.start_b_fixed": "start_b",
    "apdu.follow_61_6c": "get_response",
}
_FLAGS = {0xDF8F04: "status_check", 0xDF8F06: "extended_selection"}
_TYPES = {0x01: "type.cash", 0x09: "type.cashback", 0x20: "type.refund"}
_PROFILES = {number: name for name, number in names.PROFILES.items()}
_ALGORITHMS = {KeyAlgorithm.RSA: "oda.rsa", KeyAlgorithm.SM2: "oda.sm2"}


@dataclass(frozen=True, slots=True)
class Ics:
    """A statement. configuration: the name of the set-up that was chosen, "" for the whole.

    digest: SHA-256 of the file, hexadecimal; label: the file as it was named.
    """

    product: str
    version: str
    provider: str
    configuration: str
    capabilities: frozenset[str]
    digest: str
    label: str

    def to_json(self) -> dict[str, object]:
        """As reports carry it."""
        return {
            "product": self.product,
            "version": self.version,
            "provider": self.provider,
            "configuration": self.configuration,
            "capabilities": sorted(self.capabilities),
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Use:
    """A capability that a configuration uses: by which entry of the image, tag and switch.

    setting says what asks for it, as people write it.
    """

    capability: str
    entry: int
    tag: int
    setting: str
    switch: str = ""


def type_capability(number: int) -> str | None:
    """The capability that a transaction type (9C) needs, None for a purchase."""
    return None if number == 0x00 else _TYPES.get(number, "type.other")


def text_of(name: str) -> Text:
    """What a capability is, in English and Chinese."""
    return capabilities()[name]


# --- what a configuration uses -------------------------------------------------------------------


def used(image: bytes) -> Iterator[Use]:
    """Every capability that a sealed configuration uses, in the order of its entries."""
    for number, (kind, body) in enumerate(entries(image)):
        if kind is Entry.COMBINATION:
            yield from _combination(number, body)
        elif kind is Entry.CA_KEY:
            algorithm = KeyAlgorithm((body.get(0xDF07) or b"\x00")[0])
            yield Use(_ALGORITHMS[algorithm], number, 0xDF07, f"key {algorithm.name}")
        elif kind is Entry.REVOKED:
            yield Use("revocation", number, 0, "revoked")
        elif kind is Entry.EXCEPTION:
            yield Use("exception_file", number, 0, "exception")
        elif kind is Entry.TERMINAL and body.get(0xDF8F21) == b"\x01":
            yield Use("exception_file", number, 0xDF8F21, "exception_lookup")


def _combination(number: int, body: _kernel.Message) -> Iterator[Use]:
    if body.get(0x96) != b"\x07":
        yield Use("other_kernels", number, 0x96, "kernel")
        return
    profile = _PROFILES[(body.get(0xDF8F01) or b"\x00")[0]]
    yield Use(f"profile.{profile}", number, 0xDF8F01, f"profile {profile}")
    switches = dict(zip(names.switches(), body.get(SWITCHES) or b"", strict=False))
    yield from _qualifiers(number, body, switches)
    for name, capability in _SWITCHES.items():
        if switches.get(name):
            yield Use(capability, number, SWITCHES, f"switch {name}", name)
    for tag, capability in _FLAGS.items():
        if body.get(tag) == b"\x01":
            yield Use(capability, number, tag, capability)
    for value in body.get(0xDF8F03) or b"":
        if (needs := type_capability(value)) is not None:
            yield Use(needs, number, 0xDF8F03, f"type {value:02X}")


def _qualifiers(
    number: int, body: _kernel.Message, switches: dict[str, int]
) -> Iterator[Use]:  # fmt: skip
    """What the three TTQ say, and the limits that go with them."""
    offline_only = False
    for tag, key in ((TTQ, "ttq"), (TTQ_ODA, "ttq_oda"), (TTQ_OLD, "ttq_old")):
        value = body.get(tag)
        if value is None:
            continue
        if tag != TTQ:
            yield Use("transit", number, tag, key)
        bits = [bit.name for bit in decode_bits(tables()["ttq"], value)]
        for bit in bits:
            if bit in _TTQ_BITS:
                yield Use(_TTQ_BITS[bit], number, tag, f"{key} {bit}")
        if "offline_only" in bits:
            offline_only = True
            yield Use("offline", number, tag, f"{key} offline_only")
        else:
            yield Use("online", number, tag, f"{key} without offline_only")
    tag, floor = _floor_limit(body)
    # EP-015, EP-016: an amount above the floor goes online; without a floor every one (EP-017).
    if not offline_only and floor > switches.get("ep.floor_cmp_ge", 0):
        yield Use("offline", number, tag, "floor limit")
    # EC-001: electronic cash is offered below this limit.
    ec = (0x9F7B, from_bcd(body.get(0x9F7B) or b"\x00"))
    if 0x9F7B not in body:
        ec = (0x9F1B, int.from_bytes(body.get(0x9F1B) or b"", "big"))
    if ec[1] > 0:
        yield Use("electronic_cash", number, ec[0], "limit of electronic cash")


def _floor_limit(body: _kernel.Message) -> tuple[int, int]:
    """The floor limit that counts: its tag and minor units."""
    contactless = body.get(0xDF19)
    if contactless is not None:
        return 0xDF19, from_bcd(contactless)
    return 0x9F1B, int.from_bytes(body.get(0x9F1B) or b"", "big")


def outside(image: bytes, ics: Ics) -> Iterator[tuple[Use, str]]:
    """What a configuration uses beyond a statement, each with what to tell people."""
    for use in used(image):
        if use.capability not in ics.capabilities:
            name = ics.label + (f"#{ics.configuration}" if ics.configuration else "")
            words = text_of(use.capability).en
            yield (
                use,
                f"{use.setting} needs {use.capability} ({words}), which {name} does not state",
            )


HINT = "take the setting out, or state the capability if the product has it"


def check_image(image: bytes, ics: Ics) -> None:
    """Refuses a sealed image that uses more than a statement says. Errors: ConfigError.

    Of a configuration file ask params.load, which names file and line of each setting.
    """
    problems = [
        Problem(what, f"configuration image, entry {use.entry}", HINT)
        for use, what in outside(image, ics)
    ]
    if problems:
        raise ConfigError(problems)


# --- the file ------------------------------------------------------------------------------------


def read_ics(reference: str | Path) -> Ics:
    """A statement: FILE, or FILE#NAME for one of its configurations.

    Errors: ConfigError with file and line of everything that is wrong; UsageError when the file
    cannot be read.
    """
    path, _, chosen = str(reference).partition("#")
    text = read_text(Path(path), "conformance statement")
    return parse_ics(text, path, chosen)


def parse_ics(text: str, label: str, chosen: str = "") -> Ics:
    """A statement from its text; label names it in messages, chosen one of its configurations."""
    return _Reader(text, label).read(chosen)


class _Reader:
    """Reads one file; problems are collected, so that one run tells them all."""

    def __init__(self, text: str, label: str) -> None:
        self._text = text
        self._source: Source = parse(text, label, Path())
        self._problems: list[Problem] = []

    def read(self, chosen: str) -> Ics:
        tables = self._source.tables
        keys = ("product", "version", "provider", "capabilities", "configuration")
        self._unknown(tables, keys, ())
        product, version, provider = (self._words(tables, key, ()) for key in keys[:3])
        whole = self._names(tables.get("capabilities"), ("capabilities",))
        parts = self._parts(whole)
        if chosen and chosen not in parts and not self._problems:
            hint = names.closest(chosen, list(parts)) if parts else "it has none"
            self._problem(f"there is no configuration {chosen!r}", (), hint)
        if self._problems:
            raise ConfigError(self._problems)
        return Ics(
            product=product,
            version=version,
            provider=provider,
            configuration=chosen,
            capabilities=parts[chosen] if chosen else whole,
            digest=hashlib.sha256(self._text.encode()).hexdigest(),
            label=self._source.label,
        )

    def _problem(self, what: str, at: KeyPath, hint: str = "") -> None:
        self._problems.append(Problem(what, self._source.where(at), hint))

    def _unknown(self, table: Iterable[str], known: Sequence[str], at: KeyPath) -> None:
        for key in table:
            if key not in known:
                self._problem(f"unknown key {key!r}", (*at, key), names.closest(key, known))

    def _words(self, table: dict[str, object], key: str, at: KeyPath) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            missing = "is missing" if key not in table else "must be text in quotes"
            self._problem(f"{key} {missing}", (*at, key))
            return ""
        return value

    def _parts(self, whole: frozenset[str]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        parts = self._source.tables.get("configuration", [])
        if not isinstance(parts, list) or not all(isinstance(one, dict) for one in parts):
            self._problem(
                "configuration must be tables", ("configuration",), "write [[configuration]]"
            )
            return found
        for number, part in enumerate(parts):
            at: KeyPath = ("configuration", number)
            self._unknown(part, ("name", "capabilities"), at)
            name = self._words(part, "name", at)
            if name in found:
                self._problem(f"the configuration {name!r} stands twice", (*at, "name"))
            found[name] = self._names(part.get("capabilities"), (*at, "capabilities"))
            for extra in sorted(found[name] - whole):
                self._listed(f"{extra} is not among those of the product", extra, at)
        return found

    def _names(self, value: object, at: KeyPath) -> frozenset[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._problem("capabilities must be a list of names in quotes", at)
            return frozenset()
        for name in value:
            if name not in capabilities():
                hint = names.closest(name, list(capabilities()))
                self._listed(f"unknown capability {name!r}", name, at, hint)
        return frozenset(value) & frozenset(capabilities())

    def _listed(self, what: str, name: str, at: KeyPath, hint: str = "") -> None:
        """A problem with one name of a list, at the line on which the name stands."""
        label, _, first = self._source.where(at).rpartition(":")
        lines = self._text.split("\n")[int(first) - 1 :]
        quoted = (f'"{name}"', f"'{name}'")
        here = (n for n, line in enumerate(lines) if any(word in line for word in quoted))
        where = f"{label}:{int(first) + next(here, 0)}"
        self._problems.append(Problem(what, where, hint))
