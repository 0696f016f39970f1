"""What a card tells without a payment: purses, limits, counters, both logs (QP-151, file 40 §13).

    info = terminal.card_info(open_reader("sim:dual-currency"))
    for purse in info.purses:
        print(purse.currency, purse.balance)

The kernel has asked and decided which records were read; here the bytes get names. What a card says
in a form that cannot be read is None, and its bytes stay.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from tapkern import _kernel
from tapkern._numbers import DataList, LogEnd
from tapkern.data import dates, money
from tapkern.data.mask import Scrubber, mask_pan_like
from tapkern.data.nodes import View
from tapkern.outcome import Outcome, major_units
from tapkern.params.fields import usual_exponent

READ = "card_info_read"
"""Reason of an outcome whose card was read."""
LOG_RECORD, LOAD_RECORD, LOG_END, LOAD_END, BLOCKED = range(0xDF8F40, 0xDF8F45)
"""Private tags of the kernel's list (tapkern/types.h)."""
_VIEW = View(Scrubber(()))

T = TypeVar("T")


def _read(reader: Callable[[bytes], T], value: bytes | None) -> T | None:
    """The meaning of a value, None when it is absent or has none."""
    try:
        return None if not value else reader(value)
    except ValueError:
        return None


def _amount(value: bytes) -> int:
    number = money.from_bcd(value)
    if number > money.MAX_AMOUNT:
        raise ValueError("more than n12")
    return number


def _n3(value: bytes) -> int:
    """Currency or country: n3 in 2 bytes."""
    if len(value) != 2 or value[0] > 9:
        raise ValueError("not n3")
    return money.from_bcd(value)


def _words(value: bytes) -> str:
    """Text of a card or a merchant: one line of what can be printed, without a card number."""
    text = value.decode("gb18030", errors="replace")
    line = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(mask_pan_like(word) for word in line.split())


def _whole(length: int) -> Callable[[bytes], int]:
    """A binary number of so many bytes."""

    def read(value: bytes) -> int:
        if len(value) != length:
            raise ValueError("wrong length")
        return int.from_bytes(value)

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """One purse of electronic cash. Amounts are minor units, None what the card does not tell.

    currency: ISO 4217 number, of 9F51 or DF71; from_card False: the card does not tell it, so it is
    that of the terminal (QP-152). balance is 9F79, else 9F5D; offline is 9F5D, what can be spent
    offline now; limit 9F77, single 9F78 (of one purchase), reset 9F6D (threshold for a reload).
    """

    currency: int
    from_card: bool
    exponent: int
    balance_minor: int | None
    offline_minor: int | None
    limit_minor: int | None
    single_minor: int | None
    reset_minor: int | None

    @property
    def balance(self) -> Decimal | None:
        """The balance in major units."""
        return major_units(self.balance_minor, self.exponent)

    def to_json(self) -> dict[str, object]:
        """Amounts as text in major units."""
        found: dict[str, object] = {"currency": self.currency, "currency_of_card": self.from_card}
        for name in ("balance", "offline", "limit", "single", "reset"):
            found[name] = _major(getattr(self, f"{name}_minor"), self.exponent)
        return found


def _major(minor: int | None, exponent: int) -> str | None:
    return None if minor is None else money.format_amount(minor, exponent)


@dataclass(frozen=True, slots=True)
class LogField:
    """A value of a log record under its tag. The bytes may hold a card number: text is masked."""

    tag: int
    value: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The value as hexadecimal, masked where it has to be."""
        from tapkern.data import values

        return values.explain(self.tag, self.value, 0, 0, _VIEW).value


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a load record says first (LG-005): the purse (9F79 or DF79), before and after."""

    tag: int
    before_minor: int | None
    after_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A record of a log; number 1 is the newest (LG-003).

    fits: the card's own format describes it; else there are no fields, and raw is all there is.
    Amounts are minor units; amount and the balances of a load have the exponent of the currency.
    """

    number: int
    raw: bytes = field(repr=False)
    fits: bool
    exponent: int
    fields: tuple[LogField, ...] = ()
    date: datetime.date | None = None
    time: datetime.time | None = None
    amount_minor: int | None = None
    other_minor: int | None = None
    country: int | None = None
    currency: int | None = None
    merchant: str | None = None
    type: int | None = None
    atc: int | None = None
    load: Load | None = None

    @property
    def amount(self) -> Decimal | None:
        """9F02 in major units."""
        return major_units(self.amount_minor, self.exponent)

    def to_json(self) -> dict[str, object]:
        """Every field as masked text; raw only where the format does not fit."""
        found: dict[str, object] = {
            "number": self.number,
            "fits": self.fits,
            "date": None if self.date is None else self.date.isoformat(),
            "time": None if self.time is None else self.time.isoformat(),
            "amount": _major(self.amount_minor, self.exponent),
            "other": _major(self.other_minor, self.exponent),
            "country": self.country,
            "currency": self.currency,
            "merchant": self.merchant,
            "type": None if self.type is None else f"{self.type:02X}",
            "atc": self.atc,
            "fields": [{"tag": f"{one.tag:02X}", "value": one.text} for one in self.fields],
        }
        if self.load is not None:
            found["purse"] = f"{self.load.tag:04X}"
            found["before"] = _major(self.load.before_minor, self.exponent)
            found["after"] = _major(self.load.after_minor, self.exponent)
        if not self.fits:
            found["raw"] = self.raw_text
        return found

    @property
    def raw_text(self) -> str:
        """The record as hexadecimal; what can be a card number is masked."""
        from tapkern.data import values

        return values.shown(self.raw, _VIEW)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log of the card. end says why no more records were read, None when the card was not read.

    sfi and announced are what 9F4D or DF4D says (LG-001), layout is 9F4F or DF4F (LG-002).
    """

    entries: tuple[LogEntry, ...] = ()
    end: LogEnd | None = None
    sfi: int | None = None
    announced: int | None = None
    layout: bytes | None = None

    def to_json(self) -> dict[str, object]:
        """The log with its entries."""
        return {
            "sfi": self.sfi,
            "announced": self.announced,
            "layout": None if self.layout is None else self.layout.hex().upper(),
            "end": None if self.end is None else self.end.name.lower(),
            "entries": [entry.to_json() for entry in self.entries],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CardInfo:
    """What a card told. read False: nothing, and outcome says why.

    blocked: the application is blocked, only its data can be read (LG-004). objects: the values by
    tag as the card gave them, the formats and limits among them.
    """

    read: bool
    outcome: Outcome
    aid: str | None = None
    label: str | None = None
    blocked: bool = False
    purses: tuple[Purse, ...] = ()
    atc: int | None = None
    last_online_atc: int | None = None
    log: Log = Log()
    load_log: Log = Log()
    objects: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def purse_in(self, currency: int) -> Purse | None:
        """The purse that pays in a currency (ISO 4217), so that a terminal which takes several can
        choose before it asks for a payment (TR-006); None when the card has none in it."""
        return next((purse for purse in self.purses if purse.currency == currency), None)

    def to_json(self) -> dict[str, object]:
        """Everything as JSON takes it, without a card number."""
        return {
            "read": self.read,
            "outcome": self.outcome.status.value,
            "reason": self.outcome.reason,
            "rule": self.outcome.rule,
            "commands": self.outcome.commands,
            "aid": self.aid,
            "label": self.label,
            "blocked": self.blocked,
            "purses": [purse.to_json() for purse in self.purses],
            "atc": self.atc,
            "last_online_atc": self.last_online_atc,
            "log": self.log.to_json(),
            "load_log": self.load_log.to_json(),
        }


def read_card_info(
    kernel: _kernel.Kernel, outcome: Outcome, currency: int, exponent: int
) -> CardInfo:
    """What a finished kernel has read. currency and exponent are those of the terminal."""
    data = kernel.fetch(DataList.CARD_INFO)
    if data is None:
        return CardInfo(read=False, outcome=outcome)
    objects: dict[int, bytes] = {}
    records: dict[int, list[bytes]] = {LOG_RECORD: [], LOAD_RECORD: []}
    for _, tag, _, value in _kernel.Message(data):
        if tag in records:
            records[tag].append(value)
        else:
            objects[tag] = value
    purses = _purses(objects, currency, exponent)
    own = purses[0].exponent if purses else exponent
    return CardInfo(
        read=True,
        outcome=outcome,
        aid=objects[0x9F06].hex().upper(),
        label=_read(_words, objects.get(0x9F12)) or _read(_words, objects.get(0x50)),
        blocked=BLOCKED in objects,
        purses=purses,
        atc=_read(_whole(2), objects.get(0x9F36)),
        last_online_atc=_read(_whole(2), objects.get(0x9F13)),
        log=_log(objects, (0x9F4D, 0x9F4F, LOG_END), records[LOG_RECORD], _entry, own),
        load_log=_log(
            objects, (0xDF4D, 0xDF4F, LOAD_END), records[LOAD_RECORD], _load_entry(purses), own
        ),
        objects=MappingProxyType(objects),
    )


def _purses(objects: Mapping[int, bytes], currency: int, exponent: int) -> tuple[Purse, ...]:
    """The purses of which the card tells something. One whose currency nobody knows is none."""

    def amount(tag: int) -> int | None:
        return _read(_amount, objects.get(tag))

    balance = amount(0x9F79)
    found = []
    for own, first, others in (
        (0x9F51, amount(0x9F5D) if balance is None else balance, (0x9F5D, 0x9F77, 0x9F78, 0x9F6D)),
        (0xDF71, amount(0xDF79), (0, 0xDF77, 0xDF78, 0xDF76)),
    ):
        told = _read(_n3, objects.get(own))
        amounts = (first, *map(amount, others))
        if amounts == (None,) * 5 or (told is None and own != 0x9F51):
            continue
        number = currency if told is None else told
        digits = exponent if number == currency else usual_exponent(number)
        names = ("balance_minor", "offline_minor", "limit_minor", "single_minor", "reset_minor")
        row: dict[str, Any] = dict(zip(names, amounts, strict=True))
        found.append(Purse(currency=number, from_card=told is not None, exponent=digits, **row))
    return tuple(found)


Entry = Callable[[int, bytes, bytes, int], LogEntry]


def _log(
    objects: Mapping[int, bytes],
    tags: tuple[int, int, int],
    records: list[bytes],
    entry: Entry,
    exponent: int,
) -> Log:
    where, layout = objects.get(tags[0]), objects.get(tags[1])
    return Log(
        entries=tuple(
            entry(number, record, layout or b"", exponent)
            for number, record in enumerate(records, 1)
        ),
        end=LogEnd(objects[tags[2]][0]),
        sfi=None if where is None else where[0],
        announced=None if where is None else where[1],
        layout=layout,
    )


def _entry(number: int, record: bytes, layout: bytes, exponent: int) -> LogEntry:
    """LG-003: without its own format, or where that does not fit, a record is bytes."""
    from tapkern.data import layouts

    fields = layouts.log_fields(layout, record) if layout else None
    if fields is None:
        return LogEntry(number=number, raw=record, fits=False, exponent=exponent)
    values: dict[int, bytes] = {}
    for tag, value in fields:
        values.setdefault(tag, value)
    currency = _read(_n3, values.get(0x5F2A))
    return LogEntry(
        number=number,
        raw=record,
        fits=True,
        exponent=exponent if not currency else usual_exponent(currency),
        fields=tuple(LogField(tag, value) for tag, value in fields),
        date=_read(dates.parse_yymmdd, values.get(0x9A)),
        time=_read(dates.parse_hhmmss, values.get(0x9F21)),
        amount_minor=_read(_amount, values.get(0x9F02)),
        other_minor=_read(_amount, values.get(0x9F03)),
        country=_read(_n3, values.get(0x9F1A)),
        currency=currency,
        merchant=_read(_words, values.get(0x9F4E)) or None,
        type=_read(_whole(1), values.get(0x9C)),
        atc=_read(_whole(2), values.get(0x9F36)),
    )


def _load_entry(purses: tuple[Purse, ...]) -> Entry:
    """LG-005: the purse that was loaded tells the currency of its balances."""

    def read(number: int, record: bytes, layout: bytes, exponent: int) -> LogEntry:
        from tapkern.data import layouts

        found = layouts.load_fields(record)
        if found is None:
            return LogEntry(number=number, raw=record, fits=False, exponent=exponent)
        tag, before, after, rest = found
        entry = _entry(number, rest, layout, exponent)
        if not entry.fits:
            return replace(entry, raw=record)
        load = Load(tag=tag, before_minor=_read(_amount, before), after_minor=_read(_amount, after))
        second = tag == 0xDF79 and len(purses) > 1
        digits = purses[1].exponent if second else entry.exponent
        return replace(entry, raw=record, load=load, exponent=digits)

    return read
