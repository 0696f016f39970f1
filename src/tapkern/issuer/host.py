"""A host that answers online requests: by the book, or with one named misbehaviour.

`verify` is the issuer as it should be: the cryptogram decides first, then the account. `load` and
`script` check the same way. The others answer without a look at the account, for the terminal's
sake. Whatever the request is, there is an answer; nothing that fails a check is approved.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tapkern.errors import UsageError
from tapkern.issuer import pins
from tapkern.issuer.accounts import Account, Accounts, Answered
from tapkern.issuer.check import Check, Issuer, read
from tapkern.issuer.reasons import APPROVED, DECLINED, Failure, Reason, code_of
from tapkern.issuer.request import Kind, OnlineRequest, RequestError
from tapkern.issuer.scripts import AFTER, BALANCE, GUARANTEED, Command, put_amount, script
from tapkern.issuer.session import Session
from tapkern.issuer.suites import TRIPLE_DES
from tapkern.issuer.tlv import encode


class Behaviour(StrEnum):
    """What a host does, by name."""

    VERIFY = "verify"
    APPROVE = "approve"
    DECLINE = "decline"
    TIME_OUT = "time-out"
    WRONG_ARPC = "wrong-arpc"
    SCRIPT = "script"
    LOAD = "load"


class Reversal(StrEnum):
    """What became of a reversal; only REVERSED moved money."""

    REVERSED = "reversed"
    ALREADY_REVERSED = "already_reversed"
    NOTHING_TAKEN = "nothing_taken"
    UNKNOWN_ORIGINAL = "unknown_original"


PURCHASES = frozenset({0x00, 0x01, 0x09})
"""9C of what takes money from the account: goods, cash, cashback."""
INQUIRIES = frozenset({0x30, 0x31})
ACCOUNT_LOAD = 0x60
LOADS = frozenset({ACCOUNT_LOAD, 0x62, 0x63})
"""9C of loads; only the first takes the money from this account."""


@dataclass(frozen=True, slots=True)
class HostReply:
    """The answer to an online request.

    code: response code, None when the host was not reached. tag91: ARPC and code, empty when there
    is none. scripts: templates 71 and 72, whole; `commands` are their names. repeated: it is the
    answer of before.
    """

    code: str | None
    reason: Reason | Failure
    detail: str = ""
    tag91: bytes = field(default=b"", repr=False)
    scripts: tuple[bytes, ...] = field(default=(), repr=False)
    commands: tuple[str, ...] = ()
    check: Check | None = None
    repeated: bool = False

    @property
    def approved(self) -> bool:
        """Whether the code is 00."""
        return self.code == APPROVED

    def to_tlv(self) -> bytes:
        """Field 55 of the answer: 91 and the scripts."""
        data91 = encode(0x91, self.tag91) if self.tag91 else b""
        return data91 + b"".join(self.scripts)

    def to_json(self) -> dict[str, object]:
        """The answer as JSON takes it; what it sends to the card is no secret."""
        return {
            "code": self.code,
            "reason": self.reason.value,
            "detail": self.detail,
            "repeated": self.repeated,
            "tag91": self.tag91.hex().upper(),
            "scripts": [template.hex().upper() for template in self.scripts],
            "commands": list(self.commands),
            "check": None if self.check is None else self.check.to_json(),
        }


class Decline(Exception):
    """Ends a decision."""

    def __init__(self, reason: Reason | Failure, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Host:
    """An issuer's host with its accounts.

    commands: what the behaviour `script` sends, with script_id (9F18, 4 bytes) in a template of at
    most `limit` bytes (DC-055). Without accounts every card of the issuer is good for 10,000.00.
    """

    def __init__(
        self,
        issuer: Issuer,
        accounts: Accounts | None = None,
        behaviour: Behaviour | str = Behaviour.VERIFY,
        *,
        commands: Sequence[Command] = (),
        script_id: bytes | None = None,
        template: int = AFTER,
        limit: int = GUARANTEED,
    ) -> None:
        """Raises UsageError about an unknown behaviour, or a script that is none or too long."""
        try:
            self.behaviour = Behaviour(behaviour)
        except ValueError:
            known = ", ".join(Behaviour)
            raise UsageError(f"no host behaves {behaviour!r}", "host", f"known: {known}") from None
        if bool(commands) != (self.behaviour is Behaviour.SCRIPT):
            raise UsageError("commands and the behaviour script go together", "host")
        self.issuer = issuer
        self.accounts = Accounts(everyone=Account(1_000_000)) if accounts is None else accounts
        self._commands = tuple(commands)
        self._script_id = script_id
        self._template = template
        self._limit = limit
        self._script(_PROBE, self._commands)  # a script that is too long is refused here

    def answer(self, request: bytes | OnlineRequest, *, pin: str | None = None) -> HostReply:
        """The answer to a request (TLV bytes, or read). pin: what was entered, in clear.

        Whatever the bytes are, there is an answer. Raises UsageError when the accounts cannot be
        saved, and then nothing has changed.
        """
        if self.behaviour is Behaviour.TIME_OUT:
            return HostReply(None, Reason.NOT_REACHED)
        if self.behaviour in _BLIND:
            return self._blind(request)
        check = None
        try:
            whole = read(request)
            if self.accounts.find((whole.pan, whole.psn)) is None:
                raise Decline(Failure.UNKNOWN_CARD, whole.masked_pan)
            check = self.issuer.check(whole)
            if check.failure is not None:
                raise Decline(check.failure, check.detail)
            return self._verified(whole, check, pin)
        except (Decline, RequestError) as error:
            reason = error.reason if isinstance(error, Decline) else error.failure
            return HostReply(code_of(reason), reason, error.detail, check=check)

    def reverse(self, request: bytes | OnlineRequest) -> Reversal:
        """Takes back what a request took. LD-135: an unknown original changes nothing."""
        try:
            whole = read(request)
            card, atc, cryptogram = (whole.pan, whole.psn), whole.atc, whole.cryptogram
        except RequestError:
            return Reversal.UNKNOWN_ORIGINAL
        account = self.accounts.find(card)
        one = None if account is None else account.earlier(atc)
        if account is None or one is None or not _same(one.cryptogram, cryptogram):
            return Reversal.UNKNOWN_ORIGINAL
        if one.reversed:
            return Reversal.ALREADY_REVERSED
        self.accounts[card] = account.without(one)
        return Reversal.REVERSED if one.taken else Reversal.NOTHING_TAKEN

    def _blind(self, request: bytes | OnlineRequest) -> HostReply:
        """An answer for the terminal's sake: the check is told and decides nothing."""
        code = DECLINED if self.behaviour is Behaviour.DECLINE else APPROVED
        session, check = None, None
        try:
            whole = read(request)
            check = self.issuer.check(whole)
            session = self.issuer.session(whole)
        except RequestError as error:
            check = check or Check(error.failure, error.detail)
        tag91 = b"" if session is None else session.issuer_authentication(code)
        if self.behaviour is Behaviour.WRONG_ARPC:
            if not tag91:  # there is no ARPC to spoil
                assert check.failure is not None
                return HostReply(code_of(check.failure), check.failure, check.detail, check=check)
            tag91 = bytes([tag91[0] ^ 0x01]) + tag91[1:]
        return HostReply(code, Reason.BY_BEHAVIOUR, tag91=tag91, check=check)

    def _verified(self, request: OnlineRequest, check: Check, pin: str | None) -> HostReply:
        """The answer to a request that comes from one of our cards."""
        card = (request.pan, request.psn)
        account, session = self.accounts.find(card), check.session
        assert account is not None and session is not None
        earlier = account.earlier(request.atc)
        if earlier is not None and _same(earlier.cryptogram, request.cryptogram):
            return _again(earlier, check)
        if request.atc <= account.last_atc:  # LD-135
            raise Decline(Failure.OLD_ATC, f"{request.atc}, last {account.last_atc}")
        commands: tuple[Command, ...] = ()
        taken, reason = 0, Reason.APPROVED
        if pin is not None:
            account, reason = self._pin(account, card, pin)
        if reason is Reason.APPROVED:
            try:
                taken, commands = self._decide(request, check, account)
            except Decline as decline:
                assert isinstance(decline.reason, Reason)
                reason = decline.reason
        code = code_of(reason)
        one = Answered(
            atc=request.atc,
            cryptogram=request.cryptogram,
            code=code,
            reason=reason,
            tag91=session.issuer_authentication(code),
            scripts=self._script(session, commands),
            commands=tuple(command.name for command in commands),
            taken=taken,
        )
        self.accounts[card] = account.after(one)
        return HostReply(code, reason, "", one.tag91, one.scripts, one.commands, check)

    def _pin(self, account: Account, card: tuple[str, str], pin: str) -> tuple[Account, Reason]:
        """The account after a PIN was entered, and whether it was the right one."""
        if account.pin_tries == 0:
            return account, Reason.PIN_TRIES_EXCEEDED
        if (
            account.pin
            and pins.is_pin(pin)
            and _same(account.pin, self.issuer.pin_reference(*card, pin))
        ):
            return dataclasses.replace(account, pin_tries=3), Reason.APPROVED
        return dataclasses.replace(account, pin_tries=account.pin_tries - 1), Reason.WRONG_PIN

    def _decide(
        self, request: OnlineRequest, check: Check, account: Account
    ) -> tuple[int, tuple[Command, ...]]:
        """What a request takes from the account and sends to the card. Raises Decline."""
        if account.blocked:
            raise Decline(Reason.BLOCKED)
        if request.currency != account.currency:
            raise Decline(Reason.OTHER_CURRENCY)
        if request.type in LOADS:
            return _load(request, check, account)
        if self.behaviour is Behaviour.LOAD or request.type not in PURCHASES | INQUIRIES:
            raise Decline(Reason.NOT_SUPPORTED)
        taken = 0
        if request.type in PURCHASES and check.kind is Kind.ARQC:  # a TC has paid from the purse
            taken = request.amount
        if taken > account.balance:
            raise Decline(Reason.INSUFFICIENT_FUNDS)
        return taken, self._commands

    def _script(self, session: Session, commands: Sequence[Command]) -> tuple[bytes, ...]:
        if not commands:
            return ()
        made = script(
            session,
            commands,
            identifier=self._script_id,
            template=self._template,
            limit=self._limit,
        )
        return (made,)


_PROBE = Session(TRIPLE_DES, 0, bytes(8), *[bytes(16)] * 4)
_BLIND = frozenset({Behaviour.APPROVE, Behaviour.DECLINE, Behaviour.WRONG_ARPC})


def _load(
    request: OnlineRequest, check: Check, account: Account
) -> tuple[int, tuple[Command, ...]]:
    """LD-004: the new balance is the one in 9F10, which its MAC proves, and the amount."""
    if check.kind is not Kind.ARQC:
        raise Decline(Reason.NOT_SUPPORTED)
    if check.balance is None:
        raise Decline(Reason.BALANCE_NOT_TOLD)
    new = check.balance + request.amount
    if new > account.purse_limit:
        raise Decline(Reason.ABOVE_PURSE_LIMIT)
    taken = request.amount if request.type == ACCOUNT_LOAD else 0
    if taken > account.balance:
        raise Decline(Reason.INSUFFICIENT_FUNDS)
    return taken, (put_amount(BALANCE, new),)


def _again(one: Answered, check: Check) -> HostReply:
    """LD-135: the same answer to the same request; one that was taken back is no approval."""
    if one.reversed:
        return HostReply(DECLINED, Reason.REVERSED, check=check, repeated=True)
    return HostReply(
        one.code, one.reason, "", one.tag91, one.scripts, one.commands, check, repeated=True
    )


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)
