"""Key files: one issuer with the CA that certifies it, its keys and master keys, in TOML.

A card file names one (`issuer_file`), a host reads the same one (LD-133). Everything in it is
secret in form, with mode 0600, and a test key by its label: a file without `use = "test"` is
refused. Production keys belong in an HSM, never in a file (LD-134).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from tapkern.errors import UsageError
from tapkern.issuer.authority import CaKey, rsa_record, sm2_record
from tapkern.issuer.keys import MasterKeys
from tapkern.issuer.rsa import RsaKey
from tapkern.issuer.sm2 import Sm2Key

K = TypeVar("K", RsaKey, Sm2Key)

FORMAT = 1
USE = "test"
LARGEST_BITS = 1984
"""The longest RSA key of the scheme: its certificate still fits a record."""
EXPONENTS = (3, 65537)

HEADER = """\
# TEST KEYS of a test issuer, made by `tapkern issuer new`. Secret in form and worth nothing: they
# must never sign for a real card. Keys of real cards belong in an HSM, not in a file.
#
# [FAMILY.ca], [FAMILY.issuer]   rsa: primes p and q, exponent e; sm2: secret d. index: of the CA
#                                key (8F); month: MMYY, until when the SM2 CA key counts
# [FAMILY.master]                ac, mac, enc: master keys, 3DES in the rsa family, SM4 in sm2
"""


@dataclass(frozen=True, slots=True)
class Family(Generic[K]):
    """The keys of one algorithm family; master: for triple DES beside RSA, SM4 beside SM2."""

    ca: K
    ca_index: int
    issuer: K
    master: MasterKeys


@dataclass(frozen=True, slots=True)
class IssuerKeys:
    """An issuer, as its key file holds it; at least one family. month: MMYY, 2 BCD bytes."""

    name: str
    rsa: Family[RsaKey] | None
    sm2: Family[Sm2Key] | None
    month: bytes = field(default=b"\x12\x49")

    def ca_keys(self) -> list[CaKey]:
        """The CA public keys that a terminal needs for cards of this issuer."""
        found = []
        if self.rsa is not None:
            found.append(rsa_record(self.rsa.ca, self.rsa.ca_index))
        if self.sm2 is not None:
            found.append(sm2_record(self.sm2.ca, self.sm2.ca_index, self.month))
        return found

    def to_toml(self) -> str:
        """The text of the key file: all secrets."""
        parts = [f'{HEADER}\nformat = {FORMAT}\nuse = "{USE}"\nname = "{self.name}"\n']
        if self.rsa is not None:
            for role, key in (("ca", self.rsa.ca), ("issuer", self.rsa.issuer)):
                index = f'index = "{self.rsa.ca_index:02X}"\n' if role == "ca" else ""
                body = f'p = "{key.p:X}"\nq = "{key.q:X}"\ne = {key.e}\n'
                parts.append(f"[rsa.{role}]\n{index}{body}")
            parts.append(_master_text("rsa", self.rsa.master))
        if self.sm2 is not None:
            head = f'index = "{self.sm2.ca_index:02X}"\nmonth = "{self.month.hex()}"\n'
            parts.append(f'[sm2.ca]\n{head}d = "{self.sm2.ca.d:064X}"\n')
            parts.append(f'[sm2.issuer]\nd = "{self.sm2.issuer.d:064X}"\n')
            parts.append(_master_text("sm2", self.sm2.master))
        return "\n".join(parts)


def _master_text(family: str, master: MasterKeys) -> str:
    lines = [f'{use} = "{getattr(master, use).hex().upper()}"\n' for use in ("ac", "mac", "enc")]
    return f"[{family}.master]\n{''.join(lines)}"


def load(path: str | Path) -> IssuerKeys:
    """The issuer of a key file. Raises UsageError, which never repeats a key."""
    where = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        what = getattr(error, "strerror", None) or "no text"
        raise UsageError(f"the key file cannot be read: {what}", where) from None
    return parse(text, where)


def parse(text: str, where: str = "key file") -> IssuerKeys:
    """The issuer that the text of a key file describes. Raises UsageError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"not valid TOML: {error}", where) from None
    table = _Table(tables, where)
    if table.take("format", int) != FORMAT:
        raise UsageError(f"the key file is not of format {FORMAT}", where)
    if table.take("use", str) != USE:
        raise UsageError("these are no test keys", where, f'a test key file says use = "{USE}"')
    name = table.take("name", str)
    if not (1 <= len(name) <= 40 and name.isascii() and name.replace("-", "").isalnum()):
        raise UsageError("name must be 1 to 40 letters, digits and hyphens", where)
    rsa = _rsa(table.table("rsa"), name) if table.has("rsa") else None
    sm2, month = None, b"\x12\x49"
    if table.has("sm2"):
        sm2, month = _sm2(table.table("sm2"), name)
    table.finish()
    if rsa is None and sm2 is None:
        raise UsageError("the key file has no keys", where, "it needs [rsa.ca] or [sm2.ca] ...")
    return IssuerKeys(name, rsa, sm2, month)


class _Table:
    """The keys of a table, taken one by one."""

    def __init__(self, content: dict[str, Any], where: str) -> None:
        self._left = dict(content)
        self._where = where

    def has(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str, kind: type[Any]) -> Any:
        if key not in self._left:
            raise UsageError(f"{key} is missing", self._where)
        value = self._left.pop(key)
        if type(value) is not kind:
            raise UsageError(f"{key} must be of type {kind.__name__}", self._where)
        return value

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, dict), f"{self._where} {key}")

    def number(self, key: str) -> int:
        """A number written in hexadecimal."""
        text = self.take(key, str)
        if len(text) > 1024 or not text or set(text) - set("0123456789abcdefABCDEF"):
            raise UsageError(f"{key} must be hexadecimal", self._where)
        return int(text, 16)

    def bytes(self, key: str, size: int) -> bytes:
        value = self.number(key)
        if value >= 1 << 8 * size:
            raise UsageError(f"{key} must be {size} bytes", self._where)
        return value.to_bytes(size, "big")

    def build(self, make: Callable[[], K]) -> K:
        """A key; what makes it none is told without the key."""
        try:
            return make()
        except ValueError as error:
            raise UsageError(f"this is no key: {error}", self._where) from None

    def finish(self) -> None:
        for key in self._left:
            raise UsageError(f"{key} is unknown", self._where)


def _rsa(table: _Table, name: str) -> Family[RsaKey]:
    ca = table.table("ca")
    index = ca.bytes("index", 1)[0]
    family = Family(
        ca=_rsa_key(ca, f"{name}-ca"),
        ca_index=index,
        issuer=_rsa_key(table.table("issuer"), f"{name}-issuer"),
        master=_master(table.table("master"), name),
    )
    table.finish()
    return family


def _rsa_key(table: _Table, name: str) -> RsaKey:
    p, q, e = table.number("p"), table.number("q"), table.take("e", int)
    table.finish()
    if e not in EXPONENTS:
        raise UsageError("e must be 3 or 65537", "key file")
    return table.build(lambda: _checked(RsaKey.from_primes(name, p, q, e)))


def _checked(key: RsaKey) -> RsaKey:
    """The key, when it signs what it verifies. Raises ValueError."""
    bits = key.n.bit_length()
    if bits % 8 or not 512 <= bits <= LARGEST_BITS or key.p == key.q:
        raise ValueError(f"the modulus has {bits} bits, not 512 to {LARGEST_BITS} in whole bytes")
    block = (b"\x6a" + bytes(range(key.size - 1)))[: key.size]
    signed = int.from_bytes(key.sign(block), "big")
    if pow(signed, key.e, key.n).to_bytes(key.size, "big") != block:
        raise ValueError("p and q are not prime")
    return key


def _sm2(table: _Table, name: str) -> tuple[Family[Sm2Key], bytes]:
    ca, issuer = table.table("ca"), table.table("issuer")
    index, month = ca.bytes("index", 1)[0], ca.bytes("month", 2)
    if not (month.hex().isdecimal() and 1 <= int(month[:1].hex()) <= 12):
        raise UsageError("month must be MMYY", "key file")
    family = Family(
        ca=_sm2_key(ca, f"{name}-ca-sm2"),
        ca_index=index,
        issuer=_sm2_key(issuer, f"{name}-issuer-sm2"),
        master=_master(table.table("master"), f"{name}-sm4"),
    )
    table.finish()
    return family, month


def _sm2_key(table: _Table, name: str) -> Sm2Key:
    d = table.number("d")
    table.finish()
    return table.build(lambda: Sm2Key.from_secret(name, d))


def _master(table: _Table, name: str) -> MasterKeys:
    keys = {use: table.bytes(use, 16) for use in ("ac", "mac", "enc")}
    table.finish()
    return MasterKeys(name, **keys)
