"""CA public keys from files (TOML, CSV, TLV records of acquirers), and the published UnionPay set.

Every form becomes the table of a [[ca_key]] in a configuration, so one set of checks serves all.

A CSV file has the columns rid, index, exponent, modulus and sha1_checksum (all hexadecimal), and
perhaps bits, expiry (YYYYMMDD) and use: keys whose use is not "live" are taken only by name. Lines
that begin with # are comments. CSV holds RSA keys. TLV: see keytlv.py.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from tapkern.data import tlv
from tapkern.errors import UsageError
from tapkern.params import fields, keytlv
from tapkern.params.fields import Field
from tapkern.params.source import parse, read_bytes, read_text

USE = "use"
FORMS = ("toml", "csv", "tlv")

BUILTIN: Mapping[str, str] = {"unionpay": "tapkern:params/capk/unionpay.csv"}

_SUFFIXES: Mapping[str, str] = {
    ".csv": "csv", ".tlv": "tlv", ".hex": "tlv", ".bin": "tlv", ".txt": "tlv",
}  # fmt: skip
_CSV_NAMES = {"rid": "rid", "index": "index", "modulus": "modulus", "exponent": "exponent",
              "sha1_checksum": "checksum", "expiry": "expiry", "use": USE}  # fmt: skip

_SHA1 = tlv.write(0xDF06, b"\x01")
# What the self-signature of an SM2 record covers besides: its header and the curve.
_SELF_SIGNED = tlv.write(0xDF35, b"\x31") + tlv.write(0xDF38, b"\x11")


def resolve(reference: str, folder: Path) -> Path:
    """A reference of a configuration: tapkern:PATH is package data, else relative to folder."""
    if reference.startswith("tapkern:"):
        return Path(str(files("tapkern"))) / reference.removeprefix("tapkern:")
    return folder / reference


def entry_form(table: dict[str, object]) -> tuple[Mapping[str, Field], bytes]:
    """The fields that the table of a CA key may have, and what stands in every such entry.

    A table without an algorithm is an RSA key; the table is completed.
    """
    table.setdefault("algorithm", "rsa")
    if table["algorithm"] != "sm2":
        return fields.CA_KEY, _SHA1
    return fields.SM2_KEY, _SELF_SIGNED if "self_signature" in table else b""


def form_of(path: Path) -> str:
    """The form of a file by its name: csv, tlv, or toml for every other name."""
    return _SUFFIXES.get(path.suffix.lower(), "toml")


def read_keys(path: Path, form: str | None = None) -> Iterator[tuple[str, dict[str, object]]]:
    """(place, table) of every key in a file; form: one of FORMS, by default by its name.

    The place is file:line, in a binary file an offset. Errors: UsageError when the file cannot be
    read or is not of its form; whether a key can be used is for the kernel's builder to say.
    """
    form = form or form_of(path)
    if form == "tlv":
        yield from keytlv.read(read_bytes(path, "key"), str(path))
        return
    text = read_text(path, "key")
    if form == "csv":
        yield from _csv_keys(text, path)
        return
    source = parse(text, str(path), path.parent)
    keys = source.tables.get("ca_key")
    if not isinstance(keys, list) or set(source.tables) != {"ca_key"}:
        raise UsageError("a key file holds [[ca_key]] tables and nothing else", str(path))
    for number, key in enumerate(keys):
        where = source.where(("ca_key", number))
        if not isinstance(key, dict):
            raise UsageError("a key is a table", where, "write [[ca_key]]")
        yield where, dict(key)


def _csv_keys(text: str, path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    lines = text.splitlines()
    rows = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    reader = csv.reader(line for _, line in rows)
    header = next(reader, [])
    missing = {"rid", "index", "modulus", "exponent"} - set(header)
    if missing:
        raise UsageError(f"the column {min(missing)} is missing", f"{path}:1")
    for (number, _), row in zip(rows[1:], reader, strict=False):
        where = f"{path}:{number}"
        if len(row) != len(header):
            raise UsageError(f"{len(row)} columns instead of {len(header)}", where)
        cells = dict(zip(header, row, strict=True))
        _check_bits(cells, where)
        yield where, {_CSV_NAMES[name]: cell for name, cell in cells.items()
                      if name in _CSV_NAMES and cell}  # fmt: skip


def _check_bits(cells: Mapping[str, str], where: str) -> None:
    """A length that does not fit its modulus tells of a damaged row."""
    told, modulus = cells.get("bits", ""), "".join(cells["modulus"].split())
    if told and told.strip() != str(4 * len(modulus)):
        raise UsageError(f"bits says {told}, the modulus has {4 * len(modulus)}", where)
