"""What an issuer knows of its cards: money, blocks, PIN, and the requests it has answered.

In memory, or in a JSON file with mode 0600 (it holds card numbers) that is replaced whole with
every change, before the answer that tells of it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapkern.data.files import write_whole
from tapkern.errors import UsageError
from tapkern.issuer.reasons import Reason

FORMAT = 1
REMEMBERED = 16
"""Answered requests that a card's account keeps; older ones are refused, not answered again."""
LARGEST = 10**12 - 1

Number = tuple[str, str]
"""PAN digits and PAN sequence number."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that had an answer, and the answer (LD-135). taken: minor units it cost."""

    atc: int
    cryptogram: bytes = field(repr=False)
    code: str
    reason: Reason
    tag91: bytes = field(repr=False)
    scripts: tuple[bytes, ...] = field(repr=False)
    commands: tuple[str, ...]
    taken: int
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """The account behind a card. Amounts in minor units of `currency` (ISO 4217 number).

    purse_limit: most that the card's electronic cash may hold. pin: reference of the PIN, empty
    for none; see `Issuer.pin_reference`. last_atc: of the newest request, 0 before the first.
    """

    balance: int
    purse_limit: int = 100_000
    currency: int = 156
    blocked: bool = False
    pin: bytes = field(default=b"", repr=False)
    pin_tries: int = 3
    last_atc: int = 0
    answered: tuple[Answered, ...] = ()

    def earlier(self, atc: int) -> Answered | None:
        """What was answered to the request with this ATC, as far as it is remembered."""
        return next((one for one in self.answered if one.atc == atc), None)

    def after(self, one: Answered) -> Account:
        """The account after a new answer; money moves by `one.taken`."""
        return dataclasses.replace(
            self,
            balance=self.balance - one.taken,
            last_atc=one.atc,
            answered=(*self.answered, one)[-REMEMBERED:],
        )

    def without(self, one: Answered) -> Account:
        """The account with one answer taken back."""
        back = dataclasses.replace(one, reversed=True)
        return dataclasses.replace(
            self,
            balance=self.balance + one.taken,
            answered=tuple(back if other is one else other for other in self.answered),
        )


class Accounts:
    """Accounts by card; `everyone` is what a card has that is not listed, None for nobody."""

    def __init__(
        self,
        accounts: Mapping[Number, Account] | None = None,
        *,
        path: Path | None = None,
        everyone: Account | None = None,
    ) -> None:
        """Open the file, or begin it with `accounts`. Raises UsageError."""
        self._accounts = dict(accounts or {})
        self._path = path
        self._everyone = everyone
        if path is None:
            return
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._save(self._accounts)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the accounts cannot be read: {error}", str(path)) from None
        else:
            self._accounts = _read(text, path)

    def find(self, card: Number) -> Account | None:
        """The account of a card, None when there is none."""
        return self._accounts.get(card, self._everyone)

    def __setitem__(self, card: Number, account: Account) -> None:
        """Change one account. Raises UsageError with nothing changed."""
        changed = {**self._accounts, card: account}
        if self._path is not None:
            self._save(changed)
        self._accounts = changed

    def __len__(self) -> int:
        return len(self._accounts)

    def _save(self, accounts: Mapping[Number, Account]) -> None:
        assert self._path is not None
        try:
            write_whole(self._path, _write(accounts))
        except OSError as error:
            raise UsageError(
                f"the accounts cannot be written: {error.strerror}", str(self._path)
            ) from None


def _write(accounts: Mapping[Number, Account]) -> str:
    entries = [
        {"pan": pan, "psn": psn, **dataclasses.asdict(account)}
        for (pan, psn), account in accounts.items()
    ]
    state = {"format": FORMAT, "accounts": entries}
    return json.dumps(state, indent=1, default=lambda value: value.hex().upper()) + "\n"


def _read(text: str, path: Path) -> dict[Number, Account]:
    try:
        state = json.loads(text)
        if state["format"] != FORMAT:
            raise ValueError("another format")
        return {(e.pop("pan"), e.pop("psn")): _account(e) for e in state["accounts"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(
            "these are no accounts of a test issuer", str(path), "name another file or delete it"
        ) from None


def _account(entry: dict[str, Any]) -> Account:
    answered = tuple(_answered(one) for one in entry.pop("answered"))
    pin = bytes.fromhex(entry.pop("pin"))
    account = Account(**entry, pin=pin, answered=answered)
    for name, most in (
        ("balance", LARGEST), ("purse_limit", LARGEST), ("currency", 999), ("pin_tries", 15),
        ("last_atc", 0xFFFF),
    ):  # fmt: skip
        _number(getattr(account, name), most)
    if type(account.blocked) is not bool:
        raise TypeError("blocked is no flag")
    return account


def _answered(entry: dict[str, Any]) -> Answered:
    """An answer from JSON; a missing or unknown member raises KeyError or TypeError."""
    members: dict[str, Any] = {
        **entry,
        "cryptogram": bytes.fromhex(entry["cryptogram"]),
        "tag91": bytes.fromhex(entry["tag91"]),
        "scripts": tuple(bytes.fromhex(text) for text in entry["scripts"]),
        "commands": tuple(map(str, entry["commands"])),
        "reason": Reason(entry["reason"]),
    }
    one = Answered(**members)
    _number(one.atc, 0xFFFF)
    _number(one.taken, LARGEST)
    if type(one.reversed) is not bool or type(one.code) is not str:
        raise TypeError("no answer")
    return one


def _number(value: object, most: int) -> None:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError("out of range")
