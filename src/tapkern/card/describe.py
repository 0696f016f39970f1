"""A look inside a card, as plain data for people and JSON: files, counters, keys by name.

PAN and track 2 never leave unmasked here unless the caller asks for the bytes of the files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from tapkern.card import appfiles, log, objects, tlv
from tapkern.card.application import LAST_ATC, Application
from tapkern.card.files import SM_SUPPORTED
from tapkern.card.model import Card, Foreign
from tapkern.card.profile import ApplicationProfile, Keys, LogFile, Purse, Risk, Token
from tapkern.data.mask import mask_pan


def describe(card: Card, with_bytes: bool = False) -> dict[str, Any]:
    """Everything about a card that can be looked up. Amounts in minor units.

    with_bytes: also the bytes of the records, which hold PAN and certificates in clear.
    """
    return {
        "name": card.name,
        "title": card.profile.title,
        "atr": _hex(card.atr),
        "uid": _hex(card.uid),
        "blocked": card.blocked,
        "phone": _phone(card),
        "faults": [
            {
                "name": fault.name,
                "values": fault.changed,
                "meaning": fault.meaning,
                "rule": fault.rule,
            }
            for fault in card.profile.faults
        ],
        "applications": [
            _application(item, with_bytes) if isinstance(item, Application) else _listed(item)
            for item in card.applications
        ],
    }


def _hex(data: bytes) -> str:
    return data.hex().upper()


def _listed(item: Application | Foreign) -> dict[str, Any]:
    """What the PPSE says about any application."""
    profile = item.profile
    return {
        "aid": _hex(profile.aid),
        "label": profile.label,
        "priority": profile.priority,
        "foreign": not isinstance(profile, ApplicationProfile),
    }


def _application(item: Application, with_bytes: bool) -> dict[str, Any]:
    profile, counters = item.profile, item.counters
    purse, second = profile.purse, profile.second
    return {
        **_listed(item),
        "pan": mask_pan(profile.pan),
        "psn": _hex(profile.psn),
        "expiry": profile.expiry.isoformat(),
        "version": _hex(profile.version),
        "aip": _hex(profile.aip),
        "ctq": None if profile.ctq is None else f"{profile.ctq:04X}",
        "cap": f"{profile.cap:08X}",
        "pdol": _hex(profile.pdol),
        "currency": _hex(profile.currency),
        "cvm_limit": profile.cvm_limit,
        "df61": None if profile.df61 is None else f"{profile.df61:02X}",
        "blocked": item.blocked,
        "refuses": _refusal(item),
        "counters": {
            "atc": counters.atc,
            "last_online_atc": counters.last_online_atc,
            "pin_tries": counters.pin_tries,
            "cumulative": counters.cumulative,
            "foreign": counters.foreign,
        },
        "purse": purse and _purse(purse, counters.balance),
        "second": second
        and {
            "currency": _hex(second.currency),
            **_purse(second.purse, counters.second_balance),
            "cvm_limit": second.cvm_limit,
        },
        "risk": _risk(profile.risk),
        "debit_credit": _debit_credit(item),
        "extended": _extended(item, with_bytes) if item.extension.present else None,
        "token": profile.token and _token(profile.token),
        "keys": {
            **(_keys(profile.keys, "") if profile.keys else {}),
            **(_keys(profile.sm_keys, "sm_") if profile.sm_keys else {}),
        },
        "afl": _hex(item.files.branch(b"").afl),
        "sm_afl": _hex(item.files.branch(SM_SUPPORTED).afl) if profile.sm_keys else None,
        "records": _records(item, with_bytes),
        "log": profile.log and _log(profile.log, counters.log),
        "load_log": profile.load_log and _load_log(profile.load_log, counters.load_log),
    }


def _debit_credit(item: Application) -> dict[str, Any]:
    """The debit/credit path: AFLs, lists, and what scripts have done. The PIN is never shown."""
    profile, counters, full = item.profile, item.counters, item.full_files
    lists = dataclasses.asdict(profile.flow)
    return {
        "afl": _hex(full.afl(item.files.branch(b""))),
        "sm_afl": _hex(full.afl(item.files.branch(SM_SUPPORTED))) if profile.sm_keys else None,
        **{key: _hex(value) if isinstance(value, bytes) else value for key, value in lists.items()},
        "pin": "****",
        "pin_limit": profile.pin_limit,
        "mac_tries": counters.mac_tries,
        "history": f"{counters.history:04X}",
        "changed": [_hex(change[: objects.TAG]) for change in counters.objects],
        "updated": [list(record[:2]) for record in counters.records],
    }


def _extended(item: Application, with_bytes: bool) -> dict[str, Any]:
    """The extended application: offset, open holds, files; keys of records are never shown."""
    counters = item.counters
    records = appfiles.records(counters)
    return {
        "df61": f"{item.profile.df61:02X}",
        "offset_limit": counters.offset_limit,
        "offset_used": counters.offset_used,
        "holds": [
            {"sfi": sfi, "id": _hex(record_id), "amount": amount}
            for (sfi, record_id), amount in appfiles.holds(counters).items()
        ],
        "files": [
            {
                "sfi": file.sfi,
                "type": "cyclic" if file.cyclic else "records",
                "room": file.room,
                "used": appfiles.used(counters, file),
                "contents": [
                    _content(content, with_bytes)
                    for content in (
                        appfiles.slots(counters, file.sfi)
                        if file.cyclic
                        else [record.content for record in records if record.sfi == file.sfi]
                    )
                ],
            }
            for file in item.profile.industry
        ],
    }


def _content(content: bytes, with_bytes: bool) -> dict[str, Any]:
    """An industry record or a slot: how it begins, and all of it on demand."""
    shown: dict[str, Any] = {"length": len(content), "head": _hex(content[: appfiles.HEAD])}
    return {**shown, "bytes": _hex(content)} if with_bytes else shown


def _phone(card: Card) -> dict[str, Any] | None:
    if card.phone is None or card.profile.phone is None:
        return None
    phone = card.profile.phone
    return {
        "cdcvm": "done" if phone.cdcvm_done else "needed",
        "confirm_after": phone.confirm_after,
        "confirmed": card.phone.confirmed,
    }


def _refusal(item: Application) -> str | None:
    """Why the application does not pay, whatever the terminal asks; None when it may."""
    if item.counters.atc == LAST_ATC:
        return "the transaction counter is used up: SELECT 6283, GPO 6985"
    if not item.blocked:
        return None
    return "the application is blocked: SELECT 6283, GPO 6985, only an AAC on the debit/credit path"


def _purse(purse: Purse, balance: int) -> dict[str, int]:
    return {
        "balance": balance,
        "limit": purse.limit,
        "single": purse.single,
        "reset": purse.reset,
    }


def _risk(risk: Risk) -> dict[str, int | str]:
    """The limits that the card has, by their names in the card file."""
    found = dataclasses.asdict(risk)
    return {
        name: _hex(value) if isinstance(value, bytes) else value
        for name, value in found.items()
        if value is not None
    }


def _token(token: Token) -> dict[str, Any]:
    return {
        "requestor": token.requestor,
        "account": token.account,
        "last_digits": token.last_digits,
    }


def _log(file: LogFile, records: tuple[bytes, ...]) -> dict[str, Any]:
    """The transactions, the newest first."""
    return {
        "sfi": file.sfi,
        "size": file.records,
        "entries": [_fields(log.decode(file, record), record) for record in records],
    }


def _load_log(file: LogFile, records: tuple[bytes, ...]) -> dict[str, Any]:
    """The loads, the newest first."""
    entries: list[dict[str, Any]] = []
    for record in records:
        found = log.decode_load(file, record)
        if found is None:
            entries.append({"raw": _hex(record)})
        else:
            tag, before, after, rest = found
            entries.append(
                {"tag": f"{tag:X}", "before": before, "after": after, **_fields(rest, record)}
            )
    return {"sfi": file.sfi, "size": file.records, "entries": entries}


def _fields(found: list[tuple[int, bytes]] | None, record: bytes) -> dict[str, Any]:
    """The objects of a log record by name; what has none is under its tag."""
    if found is None:
        return {"raw": _hex(record)}
    named: dict[str, Any] = {}
    for tag, value in found:
        name, read = _LOGGED.get(tag, (f"{tag:X}", _hex))
        named[name] = read(value)
    return named


def _amount(value: bytes) -> int | str:
    """An amount in minor units; one that is not BCD stays as it is."""
    return int(value.hex()) if value.hex().isdecimal() else _hex(value)


def _parted(separator: str) -> Callable[[bytes], str]:
    return lambda value: value.hex(separator)


def _text(value: bytes) -> str:
    return value.rstrip(b"\x00 ").decode("utf-8", errors="replace")


_LOGGED: dict[int, tuple[str, Callable[[bytes], Any]]] = {
    0x9A: ("date", _parted("-")),
    0x9F21: ("time", _parted(":")),
    0x9F02: ("amount", _amount),
    0x9F03: ("other_amount", _amount),
    0x9F1A: ("country", _hex),
    0x5F2A: ("currency", _hex),
    0x9F4E: ("merchant", _text),
    0x9C: ("type", _hex),
    0x9F36: ("atc", lambda value: int.from_bytes(value, "big")),
}


def _keys(keys: Keys[Any], prefix: str) -> dict[str, str]:
    """Names of the keys of one family by their role."""
    return {
        f"{prefix}ca": f"{keys.ca.name} (index {keys.ca_index:02X})",
        f"{prefix}issuer": keys.issuer.name,
        f"{prefix}icc": keys.icc.name,
        f"{prefix}master": keys.master.name,
    }


def _records(item: Application, with_bytes: bool) -> list[dict[str, Any]]:
    """The records in the order of their places."""
    entries: dict[tuple[int, int], dict[str, Any]] = {}
    for place in (*item.files.records, *item.full_files.records):
        record = item.fixed_record(place) or b""
        entries[place] = {"tags": _tags(record)}
        if with_bytes:
            entries[place]["bytes"] = _hex(record)
    for branch in item.files.branches:
        if branch.signature_record is not None:
            entries[branch.signature_record] = {"tags": ["9F4B"]}
    if item.files.last_record is not None:
        stored = item.counters.last_record
        entry = {"tags": _tags(stored) if stored else [], "last": True}
        if with_bytes:
            entry["bytes"] = _hex(stored)
        entries[item.files.last_record] = entry
    return [
        {"sfi": sfi, "record": number, **entry} for (sfi, number), entry in sorted(entries.items())
    ]


def _tags(record: bytes) -> list[str]:
    """Tags inside the template of a record; a fault may have made it malformed."""
    try:
        ((_, content),) = tlv.decode(record)
        return [f"{tag:X}" for tag, _ in tlv.decode(content)]
    except ValueError:
        return ["malformed"]
