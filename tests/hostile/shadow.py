"""A model of one transaction that watches configuration, commands and events, and knows what may
be said at its end. It never asks the kernel; what it does not see proved is not approved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from tapkern._numbers import Event, StepKind
from tests.hostile import conditions as c
from tests.hostile import recovery
from tests.hostile.seen import GET_DATA, GPO, READ, SELECT, Deal, Exchange, Seen, folded
from tests.oracle.terminal.configuration import Combination, Configuration

APPROVED, DECLINED, ONLINE, END, TRY_AGAIN = 0x10, 0x20, 0x30, 0x40, 0x70
CVM = {0x00: "no_cvm", 0x10: "signature", 0x20: "online_pin", 0x30: "cdcvm"}
MOST_COMMANDS = 128
MOST_RETAPS = 20  # presentments that a recovery asks for
NAMED = bytes.fromhex("FFE0C080")  # TTQ-002
SENT = (SELECT, GPO, READ, GET_DATA, 0xC0)  # QP-002


@dataclasses.dataclass(frozen=True)
class Kept:
    """What went over the air before a record was kept, and for which transaction."""

    exchanges: tuple[Exchange, ...]
    deal: Deal


def qualifiers(one: Combination, deal: Deal) -> bytes:
    """EP-011 to EP-022, TTQ-001: the TTQ of a combination for this amount."""
    ttq = bytearray(x & y for x, y in zip(one.ttq or bytes(4), NAMED, strict=True))
    floor = one.floor_limit if one.floor_limit is not None else one.terminal_floor_limit
    over = floor is None or deal.amount > floor
    over |= one.on("ep.floor_cmp_ge") and deal.amount == floor
    checked = one.status_check and deal.amount == 10**deal.exponent
    ttq[1] &= 0x3F
    if over or checked or deal.amount == 0:
        ttq[1] |= 0x80
    if one.cvm_limit is not None and deal.amount >= one.cvm_limit:
        ttq[1] |= 0x40
    return bytes(ttq)


class Shadow:
    """One transaction from begin to outcome.

    kept: what was kept when the record that this transaction brings was made; None for a record
    that nobody made. brings: it brings one at all.
    """

    def __init__(
        self, configuration: Configuration, deal: Deal, now: int, kept: Kept | None, brings: bool
    ) -> None:
        self.configuration, self.deal = configuration, deal
        self.kept = kept
        self.brings = self.recovering = self.paid = brings
        self.since = self.detected = now
        self.exchanges: list[Exchange] = []
        self.randoms: set[bytes] = set()
        self.commands = self.presentments = self.cards = 0
        self.looked_up: list[tuple[bytes, bool]] = []
        self.holds = brings  # a record of this transaction is with the store
        self.last: tuple[bytes, int] | None = None
        self.online: list[Seen] | None = None
        self.defers = False
        self.wrong: list[str] = []

    def need(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)

    # What is seen

    def candidates(self, exchanges: list[Exchange] | None = None) -> Iterator[Seen]:
        """The presentment as each combination of kernel 7 would see it."""
        known = folded(self.exchanges if exchanges is None else exchanges)
        for one in self.configuration.combinations:
            if not one.is_k7 or one.ttq is None:
                continue
            ttq = qualifiers(one, self.deal)
            seen = Seen(self.configuration, one, ttq, self.deal, known, self.looked_up)
            flagged = bool(seen.fci.get("DF61", b"\x00")[0] & 0x40)
            by_card = one.ttq_oda if flagged else one.ttq_old
            if by_card is not None:  # TR-005
                seen.ttq = bytes([by_card[0], ttq[1] | by_card[1] & 0x80]) + ttq[2:]
            yield seen

    def again(self) -> Iterator[Seen]:
        """The torn tap with the records that were read again (TT-014, TT-020)."""
        if self.kept is None:
            return
        before = list(self.kept.exchanges)
        while before and before[-1][0][1] != GPO:
            before.pop()
        reads = [x for x in folded(self.exchanges) if x[0][1] == READ]
        for one in self.configuration.combinations:
            if one.is_k7 and one.ttq is not None:
                ttq = qualifiers(one, self.kept.deal)
                seen = Seen(
                    self.configuration, one, ttq, self.kept.deal, folded(before) + reads,
                    self.looked_up,
                )  # fmt: skip
                seen.ttq = seen.sent.get("9F66/4", ttq)
                yield seen

    # What happens

    def step(self, kind: int, data: bytes) -> None:
        """The kernel asks for something."""
        if kind == StepKind.TRANSMIT:
            self.commands += 1
            self.need(self.commands <= MOST_COMMANDS, "ODA-082 more than 128 commands")
            self.need(5 <= len(data) <= 261 and data[1] in SENT, "QP-002 a command of its own")
            if data[1] == GPO:
                self._options(data)
            if data[1] == READ:
                self._reads(data)
        if kind == StepKind.STORE and data:
            self.need(not self.holds, "TT-010 a second record of one tap")
            self.need(len(data) == 512, "TT-010 a record of 512 bytes")
            ready = self.last is not None and len(self._reads_so_far()) == self.last[1] - 1
            self.need(ready, "TT-010 kept at another moment than before the last record")
        if kind == StepKind.STORE and not data:
            self.need(self.holds, "TT-015 drops a record that nobody kept")

    def _reads_so_far(self) -> list[Exchange]:
        known = folded(self.exchanges)
        at = max((n for n, x in enumerate(known) if x[0][1] == GPO), default=len(known))
        return [x for x in known[at:] if x[0][1] == READ]

    def _options(self, command: bytes) -> None:
        """QP-004, FMT-006, TTQ-001, OUT-006: GPO carries the terminal's own values."""
        self.need(not self.recovering, "TT-011 GPO in a recovery")
        self.need(not self.holds, "TT-018 GPO while a record is kept")
        wanted = {f"{t}/{len(v)}": v for t, v in self.deal.values.items()}
        wanted |= {f"{t}/{len(v)}": v for t, v in self.configuration.values.items()}
        wanted["DF60/1"] = b"\x00"
        numbers = {one[:4] for one in self.randoms}
        fits = False
        for seen in self.candidates([*self.exchanges, (command, None)]):
            sent = seen.sent
            fits |= (
                bool(sent)
                and sent.get("9F66/4", seen.ttq) == seen.ttq
                and sent.get("9F37/4", b"") in (*numbers, b"")
                and all(sent.get(name, value) == value for name, value in wanted.items())
            )
        self.need(fits, "QP-004 GPO with other values than the terminal's")

    def _reads(self, command: bytes) -> None:
        """TT-005: from the command for the last record on only the card knows."""
        if self.recovering or self.last is None or command != self.last[0]:
            return
        if len(self._reads_so_far()) >= self.last[1] - 1:
            keeps = [
                seen.on("tt.recovery") or seen.on("tt.upload_doubtful")
                for seen in self.candidates()
                if seen.kind == "TC" and not c.broken(seen, c.CARD)
            ]
            self.need(self.holds or not all(keeps) or not keeps, "TT-010 nothing was kept")
            self.paid = True

    def event(self, kind: int, step: bytes, event: int, data: bytes | None, now: int) -> None:
        """The caller has done it."""
        if kind == StepKind.DETECT:
            self.presentments += 1
            if event == Event.CARD:
                self._card(now)
        elif kind == StepKind.TRANSMIT:
            answered = event == Event.ANSWER and data is not None and 2 <= len(data) <= 258
            self.exchanges.append((step, data if answered else None))
            if step[1] == GPO or (step[1] == 0xC0 and self.last is None):
                self._promised()
            lost = event in (Event.LOST, Event.TIMEOUT, Event.ANSWER) and not answered
            if lost and self.paid and not self.recovering and self.holds:
                self.recovering, self.since = True, now
        elif kind == StepKind.LOOKUP:
            self.looked_up.append((step, event != Event.NOT_FOUND))
        elif kind == StepKind.STORE and event == Event.DONE:
            if step:
                self.kept = Kept(tuple(self.exchanges), self.deal)
            elif self.recovering and not self._is_proved():
                self.recovering = self.paid = False  # TT-015: it had not paid
            self.holds = bool(step)

    def _card(self, now: int) -> None:
        self.cards += 1
        most = 1 + self.configuration.passes + MOST_RETAPS + 2
        self.need(self.cards <= most, "TT-007 more presentments than are allowed")
        self.exchanges, self.commands, self.looked_up, self.last = [], 0, [], None
        self.randoms, self.detected = set(), now

    def _promised(self) -> None:
        """QP-080: which record is the last one, if this may be an approval."""
        self.last = None
        for seen in self.candidates():
            if "TC" in seen.possible and seen.afl and not self.recovering:
                file, number, _ = seen.afl[-1]
                self.last = bytes((0, 0xB2, number, file << 3 | 4, 0)), len(seen.afl)

    # What may be said

    def _is_proved(self) -> bool:
        return any(not self.unproved(seen) for seen in self.again())

    def unproved(self, seen: Seen) -> list[str]:
        """What a recovered tap lacks: TT-011 to TT-020. seen: the torn tap, read again."""
        now = next(x for x in self.candidates() if x.combination is seen.combination)
        assert self.kept is not None
        torn = folded(list(self.kept.exchanges))
        before = Seen(self.configuration, seen.combination, seen.ttq, self.kept.deal, torn)
        return recovery.unproved(seen, before, now)

    def in_time(self) -> bool:
        """TT-016: the same purchase, in both windows."""
        if self.kept is None:
            return False
        old, new = self.kept.deal, self.deal
        same = (old.amount, old.other, old.currency, old.type) == (
            new.amount, new.other, new.currency, new.type,
        )  # fmt: skip
        past = recovery.seconds_between((old.date, old.time), (new.date, new.time))
        soon = past is not None and 0 <= past <= self.configuration.torn
        return same and soon and self.detected - self.since <= 1000 * self.configuration.retap

    def outcome(self, told: tuple[object, ...], reason: str) -> list[str]:
        """What is wrong with an outcome; nothing for one that was earned."""
        wrong, self.wrong = self.wrong, []
        status, cvm, oda = told[2], told[5], told[12]
        if self.deal.purpose:
            wrong += [] if status not in (APPROVED, ONLINE) else ["QP-151 an inquiry that pays"]
        elif status == APPROVED:
            wrong += self._approval(reason, CVM.get(cvm, ""))  # type: ignore[arg-type]
        elif status == ONLINE:
            wrong += self._request(CVM.get(cvm, ""), bool(told[13]))  # type: ignore[arg-type]
        elif cvm != 0xF0:
            wrong.append("OUT-014 a CVM beside a refusal")
        if status not in (ONLINE, APPROVED) and told[13]:
            wrong.append("QP-130 may be deferred, but is no online request")
        if oda == 2 and status != APPROVED and not self.online:
            seens = self.again() if self.recovering else self.candidates()
            if not any(c.authenticated(seen) for seen in seens if seen.fci.get("9F38")):
                wrong.append("ODA-085 successful, and is not")
        may = self.paid and status != APPROVED
        if bool(told[14]) != may:
            wrong.append(f"TT-005 card_may_have_paid is {told[14]}, and is {may}")
        if told[15] != self.commands:
            wrong.append(f"{told[15]} commands, and there were {self.commands}")
        return wrong

    def _best(
        self, seens: Iterator[Seen], lists: list[c.Condition]
    ) -> tuple[list[str], list[Seen]]:
        """The least that is wrong for any combination, and those for which nothing is."""
        found = [(c.broken(seen, lists), seen) for seen in seens]
        good = [seen for wrong, seen in found if not wrong]
        least = min((wrong for wrong, _ in found), key=len, default=["EP-024 no combination"])
        return ([] if good else least), good

    def _approval(self, reason: str, cvm: str) -> list[str]:
        if self.online is not None:
            return ["QP-129 approved without the host's word"] if not self.host_said_yes else []
        if reason == "recovered" or self.recovering:
            wrong = [] if self.in_time() else ["TT-016 too late, or another purchase"]
            lacks = [self.unproved(seen) for seen in self.again()]
            return wrong + min(lacks, key=len, default=["TT-019 no such record was kept"])
        wrong, good = self._best(self.candidates(), [*c.CARD, *c.MONEY, *c.APPROVAL])
        if good and all(c.cvm(seen) != cvm for seen in good):
            wrong.append(f"QP-108 CVM is {cvm}")
        return wrong

    host_said_yes = False

    def _request(self, cvm: str, defers: bool) -> list[str]:
        seens = list(self.again() if self.recovering else self.candidates())
        money = c.MONEY if any(seen.kind == "TC" for seen in seens) else []
        wrong, good = self._best(seens, [*c.CARD, *c.REQUEST, *money])
        if good and all(c.cvm(seen) != cvm for seen in good):
            wrong.append(f"QP-108 CVM is {cvm}")
        if defers and not any(c.may_defer(seen) for seen in good):
            wrong.append("QP-125 may be deferred, and is not authentic")
        self.online, self.defers = good, defers
        return wrong

    def host(self, code: bytes | None) -> None:
        """QP-129, QP-130."""
        self.host_said_yes = code == b"00" or (not code and self.defers)
