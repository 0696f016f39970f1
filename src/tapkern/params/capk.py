"""CA public keys from files: the published UnionPay set, CSV and TOML.

A CSV file has the columns rid, index, exponent, modulus and sha1_checksum (all hexadecimal), and
perhaps expiry (YYYYMMDD) and use: keys whose use is not "live" are taken only by name. Lines that
begin with # are comments.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from tapkern.errors import UsageError
from tapkern.params.source import parse, read_text

USE = "use"

BUILTIN: Mapping[str, str] = {"unionpay": "tapkern:params/capk/unionpay.csv"}

_CSV_NAMES = {"rid": "rid", "index": "index", "modulus": "modulus", "exponent": "exponent",
              "sha1_checksum": "checksum", "expiry": "expiry", "use": USE}  # fmt: skip


def resolve(reference: str, folder: Path) -> Path:
    """A reference of a configuration: tapkern:PATH is package data, else relative to folder."""
    if reference.startswith("tapkern:"):
        return Path(str(files("tapkern"))) / reference.removeprefix("tapkern:")
    return folder / reference


def read_keys(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """(file:line, fields) of every key in a .csv or .toml file. Errors: UsageError."""
    text = read_text(path, "key")
    if path.suffix.lower() == ".csv":
        yield from _csv_keys(text, path)
        return
    source = parse(text, str(path), path.parent)
    keys = source.tables.get("ca_key")
    if not isinstance(keys, list) or set(source.tables) != {"ca_key"}:
        raise UsageError("a key file holds [[ca_key]] tables and nothing else", str(path))
    for number, key in enumerate(keys):
        yield source.where(("ca_key", number)), dict(key)


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
        cells = zip(header, row, strict=True)
        yield where, {_CSV_NAMES[name]: cell for name, cell in cells if name in _CSV_NAMES and cell}
