"""The card as a terminal meets it: bytes in, bytes out.

SELECT and the PPSE live here; everything inside an application is in `application`.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from tapkern.card import appfiles, cardfile, extended, files, pin
from tapkern.card.application import Application
from tapkern.card.faults import Fault, misbehaviour
from tapkern.card.memory import Counters, Memory
from tapkern.card.phone import Phone
from tapkern.card.profile import ApplicationProfile, CardProfile, ForeignApplication
from tapkern.card.scripts import Script
from tapkern.card.status import CardStatus, Status
from tapkern.errors import CardLost, CardTimeout, UsageError

ATR = bytes.fromhex("3B80800101")
"""What a PC/SC reader makes of a contactless card without historical bytes."""

Random = Callable[[int], bytes]
Sleep = Callable[[float], None]


def names() -> list[str]:
    """Names of the ready cards."""
    return list(_names())


@cache
def _names() -> tuple[str, ...]:
    folder = package_files("tapkern.card").joinpath("cards")
    found = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def _ready(name: str) -> str:
    """Text of a ready card."""
    if name not in names():
        raise UsageError(
            f"there is no card {name!r}", "card", f"ready: {', '.join(names())}; or name a file"
        )
    path = package_files("tapkern.card").joinpath("cards", f"{name}.toml")
    return path.read_text(encoding="utf-8")


@cache
def _ready_profile(name: str) -> CardProfile:
    return cardfile.parse(_ready(name), name, _ready)


def load_profile(name_or_path: str | Path) -> CardProfile:
    """What a ready card or a card file describes; a ready name comes first. Raises UsageError."""
    path = Path(name_or_path)
    if isinstance(name_or_path, str):
        names_a_file = path.suffix == ".toml" or len(path.parts) > 1 or os.path.exists(path)
        if name_or_path in names() or not names_a_file:
            return _ready_profile(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"the card file cannot be read: {error}", str(path)) from None
    return cardfile.parse(text, path.stem, _ready, path.parent)


def document_profile(document: Mapping[str, Any], name: str = "") -> CardProfile:
    """What a document with the keys of a card file describes. Raises UsageError."""
    return cardfile.parse_tables(document, name, _ready)


class Foreign:
    """An application of another scheme at work: it can be selected."""

    def __init__(self, profile: ForeignApplication) -> None:
        self.profile = profile
        self._fci = files.foreign_fci(profile)

    @property
    def aid(self) -> bytes:
        """DF name."""
        return self.profile.aid

    def discard(self) -> None:
        """Nothing is ever prepared."""

    def select(self) -> tuple[bytes, int]:
        """FCI and status word."""
        return self._fci, Status.OK


class Card:
    """A simulated card.

    `state` names the file that keeps balance, counters and the last record; without it they live
    as long as the object. `random` gives the card's unpredictable number. `faults` come behind
    those of the profile, as objects or as text ("leave-after:5"); `sleep` (seconds) is what a late
    answer calls.
    """

    atr = ATR

    def __init__(
        self,
        profile: CardProfile,
        state: Path | None = None,
        random: Random = os.urandom,
        faults: Iterable[Fault | str] = (),
        sleep: Sleep = time.sleep,
    ) -> None:
        more = (one if isinstance(one, Fault) else Fault.parse(one) for one in faults)
        profile = replace(profile, faults=(*profile.faults, *more))
        ours = [a for a in profile.applications if isinstance(a, ApplicationProfile)]
        memory = Memory({a.aid: _fresh(a) for a in ours}, state)
        self.profile = profile
        self.phone = Phone(profile.phone) if profile.phone else None
        self._random = random
        self._uid = self._new_uid()
        self._faults = misbehaviour(profile.faults, sleep)
        self.applications: list[Application | Foreign] = [
            Application(a, memory, random, self._faults, self.phone)
            if isinstance(a, ApplicationProfile)
            else Foreign(a)
            for a in profile.applications
        ]
        self._ppse = files.ppse_fci(profile.applications)
        self._current: Application | Foreign | None = None

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        state: Path | None = None,
        random: Random = os.urandom,
        faults: Iterable[Fault | str] = (),
        sleep: Sleep = time.sleep,
    ) -> Card:
        """A ready card by name, or the card that a TOML file describes.

        Raises UsageError about a name or file that is no card, or a state that is not its own.
        """
        return cls(load_profile(name_or_path), state, random, faults, sleep)

    @classmethod
    def from_toml(
        cls,
        text: str,
        name: str = "",
        state: Path | None = None,
        random: Random = os.urandom,
        faults: Iterable[Fault | str] = (),
        sleep: Sleep = time.sleep,
    ) -> Card:
        """The card that a TOML text describes. Raises UsageError."""
        return cls(cardfile.parse(text, name, _ready), state, random, faults, sleep)

    @property
    def name(self) -> str:
        """Name of the ready card or of its file."""
        return self.profile.name

    @property
    def balance(self) -> int:
        """9F79 in minor units, of the first application with a purse; 0 when there is none."""
        for application in self.applications:
            if isinstance(application, Application) and application.profile.purse:
                return application.counters.balance
        return 0

    @property
    def uid(self) -> bytes:
        """The number that the reader sees: 4, 7 or 10 bytes. That of a phone is 08 and random."""
        return self._uid

    def _new_uid(self) -> bytes:
        profile = self.profile
        if profile.uid is not None:
            return profile.uid
        if profile.phone:
            return b"\x08" + self._random(3)
        seed = repr([(a.aid, getattr(a, "pan", "")) for a in profile.applications])
        return b"\x04" + hashlib.sha256(seed.encode()).digest()[:6]

    def confirm(self) -> None:
        """The holder of a phone confirms on it: the next payment works. Nothing for a card."""
        if self.phone is not None:
            self.phone.confirm()

    @property
    def blocked(self) -> bool:
        """Whether the whole card is blocked, from the beginning or by a script."""
        ours = (item for item in self.applications if isinstance(item, Application))
        return self.profile.blocked or any(item.counters.card_blocked for item in ours)

    def reset(self) -> None:
        """The field was off: everything volatile is gone (CS-044)."""
        self._faults.reset()
        self._discard()

    def _discard(self) -> None:
        if self._current is not None:
            self._current.discard()
        self._current = None
        if self.phone is not None:
            self.phone.leave()
            self._uid = self._new_uid()

    def transmit(self, command: bytes) -> bytes:
        """Answer a command: any bytes in, data and status word out.

        Raises nothing, unless a fault tells it to: CardLost, the card has left the field;
        CardTimeout, it is there and mute.
        """
        try:
            return self._faults.transmit(bytes(command), self._answer)
        except CardTimeout:
            raise
        except CardLost:
            self._discard()
            raise

    def _answer(self, command: bytes) -> bytes:
        """What the rules say; never raises."""
        try:
            data, status = self._dispatch(command)
        except CardStatus as end:
            data, status = b"", end.status
        except OSError:  # the state file could not be written, so nothing has changed
            data, status = b"", Status.MEMORY
        return data + status.to_bytes(2, "big")

    def _dispatch(self, command: bytes) -> tuple[bytes, int]:
        if len(command) < 4:
            raise CardStatus(Status.LENGTH)
        cla, ins = command[0], command[1]
        if isinstance(self._current, Application):
            self._current.extension.interrupt(ins)
        if ins not in INSTRUCTIONS:
            raise CardStatus(Status.INSTRUCTION)
        wanted, handler = INSTRUCTIONS[ins]
        if cla != wanted:
            raise CardStatus(Status.CLASS)
        return handler(self, command)

    def _select(self, command: bytes) -> tuple[bytes, int]:
        if command[2] != 0x04 or command[3] not in (0x00, 0x02):
            raise CardStatus(Status.PARAMETERS)
        name = _command_data(command)
        if not 5 <= len(name) <= 16:
            raise CardStatus(Status.LENGTH)
        if self.blocked:  # CS-034
            raise CardStatus(Status.CARD_BLOCKED)
        if self._current is not None:
            self._current.discard()  # CS-044
        following = command[3] == 0x02
        if name == files.PPSE and not following:
            self._current = None
            return self._ppse, Status.OK
        # a SELECT that finds nothing leaves the selected application selected
        self._current = self._find(name, self._current if following else None)
        return self._current.select()

    def _find(self, name: bytes, after: Application | Foreign | None) -> Application | Foreign:
        """The first application, or the next one behind `after`, whose name begins like this."""
        start = 0 if after is None else self.applications.index(after) + 1
        for application in self.applications[start:]:
            if application.aid.startswith(name):
                return application
        raise CardStatus(Status.NO_FILE)

    def _selected(self) -> Application:
        if not isinstance(self._current, Application):
            raise CardStatus(Status.CONDITIONS)
        return self._current

    def _process(self, command: bytes) -> tuple[bytes, int]:
        if command[2:4] != b"\x00\x00":  # the order of these checks is CS-001
            raise CardStatus(Status.PARAMETERS)
        data = _command_data(command)
        return self._selected().process(data), Status.OK

    def _read(self, command: bytes) -> tuple[bytes, int]:
        if command[3] & 0x07 != 0x04:  # record number 0: LG-006, else 6A86
            raise CardStatus(Status.PARAMETERS)
        expected = _expected_length(command)
        data = self._selected().read(command[3] >> 3, command[2])
        return _cut(data, expected), Status.OK

    def _get_data(self, command: bytes) -> tuple[bytes, int]:
        expected = _expected_length(command)
        tag = int.from_bytes(command[2:4], "big")
        return _cut(self._selected().get_data(tag), expected), Status.OK

    def _extended(self, command: bytes) -> tuple[bytes, int]:
        return self._selected().extension.command(command), Status.OK

    def _generate(self, command: bytes) -> tuple[bytes, int]:
        if command[3] != 0:
            raise CardStatus(Status.PARAMETERS)
        data = _command_data(command)
        return self._selected().flow.generate(command[2], data), Status.OK

    def _authenticate_internal(self, command: bytes) -> tuple[bytes, int]:
        if command[2:4] != b"\x00\x00":
            raise CardStatus(Status.PARAMETERS)
        return self._selected().flow.sign(_command_data(command)), Status.OK

    def _authenticate_external(self, command: bytes) -> tuple[bytes, int]:
        if command[2:4] != b"\x00\x00":
            raise CardStatus(Status.PARAMETERS)
        self._selected().flow.authenticate_issuer(_only_data(command))
        return b"", Status.OK

    def _challenge(self, command: bytes) -> tuple[bytes, int]:
        if command[2:4] != b"\x00\x00":
            raise CardStatus(Status.PARAMETERS)
        expected = _expected_length(command)
        return _cut(self._selected().challenge(), expected), Status.OK

    def _verify(self, command: bytes) -> tuple[bytes, int]:
        if command[2:4] != b"\x00\x80":  # CMD-011; the enciphered form is not there
            raise CardStatus(Status.PARAMETERS)
        self._selected().flow.verify(_only_data(command))
        return b"", Status.OK

    def _script(self, command: bytes) -> tuple[bytes, int]:
        self._selected().execute(Script(command[:4], _only_data(command)))
        return b"", Status.OK


INSTRUCTIONS: dict[int, tuple[int, Callable[[Card, bytes], tuple[bytes, int]]]] = {
    0x16: (0x84, Card._script),
    0x18: (0x84, Card._script),
    0x1E: (0x84, Card._script),
    0x20: (0x00, Card._verify),
    0x24: (0x84, Card._script),
    0x82: (0x00, Card._authenticate_external),
    0x84: (0x00, Card._challenge),
    0x88: (0x00, Card._authenticate_internal),
    0xA4: (0x00, Card._select),
    0xA8: (0x80, Card._process),
    0xAE: (0x80, Card._generate),
    0xB2: (0x00, Card._read),
    0xCA: (0x80, Card._get_data),
    **{ins: (cla, Card._extended) for ins, cla in extended.CLASSES.items()},
    0xDA: (0x04, Card._script),
    0xDC: (0x04, Card._script),
}
"""Instruction: its class byte and what answers it."""


def _fresh(profile: ApplicationProfile) -> Counters:
    """The memory of a card that comes from its issuer."""
    purse = profile.purse
    counters = Counters(
        atc=profile.atc,
        last_online_atc=profile.last_online_atc,
        pin_tries=profile.pin_tries,
        balance=purse.balance if purse else 0,
        offset_limit=purse.offset_limit if purse else 0,
        offset_used=purse.offset_used if purse else 0,
        second_balance=profile.second.purse.balance if profile.second else 0,
        blocked=int(profile.blocked),
        pin=pin.reference(profile.pin),
        mac_tries=profile.mac_tries,
    )
    return appfiles.fresh(counters, profile.industry)


def _command_data(command: bytes) -> bytes:
    """Data of a short case 4 command; APDU-002 wants Le = 00 behind them."""
    if len(command) < 6 or len(command) != 6 + command[4] or command[4] == 0 or command[-1] != 0:
        raise CardStatus(Status.LENGTH)
    return command[5:-1]


def _only_data(command: bytes) -> bytes:
    """Data of a short case 3 command, which has no Le (APDU-002)."""
    if len(command) < 6 or len(command) != 5 + command[4]:
        raise CardStatus(Status.LENGTH)
    return command[5:]


def _expected_length(command: bytes) -> int:
    """Le of a short case 2 command, 0 for any length."""
    if len(command) != 5:
        raise CardStatus(Status.LENGTH)
    return command[4]


def _cut(data: bytes, expected: int) -> bytes:
    """Le = 00 or the exact length give the data; another one is told the right length."""
    if expected not in (0, len(data)):
        raise CardStatus(Status.EXACT_LENGTH | len(data) & 0xFF)
    return data
