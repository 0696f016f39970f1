"""Issuer scripts inside the card: secure messaging and the commands of file 74 §3.

The order of the checks: the transaction takes scripts at all (6985), the command names something
that can be changed (6A80, 6A86, 6A82, 6A83), its length (6700), its MAC (6988), what it says
(6A80, 6976). Until the last one has passed nothing but the memory of a failure has changed
(LD-136); then everything changes in one step.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tapkern.card import appfiles, log, objects, pin, tlv
from tapkern.card.balances import Balances, load, set_balance_limit, set_offset_limit
from tapkern.card.bits import Cvr
from tapkern.card.extended import modes
from tapkern.card.files import Place
from tapkern.card.full_flow import FullFlow
from tapkern.card.memory import Counters
from tapkern.card.profile import ApplicationProfile
from tapkern.card.status import CardStatus, Status

MAC_SIZE = 4
CHANNEL_BITS = 0x03
BALANCE, BALANCE_LIMIT, SECOND_BALANCE = 0x9F79, 0x9F77, 0xDF79
OFFSET_LIMIT, OFFSET_USED = 0xDF62, 0xDF63
PIN_UNBLOCK, PIN_WITH_OLD, PIN_WITHOUT_OLD = 0x00, 0x01, 0x02
RECORD_TEMPLATE = 0x70

Records = Mapping[Place, bytes]
Effect = Callable[[Counters], Counters]
"""The counters after a script command. CardStatus when what it says is not possible."""


class Shape(NamedTuple):
    """A script command that names something: least and most data without MAC, and what it does."""

    least: int
    most: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Script:
    """A command as it came. header: CLA INS P1 P2; body: its data with the MAC."""

    header: bytes
    body: bytes

    @property
    def target(self) -> int:
        """P1 P2."""
        return int.from_bytes(self.header[2:4], "big")

    @property
    def data(self) -> bytes:
        """Without the MAC."""
        return self.body[:-MAC_SIZE]

    @property
    def mac(self) -> bytes:
        """The MAC."""
        return self.body[-MAC_SIZE:]


def execute(flow: FullFlow, script: Script, records: Records) -> None:
    """Carry a script command out, or raise CardStatus with nothing done.

    records: those that UPDATE RECORD may change, with what is in them now.
    """
    counters = flow.home.counters
    if not counters.mac_tries or not flow.takes_scripts:
        raise CardStatus(Status.CONDITIONS)
    counters = flow.count_script(counters)
    try:
        shape = _SHAPES[script.header[1]](flow, script, records)
        if not shape.least <= len(script.data) <= shape.most or len(script.body) < MAC_SIZE:
            raise CardStatus(Status.LENGTH)
        if not hmac.compare_digest(_mac(flow, script), script.mac):
            flow.refuses_scripts = True
            counters = dataclasses.replace(counters, mac_tries=counters.mac_tries - 1)
            raise CardStatus(Status.WRONG_MAC)
        if script.mac in flow.seals:  # the same command again: nothing may be credited twice
            raise CardStatus(Status.CONDITIONS)
        after = shape.effect(counters)
    except CardStatus:
        history = counters.history | Cvr.SCRIPT_FAILED_LAST
        flow.home.keep(dataclasses.replace(counters, history=history))
        raise
    flow.home.keep(after)
    flow.seals.add(script.mac)


def _mac(flow: FullFlow, script: Script) -> bytes:
    """File 74 §5.5, LD-008: bound to the transaction by its ATC and first cryptogram."""
    suite, atc = flow.branch.suite, flow.atc
    header = bytes([script.header[0] & ~CHANNEL_BITS]) + script.header[1:]
    message = b"".join(
        (header, bytes([len(script.body)]), atc.to_bytes(2, "big"), flow.ac, script.data)
    )
    return suite.message_mac(suite.session_key(flow.branch.udk_mac, atc), message)


def _plain(script: Script, effect: Effect) -> Shape:
    """A command without data, whose P1 P2 are zero."""
    if script.target:
        raise CardStatus(Status.PARAMETERS)
    return Shape(0, 0, effect)


def _application_block(flow: FullFlow, script: Script, records: Records) -> Shape:
    return _plain(script, lambda counters: dataclasses.replace(counters, blocked=1))


def _application_unblock(flow: FullFlow, script: Script, records: Records) -> Shape:
    def unblocked(counters: Counters) -> Counters:
        history = counters.history & ~Cvr.BLOCKED_BY_PIN
        return dataclasses.replace(counters, blocked=0, history=history)

    return _plain(script, unblocked)


def _card_block(flow: FullFlow, script: Script, records: Records) -> Shape:
    return _plain(script, lambda counters: dataclasses.replace(counters, card_blocked=1))


def _pin(flow: FullFlow, script: Script, records: Records) -> Shape:
    """PIN UNBLOCK and both forms of PIN CHANGE; all of them give the tries back."""
    limit, branch = flow.profile.pin_limit, flow.branch

    def unblocked(counters: Counters) -> Counters:
        return dataclasses.replace(counters, pin_tries=limit)

    def changed(counters: Counters) -> Counters:
        key = branch.suite.session_key(branch.udk_enc, flow.atc)
        old = counters.pin if script.target == PIN_WITH_OLD else None
        new = pin.changed(branch.suite, key, branch.udk_enc, script.data, old)
        return dataclasses.replace(counters, pin=new, pin_tries=limit)

    if script.target == PIN_UNBLOCK:
        return Shape(0, 0, unblocked)
    if script.target in (PIN_WITH_OLD, PIN_WITHOUT_OLD):
        return Shape(pin.DATA_SIZE, pin.DATA_SIZE, changed)
    raise CardStatus(Status.PARAMETERS)


def _put_data(flow: FullFlow, script: Script, records: Records) -> Shape:
    """PUT DATA; 6A86 for DF63, 6A80 for a tag that no script changes."""
    tag, profile = script.target, flow.profile
    if tag == OFFSET_USED:
        raise CardStatus(Status.PARAMETERS)
    if tag == OFFSET_LIMIT:
        return Shape(objects.AMOUNT, objects.AMOUNT, _offset_limit(profile, script))
    if tag in (BALANCE, SECOND_BALANCE):
        return Shape(objects.AMOUNT, objects.AMOUNT, _load(flow, script))
    known = objects.OBJECTS.get(tag)
    if known is None:
        raise CardStatus(Status.DATA)
    length, apply = known

    def changed(counters: Counters) -> Counters:
        apply(profile, script.data)  # 6A80 when the card has no place for it or it is no number
        if tag == BALANCE_LIMIT:
            set_balance_limit(_money(counters), objects.amount(script.data))
        kept = objects.replaced(counters.objects, tag, script.data)
        return dataclasses.replace(counters, objects=kept)

    return Shape(length, length, changed)


def _offset_limit(profile: ApplicationProfile, script: Script) -> Effect:
    """DF62 of a card with an extended application; 6A80 and 6985 by file 70 §8."""

    def changed(counters: Counters) -> Counters:
        purse = profile.purse
        if purse is None or not modes(profile.df61):
            raise CardStatus(Status.DATA)
        value = objects.amount(script.data)
        after = set_offset_limit(_money(counters), value, purse.limit)
        return dataclasses.replace(counters, offset_limit=after.offset_limit)

    return changed


def _load(flow: FullFlow, script: Script) -> Effect:
    """A new balance, with a record in the load log (LG-005); 6A80 and 6976 by file 70 §8."""

    def loaded(counters: Counters) -> Counters:
        value, second = objects.amount(script.data), script.target == SECOND_BALANCE
        before = counters.second_balance if second else counters.balance
        if second:
            if flow.profile.second is None:
                raise CardStatus(Status.DATA)
            new = load(Balances(before), value, flow.profile.second.purse.limit, holds=0).balance
            after = dataclasses.replace(counters, second_balance=new)
        else:
            after = _loaded(flow.profile, counters, value)
            new = after.balance
        file = flow.profile.load_log
        if file is None:
            return after
        record = log.load_record(file, script.target, before, new, flow.log_values())
        return dataclasses.replace(after, load_log=log.append(file, after.load_log, record))

    return loaded


def _loaded(profile: ApplicationProfile, counters: Counters, value: int) -> Counters:
    """The first purse after a load."""
    if profile.purse is None:
        raise CardStatus(Status.DATA)
    after = load(_money(counters), value, profile.purse.limit, appfiles.held(counters))
    return dataclasses.replace(counters, balance=after.balance, offset_used=after.offset_used)


def _money(counters: Counters) -> Balances:
    return Balances(counters.balance, counters.offset_limit, counters.offset_used)


def _update_record(flow: FullFlow, script: Script, records: Records) -> Shape:
    """UPDATE RECORD of a fixed record of SFI 1 to 10; what is written is a whole record."""
    number, reference = script.header[2], script.header[3]
    if number == 0 or reference & 0x07 != 0x04:
        raise CardStatus(Status.PARAMETERS)
    place = (reference >> 3, number)
    if all(sfi != place[0] for sfi, _ in records):
        raise CardStatus(Status.NO_FILE)
    if place not in records:
        raise CardStatus(Status.NO_RECORD)

    def updated(counters: Counters) -> Counters:
        if not _is_record(script.data):
            raise CardStatus(Status.DATA)
        name = bytes(place)
        others = (record for record in counters.records if record[:2] != name)
        return dataclasses.replace(counters, records=(*others, name + script.data))

    return Shape(1, 255, updated)


def _is_record(data: bytes) -> bool:
    """CMD-032: a record of these files is one template 70."""
    try:
        found = tlv.decode(data)
        return [tag for tag, _ in found] == [RECORD_TEMPLATE] and bool(tlv.decode(found[0][1]))
    except ValueError:
        return False


_SHAPES: Mapping[int, Callable[[FullFlow, Script, Records], Shape]] = {
    0x16: _card_block,
    0x18: _application_unblock,
    0x1E: _application_block,
    0x24: _pin,
    0xDA: _put_data,
    0xDC: _update_record,
}
"""What each instruction wants and does."""
