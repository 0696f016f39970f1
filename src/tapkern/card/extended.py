"""The extended application at work (CS-041): its commands, its cache, what it adds to a commit.

Volatile is what the terminal read last and what it wants to write; all of that is gone with SELECT
and reset, and the wishes with the next GPO (CS-044). What lasts is in the card's memory, and a
commit is made by `Application` in one step with the balance (CS-042).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from tapkern.card import appfiles, balances
from tapkern.card.appfiles import IndustryFile, Name, Record
from tapkern.card.balances import Balances, Mode
from tapkern.card.memory import Counters, Memory
from tapkern.card.profile import ApplicationProfile
from tapkern.card.status import CardStatus, Status
from tapkern.errors import UsageError
from tapkern.issuer import industry

READ, UPDATE, APPEND, PROVE = 0xB4, 0xDE, 0xE2, 0x5A
CLASSES = {READ: 0x80, UPDATE: 0x84, APPEND: 0x04, PROVE: 0x80}
"""Instructions of an extended application and their class bytes."""

HEADER = 5
NUMBER = 8
CACHE = 3
"""Updates that fit one transaction: two records and a log entry; one more is 6581."""
HOLDS = 3
"""Holds that can be open, else 6971."""
NEXT = 1
"""P2 b1: the next record of the same id."""
RESPONSE_MACS = 0x80
"""DF61 b8: the card can answer with MACs."""

ATC_SIZE = 2
NO_CRYPTOGRAM = bytes(8)


_MODES = {mode.value: mode for mode in Mode}
"""DF60 by value; above 03 there is none."""


def modes(indicator: int | None) -> frozenset[Mode]:
    """What DF61 says that the card can do, by its two low bits alone (XA-001)."""
    able = {
        1: frozenset({Mode.DEFERRED_FARE}),
        2: frozenset({Mode.DEFERRED_FARE, Mode.PRE_AUTHORISATION, Mode.COMPLETION}),
    }
    return able.get((indicator or 0) & 0x03, frozenset())


@dataclass(frozen=True, slots=True)
class Charge:
    """An extended transaction that a GPO asks for.

    name: of the record read last before, which has to be updated (XA-031), None without one.
    hold: what a completion closes.
    """

    mode: Mode
    name: Name | None
    hold: int = 0

    def paid(self, counters: Counters, amount: int) -> Counters | None:
        """§8: the counters with the money moved, None when there is not enough."""
        before = Balances(counters.balance, counters.offset_limit, counters.offset_used)
        after = balances.settle(self.mode, before, amount, self.hold)
        if after is None:
            return None
        return dataclasses.replace(counters, balance=after.balance, offset_used=after.offset_used)


@dataclass(frozen=True, slots=True)
class _Read:
    """The record that READ CAPP DATA gave last: where, and whether it was a next one."""

    name: Name
    position: int
    was_next: bool


@dataclass(frozen=True, slots=True)
class _Update:
    """An update in the cache. position: of a record; None for a new slot of a cyclic file."""

    name: Name
    position: int | None
    content: bytes


@dataclass(frozen=True, slots=True)
class _Accepted:
    """An extended transaction whose TC (or hold) is given. amount: as asked for."""

    charge: Charge
    amount: int
    cryptogram: bytes


class Extension:
    """The extended application inside an application. Commands raise CardStatus.

    indicator: gives DF61 as it is now; a script may change it.
    """

    def __init__(
        self,
        profile: ApplicationProfile,
        memory: Memory,
        indicator: Callable[[], int | None],
    ) -> None:
        self._profile = profile
        self._memory = memory
        self._files = {file.sfi: file for file in profile.industry}
        self._indicator = indicator
        try:
            appfiles.check(self._counters, profile.industry)
        except ValueError as error:
            raise UsageError(
                f"the state does not fit the industry files: {error}",
                f"application {profile.aid.hex().upper()}",
                "name another state file or delete it",
            ) from None
        self.deselect()

    @property
    def present(self) -> bool:
        """Whether the card knows the commands at all."""
        return bool(modes(self._indicator()))

    @property
    def _counters(self) -> Counters:
        return self._memory[self._profile.aid]

    def deselect(self) -> None:
        """CS-044: SELECT or reset; nothing volatile stays."""
        self._last: _Read | None = None
        self._answer_macs = False
        self._processed = False
        self.forget()

    def forget(self) -> None:
        """CS-044: a new GPO; what was read before it stays."""
        self._accepted: _Accepted | None = None
        self._open = False
        self._cache: list[_Update] = []

    def count(self) -> None:
        """A GPO has made a new ATC."""
        self._processed = True

    def begin(self, indicator: int) -> Charge | None:
        """What a GPO with this DF60 asks for, None for a plain transaction.

        CardStatus by §7.3: 6985 without a record read before, 6972, 6971 or 6973 about its hold.
        """
        mode = _MODES.get(indicator, Mode.NONE)
        if mode not in modes(self._indicator()):
            return None
        name = None if self._last is None else self._last.name
        if mode is Mode.DEFERRED_FARE:
            return Charge(mode, name)
        if name is None:
            raise CardStatus(Status.CONDITIONS)
        hold = appfiles.holds(self._counters).get(name)
        if mode is Mode.COMPLETION:
            if hold is None:
                raise CardStatus(Status.NO_HOLD)
            return Charge(mode, name, hold)
        if hold is not None:
            raise CardStatus(Status.HOLD_IS_OPEN)
        if len(self._counters.holds) >= HOLDS:
            raise CardStatus(Status.TOO_MANY_HOLDS)
        return Charge(mode, name)

    def accept(self, charge: Charge, amount: int, cryptogram: bytes) -> bool:
        """The card gives its TC, so that updates may come now.

        True for a pre-authorisation, which shows no TC and proves itself by zeros (§5.4, §7.3).
        """
        silent = charge.mode is Mode.PRE_AUTHORISATION
        self._accepted = _Accepted(charge, amount, NO_CRYPTOGRAM if silent else cryptogram)
        self._open = True
        return silent

    def interrupt(self, instruction: int) -> None:
        """§5.2, §7.5: any other command ends the time for updates."""
        if instruction != UPDATE:
            self._open = False

    def committed(self, after: Counters) -> Counters:
        """CS-042: what the last record makes final, with the money in `after`.

        CardStatus 6974 when the record that was read last was not updated (XA-031).
        """
        accepted, now = self._accepted, self._counters
        after = dataclasses.replace(  # an APPEND RECORD may have come since the GPO
            after,
            industry_records=now.industry_records,
            industry_slots=now.industry_slots,
            industry_keys=now.industry_keys,
        )
        if accepted is None:
            return after
        name = accepted.charge.name
        if name is None or name not in (update.name for update in self._cache):
            raise CardStatus(Status.NOT_UPDATED)
        for update in self._cache:
            if update.position is None:
                after = appfiles.with_slot(after, self._files[update.name[0]], update.content)
            else:
                after = appfiles.with_content(after, update.position, update.content)
        if accepted.charge.mode is Mode.PRE_AUTHORISATION:
            after = appfiles.with_hold(after, name, accepted.amount)
        elif accepted.charge.mode is Mode.COMPLETION:
            after = appfiles.without_hold(after, name)
        proof = after.atc.to_bytes(ATC_SIZE, "big") + accepted.cryptogram
        return dataclasses.replace(after, proof=proof)

    def finish(self) -> None:
        """The commit is made."""
        self._answer_macs = False
        self.forget()

    def slot(self, sfi: int, number: int) -> bytes | None:
        """READ RECORD of a cyclic file, number 1 the newest; None when this is no such file."""
        file = self._files.get(sfi)
        if file is None or not file.cyclic:
            return None
        slots = appfiles.slots(self._counters, sfi)
        if number > len(slots):
            raise CardStatus(Status.NO_RECORD)
        return slots[number - 1]

    def command(self, command: bytes) -> bytes:
        """One of the four instructions; its class byte is checked already."""
        if not self.present:
            raise CardStatus(Status.INSTRUCTION)
        return _COMMANDS[command[1]](self, command)

    def _read(self, command: bytes) -> bytes:
        """READ CAPP DATA, §5.1."""
        sfi, following = _file_and_next(command)
        data = _data(command)
        with_number = len(data) == appfiles.ID + NUMBER
        able = (self._indicator() or 0) & RESPONSE_MACS
        if len(data) != appfiles.ID and not (with_number and able):
            raise CardStatus(Status.LENGTH)
        self._records_file(sfi)
        name = (sfi, data[: appfiles.ID])
        behind = -1
        if following:
            if self._last is None or self._last.name != name:
                raise CardStatus(Status.NO_FILE)
            behind = self._last.position
        position = self._find(name, behind)
        self._last = _Read(name, position, following)
        record = appfiles.records(self._counters)[position]
        if not with_number:
            return record.content
        self._answer_macs = True
        number = data[appfiles.ID :]
        return record.content + industry.read_mac(record.key, number, record.content)

    def _update(self, command: bytes) -> bytes:
        """UPDATE CAPP DATA CACHE, §5.2: nothing but the cache changes."""
        if not self._open:
            raise CardStatus(Status.CONDITIONS)
        sfi, following = _file_and_next(command)
        content, received = _secured(command)
        file = self._file(sfi)
        if file.cyclic:
            update, key = self._slot_update(file, content, following)
        else:
            update, key = self._record_update(sfi, content, following)
        _check(command, key, self._counters.atc)
        if len(self._cache) == CACHE:
            raise CardStatus(Status.MEMORY)
        self._cache.append(update)
        return industry.answer_mac(key, received) if self._answer_macs else b""

    def _slot_update(
        self, file: IndustryFile, content: bytes, following: bool
    ) -> tuple[_Update, bytes]:
        """A new slot of a cyclic file, which may be shorter than its room, and the file's key."""
        key = appfiles.slot_key(self._counters, file.sfi)
        if key is None or following:
            raise CardStatus(Status.NO_RECORD)
        if len(content) > file.longest:
            raise CardStatus(Status.NO_ROOM)
        return _Update((file.sfi, b""), None, content), key

    def _record_update(self, sfi: int, content: bytes, following: bool) -> tuple[_Update, bytes]:
        """A record as a whole, and its key."""
        name = (sfi, content[: appfiles.ID])
        position = self._next_update(name) if following else self._find(name, -1)
        record = appfiles.records(self._counters)[position]
        if len(content) < len(record.content):
            raise CardStatus(Status.DATA)
        if len(content) > len(record.content):
            raise CardStatus(Status.NO_ROOM)
        return _Update(name, position, content), record.key

    def _next_update(self, name: Name) -> int:
        """The record behind the one updated before; the first time, the one read as a next one."""
        before = [u.position for u in self._cache if u.name == name and u.position is not None]
        if before:
            return self._find(name, before[-1])
        if self._last is None or self._last.name != name or not self._last.was_next:
            raise CardStatus(Status.NO_FILE)
        return self._last.position

    def _append(self, command: bytes) -> bytes:
        """APPEND RECORD, §5.3: opens an industry application; kept at once."""
        if not self._processed or self._accepted is not None:
            raise CardStatus(Status.CONDITIONS)
        sfi, following = _file_and_next(command)
        if following:
            raise CardStatus(Status.PARAMETERS)
        data, _ = _secured(command)
        file = self._file(sfi)
        enciphered, content = data[: appfiles.KEY], data[appfiles.KEY :]
        if len(enciphered) < appfiles.KEY or (not file.cyclic and len(content) <= appfiles.ID):
            raise CardStatus(Status.LENGTH)
        if len(content) > file.longest:
            raise CardStatus(Status.NO_ROOM)
        add = self._open_cyclic if file.cyclic else self._add_record
        after = add(file, industry.decipher_key(file.open_key, enciphered), content)
        _check(command, file.open_key, self._counters.atc)
        self._memory[self._profile.aid] = after
        return b""

    def _open_cyclic(self, file: IndustryFile, key: bytes, content: bytes) -> Counters:
        """The only APPEND RECORD of a cyclic file; it may bring the first slot."""
        if appfiles.slot_key(self._counters, file.sfi) is not None:
            raise CardStatus(Status.CONDITIONS)
        after = appfiles.with_slot_key(self._counters, file.sfi, key)
        return appfiles.with_slot(after, file, content) if content else after

    def _add_record(self, file: IndustryFile, key: bytes, content: bytes) -> Counters:
        """One more record, if the file has room for it."""
        used = appfiles.used(self._counters, file)
        if file.room and used + len(content) > file.room:
            raise CardStatus(Status.NO_ROOM)
        return appfiles.with_record(self._counters, Record(file.sfi, key, content))

    def _prove(self, command: bytes) -> bytes:
        """GET TRANS PROVE, §5.4."""
        if command[2:4] != b"\x00\x00":
            raise CardStatus(Status.PARAMETERS)
        atc = _data(command)
        if len(atc) != ATC_SIZE:
            raise CardStatus(Status.LENGTH)
        proof = self._counters.proof
        if proof[:ATC_SIZE] != atc:
            raise CardStatus(Status.NO_PROOF)
        return proof[ATC_SIZE:]

    def _file(self, sfi: int) -> IndustryFile:
        if sfi not in self._files:
            raise CardStatus(Status.NO_FILE)
        return self._files[sfi]

    def _records_file(self, sfi: int) -> IndustryFile:
        file = self._file(sfi)
        if file.cyclic:  # READ RECORD reads those
            raise CardStatus(Status.NO_FILE)
        return file

    def _find(self, name: Name, behind: int) -> int:
        """The first record of this name behind a position."""
        for position in appfiles.positions(self._counters, name):
            if position > behind:
                return position
        raise CardStatus(Status.NO_RECORD)


_COMMANDS: dict[int, Callable[[Extension, bytes], bytes]] = {
    READ: Extension._read,
    UPDATE: Extension._update,
    APPEND: Extension._append,
    PROVE: Extension._prove,
}


def _file_and_next(command: bytes) -> tuple[int, bool]:
    """P1 P2: the file, and whether the next record of the same id is meant."""
    if command[2] != 0 or command[3] & 0x07 not in (0, NEXT):
        raise CardStatus(Status.PARAMETERS)
    return command[3] >> 3, bool(command[3] & NEXT)


def _data(command: bytes) -> bytes:
    """Data of a short command, with Le = 00 behind them or without Le."""
    if len(command) <= HEADER or command[4] == 0:
        raise CardStatus(Status.LENGTH)
    data, rest = command[HEADER : HEADER + command[4]], command[HEADER + command[4] :]
    if len(data) != command[4] or rest not in (b"", b"\x00"):
        raise CardStatus(Status.LENGTH)
    return data


def _secured(command: bytes) -> tuple[bytes, bytes]:
    """Data of a command whose last bytes are a MAC, and this MAC."""
    data = _data(command)
    if len(data) <= industry.MAC:
        raise CardStatus(Status.LENGTH)
    return data[: -industry.MAC], data[-industry.MAC :]


def _check(command: bytes, key: bytes, atc: int) -> None:
    """§6: the MAC of a command. Only classes without a logical channel come here."""
    data, received = _secured(command)
    if industry.command_mac(key, atc, command[:HEADER] + data) != received:
        raise CardStatus(Status.WRONG_MAC)
