"""What a card file says about an extended application: its `[[application.file]]` tables."""

from __future__ import annotations

from tapkern.card import appfiles
from tapkern.card.appfiles import IndustryFile, Record
from tapkern.card.extended import modes
from tapkern.card.fields import Fields
from tapkern.card.memory import AMOUNT
from tapkern.card.profile import ApplicationProfile

RECORDS, CYCLIC = "records", "cyclic"


def industry_files(fields: Fields) -> tuple[IndustryFile, ...]:
    """All files of an application in their order. Raises UsageError."""
    files = tuple(_file(table) for table in fields.tables("file"))
    if len({file.sfi for file in files}) < len(files):
        raise fields.wrong("file", "has two tables for one sfi")
    return files


def check_extended(fields: Fields, profile: ApplicationProfile) -> None:
    """What an extended application cannot do without, and what its money cannot be."""
    purse = profile.purse
    able = bool(modes(profile.df61))
    if able and purse is None:
        raise fields.wrong("df61", "offers extended transactions", "add [application.purse]")
    if not able and (profile.industry or (purse and purse.offset_limit)):
        raise fields.wrong("df61", "offers no extended transaction", "set b2-b1 to 01 or 10")
    logs = {log.sfi for log in (profile.log, profile.load_log) if log}
    if logs & {file.sfi for file in profile.industry}:
        raise fields.wrong("file", "has the sfi of a log")
    if purse is None:
        return
    if purse.limit + purse.offset_limit > AMOUNT:
        raise fields.wrong("purse.offset_limit", "and limit pass n12 together")
    if purse.offset_used > purse.offset_limit:
        raise fields.wrong("purse.offset_used", f"is above the limit of {purse.offset_limit}")
    if purse.offset_used and purse.balance:
        raise fields.wrong("purse.offset_used", "cannot be while there is a balance")


def _file(fields: Fields) -> IndustryFile:
    kind = fields.text("type", RECORDS)
    if kind not in (RECORDS, CYCLIC):
        raise fields.wrong("type", f"must be {RECORDS} or {CYCLIC}")
    cyclic = kind == CYCLIC
    sfi = fields.number("sfi", *appfiles.SFIS)
    longest = fields.number("longest", 1 if cyclic else appfiles.HEAD, 255)
    file = IndustryFile(
        sfi=sfi,
        cyclic=cyclic,
        longest=longest,
        room=fields.number("slots", 1, 255) if cyclic else fields.number("size", 0, 0xFFFF, 0),
        open_key=fields.hex("open_key", appfiles.KEY),
        key=fields.optional_hex("key", appfiles.KEY) if cyclic else None,
        records=() if cyclic else tuple(_record(t, sfi, longest) for t in fields.tables("record")),
        slots=tuple(_slot(t, longest) for t in fields.tables("slot")) if cyclic else (),
    )
    fields.finish()
    if file.slots and file.key is None:
        raise fields.wrong("slot", "needs an open file", "add key")
    used = len(file.slots) if cyclic else sum(len(record.content) for record in file.records)
    if file.room and used > file.room:
        raise fields.wrong("slot" if cyclic else "record", f"fills {used} of {file.room}")
    return file


def _record(fields: Fields, sfi: int, longest: int) -> Record:
    """A record: its id, its data from the valid flag on, and zeros up to its length."""
    most = min(longest, appfiles.RECORD_ROOM)
    length = fields.number("length", appfiles.HEAD, most)
    record_id = fields.hex("id", appfiles.ID)
    data = fields.hex("data", 0, length - appfiles.ID - 1, default="010100")
    record = Record(
        sfi, fields.hex("key", appfiles.KEY), appfiles.record_content(record_id, data, length)
    )
    fields.finish()
    return record


def _slot(fields: Fields, longest: int) -> bytes:
    """What a slot of a cyclic file holds already, zeros behind it."""
    content = fields.hex("data", 1, longest).ljust(longest, b"\x00")
    fields.finish()
    return content
