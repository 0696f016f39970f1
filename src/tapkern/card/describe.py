"""A look inside a card, as plain data for people and JSON: files, counters, keys by name.

PAN and track 2 never leave unmasked here unless the caller asks for the bytes of the files.
"""

from __future__ import annotations

from typing import Any

from tapkern.card import appfiles, tlv
from tapkern.card.application import Application
from tapkern.card.files import SM_SUPPORTED
from tapkern.card.model import Card, Foreign
from tapkern.card.profile import ApplicationProfile, Keys
from tapkern.data.mask import mask_pan


def describe(card: Card, with_bytes: bool = False) -> dict[str, Any]:
    """Everything about a card that can be looked up. Amounts in minor units.

    with_bytes: also the bytes of the records, which hold PAN and certificates in clear.
    """
    return {
        "name": card.name,
        "title": card.profile.title,
        "atr": _hex(card.atr),
        "blocked": card.profile.blocked,
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
    purse = profile.purse
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
        "blocked": item.blocked,
        "counters": {
            "atc": counters.atc,
            "last_online_atc": counters.last_online_atc,
            "pin_tries": counters.pin_tries,
        },
        "purse": purse
        and {
            "balance": counters.balance,
            "limit": purse.limit,
            "single": purse.single,
            "reset": purse.reset,
        },
        "extended": _extended(item, with_bytes) if item.extension.present else None,
        "keys": {
            **(_keys(profile.keys, "") if profile.keys else {}),
            **(_keys(profile.sm_keys, "sm_") if profile.sm_keys else {}),
        },
        "afl": _hex(item.files.branch(b"").afl),
        "sm_afl": _hex(item.files.branch(SM_SUPPORTED).afl) if profile.sm_keys else None,
        "records": _records(item, with_bytes),
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
    for place, record in item.files.records.items():
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
    """Tags inside the template of a record."""
    ((_, content),) = tlv.decode(record)
    return [f"{tag:X}" for tag, _ in tlv.decode(content)]
