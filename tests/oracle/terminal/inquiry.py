"""What a card tells without a payment: QP-151, QP-152, EC-045; the logs of 40 section 13."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracle import tlv
from tests.oracle.terminal import tags
from tests.oracle.terminal.configuration import Configuration
from tests.oracle.terminal.outcome import CallRefused, End, Info, Log, LogEntry, Purse
from tests.oracle.terminal.preprocess import Usable
from tests.oracle.terminal.session import Link, Session, Transaction, day

PURPOSES = ("balance", "card-info")
# CMD-007 and the tables of GET DATA: everything is asked for in this order, which no rule fixes.
PURSE = ("9F79", "9F77", "9F78", "9F6D", "9F5D", "9F51")
SECOND = ("DF79", "DF77", "DF78", "DF76", "DF71")
OTHERS = ("9F36", "9F13", "9F4F", "DF4F")
MOST_RECORDS = 30


def usable(configuration: Configuration, transaction: Transaction, start: str) -> Usable:
    """No payment, so nothing of section 3: no limit, no type, and no TTQ that is sent."""
    if start != "A":
        raise CallRefused("EP-004 is about payments")
    if day(transaction.date) is None:
        raise End("end_application", "clock_not_set", "QP-176")
    return [(combination, bytes(4)) for combination in configuration.combinations]


def get_data(session: Session, tag: str) -> bytes | None:
    """CMD-030, TLV-020, TLV-028: the value, None when the card does not tell one of good length."""
    data, status = session.link.send(b"\x80\xca" + bytes.fromhex(tag) + b"\x00")
    if status != 0x9000:
        return None
    try:
        value = tlv.only(data, tag)
    except tlv.Malformed:
        return None
    if not value or not tags.fits(tag, value):
        return None
    session.link.store(value)
    return value


def number(value: bytes | None) -> int | None:
    """A number of format n, None for anything else."""
    text = "" if value is None else value.hex()
    return int(text) if text.isdecimal() else None


def currency(value: bytes | None) -> int | None:
    """FMT-005: n3 in 2 bytes."""
    found = number(value)
    return found if found is not None and found < 1000 else None


def balance(session: Session) -> int | None:
    """QP-151: 9F79, else 9F5D."""
    found = number(get_data(session, "9F79"))
    return number(get_data(session, "9F5D")) if found is None else found


def card_info(session: Session) -> Info:
    """Everything that a card tells, the logs at last (LG-007). Raises Lost and End."""
    objects = {"9F06": session.candidate.name, **session.fci}
    for tag in (*PURSE, *SECOND, *OTHERS):
        value = get_data(session, tag)
        if value is not None:
            objects[tag] = value
    purses = _purses(objects, session)
    log = _log(session.link, objects, "9F4D", "9F4F")
    load_log = _log(session.link, objects, "DF4D", "DF4F")
    return Info(objects, session.blocked, purses, log, load_log)


def shown(info: Info, session: Session) -> int | None:
    """TR-006: the balance of the purse that pays in the currency of the transaction, else that of
    the first one. A card that does not tell 9F51 has only one purse that may be meant."""
    wanted, objects = session.transaction.currency, info.objects
    own = currency(objects.get("9F51"))
    if own not in (None, wanted) and currency(objects.get("DF71")) == wanted:
        return number(objects.get("DF79"))
    first = number(objects.get("9F79"))
    return number(objects.get("9F5D")) if first is None else first


def _purses(objects: Mapping[str, bytes], session: Session) -> tuple[Purse, ...]:
    """QP-152; the currency of the terminal stands for that of the first purse alone."""
    values = {tag: number(objects.get(tag)) for tag in (*PURSE, *SECOND)}
    if values["9F79"] is None:
        values["9F79"] = values["9F5D"]
    found = []
    own = currency(objects.get("9F51"))
    first = [values[tag] for tag in ("9F79", "9F5D", "9F77", "9F78", "9F6D")]
    if any(value is not None for value in first):
        mine = session.transaction.currency if own is None else own
        found.append(Purse(mine, own is not None, *first))
    other = currency(objects.get("DF71"))
    second = [values["DF79"], None, *(values[tag] for tag in ("DF77", "DF78", "DF76"))]
    if other is not None and any(value is not None for value in second):
        found.append(Purse(other, True, *second))
    return tuple(found)


def _log(link: Link, objects: Mapping[str, bytes], where: str, form: str) -> Log:
    """LG-001, LG-003."""
    entry = objects.get(where)
    if entry is None:
        return Log("none")
    file, count = entry
    if not 11 <= file <= 30:
        return Log("no_file")
    records: list[bytes] = []
    end = "all" if count <= MOST_RECORDS else "more"
    for record in range(1, min(count, MOST_RECORDS) + 1):
        data, status = link.send(bytes([0x00, 0xB2, record, file << 3 | 4, 0x00]))
        if status != 0x9000:
            end = "last" if status == 0x6A83 else "refused"
            break
        try:
            link.store(data)
        except End:
            end = "full"
            break
        records.append(data)
    read = _loads if where == "DF4D" else _fields
    layout = objects.get(form, b"")
    return Log(end, tuple(read(record, layout) for record in records))


def _fields(record: bytes, layout: bytes) -> LogEntry:
    """LG-002, LG-003: values one after the other; without a format that fits, bytes alone."""
    try:
        entries = tlv.dol(layout)
    except tlv.Malformed:
        return LogEntry(record)
    if not entries or sum(length for _, length in entries) != len(record):
        return LogEntry(record)
    found, at = [], 0
    for tag, length in entries:
        found.append((tag, record[at : at + length]))
        at += length
    return LogEntry(record, tuple(found))


def _loads(record: bytes, layout: bytes) -> LogEntry:
    """LG-005: purse, balance before and after, then the fields."""
    if len(record) < 14 or record[:2].hex().upper() not in ("9F79", "DF79"):
        return LogEntry(record)
    found = _fields(record[14:], layout)
    if found.fields is None:
        return LogEntry(record)
    load = record[:2].hex().upper(), number(record[2:8]), number(record[8:14])
    return LogEntry(record, found.fields, load)
