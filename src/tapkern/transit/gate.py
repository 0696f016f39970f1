"""A gate: opens for a card that proved itself and whose ride is kept to be charged (TK-030).

The kernel decides about the card. What this adds is the operator's: a list of the gate, the same
card twice, a store that is full. It can only keep closed what the kernel would open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tapkern._numbers import Entry
from tapkern.data.messages import Language
from tapkern.driver import Lookup
from tapkern.errors import UsageError
from tapkern.outcome import Outcome, Status
from tapkern.params.image import entries
from tapkern.readers.base import Reader
from tapkern.terminal import Tap, Terminal, monotonic_ms
from tapkern.torn import HeldBack, TornRecords
from tapkern.transaction import Amount
from tapkern.transit.local import LocalDenyList
from tapkern.transit.record import DEFERRED, FareRecord, record_of
from tapkern.transit.rider import card_hash
from tapkern.transit.store import FareStore, Kept

_TEXTS = {
    "open": ("open", "请通行"),
    "store_full": ("the gate keeps no more rides", "闸机存储已满"),
    "already_recorded": ("this ride is kept already", "该笔交易已记录"),
    "store_failed": ("the ride cannot be kept", "交易无法保存"),
    "same_card_again": ("the same card again", "同卡重复刷卡"),
    "not_accepted": ("cards of this issuer are not accepted", "不受理该卡"),
    "cannot_wait": ("the host would have to be asked", "须联机授权"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """Limits of the operator. again_s: seconds in which a card does not open twice (TK-033); 0: no
    such limit. prefixes: the first digits of cards that are let in; empty: all."""

    again_s: int = 5
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether the gate opens, and why. reason: "open", a word of the gate, or that of the outcome.

    record: the ride; it is in the store when the gate opens. tap: None when no card was asked for.
    """

    opens: bool
    reason: str
    record: FareRecord | None = None
    tap: Tap | None = None

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the tap."""
        return None if self.tap is None else self.tap.outcome

    def text(self, lang: Language = "en") -> str:
        """The reason for people, without a card number (TK-034)."""
        if self.reason in _TEXTS:
            return _TEXTS[self.reason][lang == "zh"]
        return self.reason if self.outcome is None else self.outcome.reason_text(lang)


class Gate:
    """One gate: taps, rides, and what the host said of them. No network (TK-030).

    key: at least 16 bytes, for hashes of card numbers. denied: lists of this gate, and where the
    host's refusals go (TR-007). lookup: a further list. torn: keeps offline approvals that were
    torn. Errors: UsageError for a short key, or a terminal without exception_lookup, which would
    not ask the lists.
    """

    def __init__(
        self,
        terminal: Terminal,
        key: bytes,
        store: FareStore,
        denied: LocalDenyList,
        *,
        lookup: Lookup | None = None,
        torn: TornRecords | None = None,
        rules: GateRules | None = None,
        clock: Callable[[], int] = monotonic_ms,
    ) -> None:
        self.terminal, self.store, self.denied = terminal, store, denied
        self._key, self._lookup, self._clock = key, lookup, clock
        self.torn = torn if torn is not None else TornRecords()
        self._rules = rules or GateRules()
        self._seen: dict[str, int] = {}
        card_hash(key, "0")  # the key can be used
        if not _asks_lists(terminal.image):
            hint = "write exception_lookup = true into [terminal]"
            raise UsageError("this terminal does not ask the deny lists", terminal.name, hint)

    def tap(self, reader: Reader, amount: Amount, **more: Any) -> Passage:
        """One passenger. more: as Terminal.tap takes it. Errors: UsageError, ReaderError."""
        try:
            room = self.store.room()  # before any card is touched (TK-032)
        except OSError:
            return Passage(False, "store_failed")
        if room is not Kept.KEPT:
            return Passage(False, Kept.FULL)
        torn = HeldBack(self.torn)
        tap = self.terminal.tap(reader, amount, lookup=self._listed, store=torn, **more)
        passage = self._passage(tap)
        if passage.reason not in ("store_failed", Kept.FULL):
            torn.drop()
        return passage

    def _passage(self, tap: Tap) -> Passage:
        """The ride of a tap is kept, then the gate opens."""
        record = record_of(tap)
        if record is None:
            asks = tap.outcome.status is Status.ONLINE_REQUEST
            return Passage(False, "cannot_wait" if asks else tap.outcome.reason, None, tap)
        refused = self._refused(record)
        if refused:
            return Passage(False, refused, record, tap)
        try:
            kept = self.store.add(record)
        except OSError:
            return Passage(False, "store_failed", record, tap)
        if kept is not Kept.KEPT:
            return Passage(False, kept, record, tap)
        self._seen[card_hash(self._key, record.pan)] = self._clock()
        return Passage(True, "open", record, tap)

    def charged(self, number: int, response_code: str | None) -> None:
        """What the host said of a ride that waited: "00", another code, None when it was not asked.

        A deferred authorisation that is declined puts the card on the list of the gate (TR-007).
        """
        if response_code is None:
            return
        record = self.store.ride(number)
        if record is not None and record.kind == DEFERRED and response_code != "00":
            self.denied.add(record.pan)
        self.store.settle(number, response_code)

    def _listed(self, pan: str, psn: int | None) -> bool | None:
        """Both lists (TK-031); one that cannot tell refuses (TK-042)."""
        if self.denied.lookup(pan, psn):
            return True
        return self._lookup(pan, psn) if self._lookup is not None else False

    def _refused(self, record: FareRecord) -> str:
        """What keeps an accepted card out; a card that has paid is never kept out here."""
        now, limit = self._clock(), self._rules.again_s * 1000
        self._seen = {card: at for card, at in self._seen.items() if now - at < limit}
        if record.kind != DEFERRED:
            return ""
        if card_hash(self._key, record.pan) in self._seen:
            return "same_card_again"
        if self._rules.prefixes and not record.pan.startswith(self._rules.prefixes):
            return "not_accepted"
        return ""


def _asks_lists(image: bytes) -> bool:
    return any(
        kind is Entry.TERMINAL and body.get(0xDF8F21) == b"\x01" for kind, body in entries(image)
    )
