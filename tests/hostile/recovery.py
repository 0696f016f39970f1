"""What a recovery is judged by: 30 section 14, TT-011 to TT-020."""

from __future__ import annotations

import datetime

from tests.hostile import conditions as c
from tests.hostile.seen import GPO, Seen, day, first, objects
from tests.oracle import tlv


def unproved(seen: Seen, before: Seen, now: Seen) -> list[str]:
    """What a recovered tap lacks. seen: the torn tap with the records of now; before: the torn tap
    as it was; now: the presentment that is to bring it to its end."""
    wrong = c.broken(seen, [*c.CARD, *c.MONEY, *c.APPROVAL])
    number, money = get_data(now, "9F36"), balance_after(seen)
    told = get_data(now, money[1]) if money else b""
    psn = records_value(seen, "5F34") or seen.value("5F34")
    psn_before = records_value(before, "5F34") or before.value("5F34")
    holds = {
        "TT-011 no GPO": not any(x[0][1] == GPO for x in now.exchanges),
        "TT-011 the same application": now.selected == seen.selected,
        "EP-050 accepted": c.application_is_accepted(now) and c.application_was_selected(now),
        "TT-012 card number": bool(before.pan) and before.pan in (seen.pan, ""),
        "TT-012 sequence number": psn == psn_before,
        "TT-012 ATC": number == seen.value("9F36"),
        "TT-013 balance": not seen.deal.amount
        or (money is not None and told.hex() == f"{money[0]:012d}"),
        "TT-020 version 01": seen.card.get("9F69", b"\x00")[:1] == b"\x01",
    }
    return wrong + [name for name, good in holds.items() if not good]


def balance_after(seen: Seen) -> tuple[int, str] | None:
    """QP-150: the balance the card told with its TC, and the tag that tells it by GET DATA."""
    told = seen.value("9F5D")
    if len(told) == 6 and told.hex().isdecimal():
        return int(told.hex()), "9F5D"
    data = seen.value("9F10")
    if len(data) < 15 or data[0] != 7 or data[8] < 6 or len(data) < 9 + data[8]:
        return None
    text = data[10:15].hex()
    if data[9] not in (1, 3, 5) or not text.isdecimal():
        return None
    return int(text), "9F5D" if data[9] == 5 else "9F79"


def get_data(seen: Seen, tag: str) -> bytes:
    """CMD-030: what the card told of a tag in this presentment, the last time."""
    for command, answer in reversed(seen.exchanges):
        if command == b"\x80\xca" + bytes.fromhex(tag) + b"\x00":
            if answer is None or answer[-2:] != b"\x90\x00":
                return b""
            try:
                return tlv.only(answer[:-2], tag)
            except tlv.Malformed:
                return b""
    return b""


def seconds_between(before: tuple[str, str], after: tuple[str, str]) -> float | None:
    """TT-016: from one date and time to another; None when one of them is none."""
    moments = []
    for date, time in (before, after):
        found = day(date)
        try:
            clock = datetime.time(int(time[:2]), int(time[2:4]), int(time[4:]))
        except ValueError:
            return None
        if found is None:
            return None
        moments.append(datetime.datetime.combine(found, clock))
    return (moments[1] - moments[0]).total_seconds()


def records_value(seen: Seen, tag: str) -> bytes:
    """A value that a record told, not the answer to GPO."""
    for file, _, data in seen.records:
        if file <= 10 and (found := first(objects(data, "70", seen.skip_ff) or [], tag)):
            return found
    return b""
