"""CA keys of a configuration: CK-001 ... CK-009, SM-020 ... SM-022."""

from __future__ import annotations

import calendar
import csv
import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.oracle import sm2

PACKAGE = Path(__file__).parents[3] / "src/tapkern"
Table = dict[str, Any]


def _file(path: Path) -> list[Table]:
    """The keys of a .toml or .csv file; those of a CSV file carry `use`."""
    if path.suffix == ".toml":
        return list(tomllib.loads(path.read_text(encoding="utf-8"))["ca_key"])
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return [{"checksum": row["sha1_checksum"], **row} for row in csv.DictReader(lines)]


def _entries(tables: list[Table], base: Path) -> Iterator[Table]:
    for table in tables:
        if "builtin" in table:
            found = _file(PACKAGE / f"params/capk/{table['builtin']}.csv")
        elif "file" in table:
            name = str(table["file"])
            inside = name.startswith("tapkern:")
            found = _file(PACKAGE / name.removeprefix("tapkern:") if inside else base / name)
        else:
            found = [table]
        wanted = table.get("indexes")
        for key in found:
            if key["index"] in wanted if wanted else key.get("use", "live") == "live":
                yield key


def _day(text: str) -> str:
    if len(text) != 8 or not text.isdecimal():
        raise ValueError(f"ca_key: expiry {text}")
    return text


def _rsa(table: Table) -> Table:
    """CK-002 check sum, CK-003 exponent, CK-004 length, CK-009 no check sum."""
    name, index, modulus, exponent = (
        bytes.fromhex(table[part]) for part in ("rid", "index", "modulus", "exponent")
    )
    check = table.get("checksum")
    if exponent not in (b"\x03", b"\x01\x00\x01") or not 64 <= len(modulus) <= 248:
        raise ValueError("ca_key: CK-003, CK-004")
    if check is None and not table.get("without_checksum", False):
        raise ValueError("ca_key: CK-009")
    if check and hashlib.sha1(name + index + modulus + exponent).digest() != bytes.fromhex(check):
        raise ValueError("ca_key: CK-002")
    key = {"algorithm": "rsa", "modulus": modulus.hex(), "exponent": exponent.hex()}
    return key | ({"expiry": _day(table["expiry"])} if table.get("expiry") else {})


def _sm2(table: Table) -> Table:
    """SM-021 self-signature, SM-022 point on the curve."""
    body = bytes.fromhex(table["point"])
    point = sm2.point_of(body)
    if len(body) != 64 or not sm2.on_curve(point):
        raise ValueError("ca_key: SM-022")
    month = str(table.get("month", ""))
    if "self_signature" in table:
        head = "31" + table["service"] + table["rid"] + table["index"] + month + "041140"
        signature = bytes.fromhex(table["self_signature"])
        if not sm2.verify(point, bytes.fromhex(head) + body, signature):
            raise ValueError("ca_key: SM-021")
    elif not table.get("trust", False):
        raise ValueError("ca_key: SM-021")
    key = {"algorithm": "sm2", "point": body.hex()}
    if table.get("expiry"):
        return key | {"expiry": _day(table["expiry"])}
    if month:
        year = int(month[2:]) + (2000 if int(month[2:]) < 50 else 1900)
        last = calendar.monthrange(year, int(month[:2]))[1]
        return key | {"expiry": f"{year}{month[:2]}{last:02}"}
    return key


def read(tables: list[Table], base: Path) -> dict[tuple[bytes, int], Table]:
    """Keys by RID and index (CK-001), in the form of tests.oracle.dataset."""
    keys: dict[tuple[bytes, int], Table] = {}
    for table in _entries(tables, base):
        name = bytes.fromhex(table["rid"]), int(table["index"], 16)
        if name in keys:
            raise ValueError("ca_key: stands twice (CK-009, SM-020)")
        key = _sm2(table) if table.get("algorithm", "rsa") == "sm2" else _rsa(table)
        keys[name] = key | {"index": f"{name[1]:02X}"}
    return keys
