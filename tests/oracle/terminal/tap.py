"""One tap from Start A to the outcome for the POS: 20 sections 2, 4, 6 and 7."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from tests.oracle.terminal import (
    decide,
    gpo,
    inquiry,
    outcome,
    record,
    records,
    recovery,
    selection,
)
from tests.oracle.terminal.configuration import Configuration
from tests.oracle.terminal.outcome import Cancelled, End, Kept, Lost, Result, Torn
from tests.oracle.terminal.preprocess import Usable, fixed, preprocess
from tests.oracle.terminal.restrictions import Lookup
from tests.oracle.terminal.session import Candidate, Link, Session, Transaction, Transmit

Store = Callable[[bytes | None], bool]
Present = Callable[[], Transmit | None]
Clock = Callable[[], int]


@dataclasses.dataclass
class _Run:
    """A transaction: what it was called with, and what its presentments leave to the next one.

    kept: what a torn tap has left, its recovery being under way since a time in ms. again: the
    presentments that were asked for again.
    """

    configuration: Configuration
    transaction: Transaction
    present: Present
    lookup: Lookup | None
    store: Store | None
    clock: Clock
    purpose: str = "payment"
    usable: Usable = dataclasses.field(default_factory=list)
    commands: list[bytes] = dataclasses.field(default_factory=list)
    kept: recovery.Kept | None = None
    since: int = 0
    again: int = 0

    def drop(self) -> bool:
        """TT-015: what was kept is not needed any more."""
        return self.store is not None and self.store(None)


def tap(
    configuration: Configuration,
    transaction: Transaction,
    present: Present,
    *,
    lookup: Lookup | None = None,
    store: Store | None = None,
    clock: Clock = lambda: 0,
    start: str = "A",
    torn: bytes | None = None,
    purpose: str = "payment",
) -> Result:
    """Runs a transaction; what a card does is a result, never an exception.

    start: A, or B for a fixed amount (EP-004). Raises CallRefused when B is not allowed.
    purpose: also "balance" and "card-info", which pay nothing (QP-151).

    present: called at each detection, gives the transmit function of the card in the field, or None
    when no card came in time. lookup(pan, psn): whether the program lists the card, None when it
    cannot tell. store(record): keeps a record of a doubtful tap, None drops it. clock: monotonic
    ms. torn: what store has kept of a tap that this transaction is to bring to its end (TT-010).
    """
    if not 0 <= transaction.amount < 10**12 or not 0 <= transaction.other < 10**12:
        raise ValueError("amounts have at most 12 digits")
    if len(transaction.unpredictable) < 4:
        raise ValueError("unpredictable: 8 bytes are needed")
    run = _Run(configuration, transaction, present, lookup, store, clock, purpose)
    try:
        if torn is not None:
            run.kept, run.since, run.again = recovery.Kept.decoded(torn), clock(), -1
            recovery.usable_for(run.kept, transaction, configuration)
        if purpose in inquiry.PURPOSES:
            run.usable = inquiry.usable(configuration, transaction, start)
        else:
            run.usable = {"A": preprocess, "B": fixed}[start](configuration, transaction)
    except End as end:
        return _result(run, end, None, doubtful=torn is not None)
    left = configuration.passes
    while True:
        result = _presentment(run) if run.kept is None else _retap(run, run.kept)
        if result is None:
            continue  # TT-015: not counted by TT-007
        # OUT-003, TT-007: the last one is handed over.
        if result.status != "try_again" or not left:
            return result
        left -= 1


def _presentment(run: _Run) -> Result | None:
    """Start B. OUT-006: nothing of an earlier presentment is left. None: the tap was torn."""
    try:
        transmit = run.present()
        if transmit is None:
            raise End("end_application", "no_card", "EP-031")
        link = Link(transmit, run.commands, selection.before_follow(run.usable))
        return _from_selection(run, link, selection.candidates(link, run.usable))
    except End as end:
        return _result(run, end, None)
    except Cancelled:
        return _result(run, outcome.cancelled(), None)
    except Lost:
        return _result(run, End("try_again", "card_lost", "EP-035"), None)


def _from_selection(run: _Run, link: Link, left: list[Candidate]) -> Result | None:
    """EP-060 on. Raises End and Lost."""
    while True:
        candidate = selection.choose(left, run.usable)
        session = _selected(run, link, candidate)
        if session is not None and run.purpose in inquiry.PURPOSES:
            return _asked(run, session)
        if session is not None:
            try:
                end = _kernel(run, session)
            except Torn:
                run.kept, run.since = recovery.Kept.of(session), run.clock()
                return None
            if end.status != "select_next":
                return _result(run, end, session)
        left.remove(candidate)  # OUT-004, EP-065


def _asked(run: _Run, session: Session) -> Result:
    """QP-151, LG-007: after SELECT, and no GPO. Raises End and Lost."""
    info = None
    if run.purpose == "balance":
        found = inquiry.balance(session)
        end = End("end_application", f"balance_{'unknown' if found is None else 'read'}", "QP-151")
    else:
        info = inquiry.card_info(session)
        found = inquiry.shown(info, session)
        end = End("end_application", "card_info_read", "QP-151")
    return dataclasses.replace(_result(run, end, session), balance=found, info=info)


def _retap(run: _Run, kept: recovery.Kept) -> Result | None:
    """A presentment of a recovery. None: the same card is asked for again (TT-015)."""
    cancelled = End("end_application", "cancelled", "TT-016")
    try:
        transmit = run.present() if run.again < recovery.MOST_PRESENTMENTS else None
    except Cancelled:
        return _result(run, cancelled, None, doubtful=True)
    run.again += 1
    late = run.clock() - run.since > 1000 * run.configuration.retap
    if transmit is None or late:
        return _result(run, recovery.undecided("TT-016"), None, doubtful=True)
    link = Link(transmit, run.commands, selection.before_follow(run.usable))
    try:
        session = recovery.resume(kept, run.configuration, run.transaction, link, run.usable)
    except (recovery.Again, Lost):
        return None
    except Cancelled:
        return _result(run, cancelled, None, doubtful=True)
    except recovery.NotPaid as found:
        return _anew(run, link, found.left)
    except End as end:
        return _result(run, end, None, doubtful=True)
    end = _judged(run, session)
    if end.status == "approved":
        end = End(end.status, "recovered", end.rule)
    return _result(run, end, session)


def _anew(run: _Run, link: Link, left: list[Candidate]) -> Result | None:
    """TT-015: not committed, so a normal new tap in the same presentment."""
    if not run.drop():
        end = End("end_application", "store_failed", "TT-015")
        return _result(run, end, None, doubtful=True)
    run.kept = None
    try:
        return _from_selection(run, link, left)
    except End as end:
        return _result(run, end, None)
    except Cancelled:
        return _result(run, outcome.cancelled(), None)
    except Lost:
        return _result(run, End("try_again", "card_lost", "EP-035"), None)


def _selected(run: _Run, link: Link, candidate: Candidate) -> Session | None:
    """The application behind a candidate, None when it cannot be used (OUT-028)."""
    found = selection.application(link, candidate, run.purpose)
    if found is None:
        return None
    fci, pdol, blocked = found
    candidate = dataclasses.replace(candidate, ttq=selection.qualifiers(candidate, fci))
    configuration, transaction = run.configuration, run.transaction
    return Session(configuration, transaction, link, candidate, fci, pdol, blocked=blocked)


def _kernel(run: _Run, session: Session) -> End:
    """Kernel 7: from GPO to the outcome (QP-001). Raises Torn."""

    def keep() -> bool:
        if run.store is None:
            return False  # who cannot keep a record has failed to keep it: docs/firmware.md
        return run.store(recovery.Kept.of(session).encoded())

    try:
        gpo.process(session)
        records.read(session, keep)
    except Cancelled:
        return outcome.cancelled(session.paid)
    except End as end:
        return end
    return _judged(run, session)


def _judged(run: _Run, session: Session) -> End:
    """30 sections 8 to 11."""
    try:
        return decide.decide(session, run.lookup)
    except End as end:
        return end


def _result(run: _Run, end: End, session: Session | None, doubtful: bool = False) -> Result:
    """OUT-014: a CVM for approvals and online requests. OUT-020 ... OUT-025: which have data.

    doubtful: a torn tap has not come to its end (TT-018).
    """
    commands = tuple(run.commands)
    if session is None:
        return Result(
            end.status, end.reason, end.rule, card_may_have_paid=doubtful, commands=commands
        )
    approved, online = end.status == "approved", end.status == "online_request"
    paid = session.paid and not approved
    common = Result(
        status=end.status,
        reason=end.reason,
        rule=end.rule,
        cvm=session.cvm if approved or online else "n_a",
        oda=session.oda,
        oda_rule=session.oda_rule,
        may_defer=decide.may_defer(session, end.rule),
        card_may_have_paid=paid,
        commands=commands,
    )
    if not (approved or online or end.status == "declined"):
        return common
    if approved and session.stored:
        run.drop()
    values = record.available(session, None if online else b"Y1" if approved else b"Z1")
    items = record.pairs(values, record.RECORD)
    return dataclasses.replace(
        common,
        balance=record.balance(session),
        approval_code=record.approval_code(session) if approved else None,
        field55=record.encoded(record.pairs(values, record.ONLINE if online else record.UPLOAD)),
        data_record=record.encoded(items),
        kept=Kept(session.kind, session.paid, items, run.drop if session.stored else bool),
    )


def complete(result: Result, code: str | None) -> Result:
    """QP-129, QP-130: the host's response code, None when it was not reached."""
    if result.status != "online_request" or result.kept is None:
        raise ValueError("only an online request is completed")
    kept = result.kept
    if code is None and result.may_defer:
        status, reason, rule = "approved", "deferred", "QP-130"
    elif code == "00":
        status, reason, rule = "approved", "host_approved", "QP-129"
    elif code is not None:
        status, reason, rule = "declined", "host_declined", "QP-129"
    else:
        status, reason, rule = "declined", "host_not_reached", "QP-130"
    if status == "approved":
        kept.drop()
    # 80 section 5: Y3 and Z3 are the answers of a terminal that could not go online.
    unable = "Y3" if status == "approved" else "Z3"
    values = dict(kept.record) | {"8A": (unable if code is None else code).encode("ascii")}
    return dataclasses.replace(
        result,
        status=status,
        reason=reason,
        rule=rule,
        cvm=result.cvm if status == "approved" else "n_a",
        may_defer=False,
        card_may_have_paid=kept.paid and status != "approved",
        data_record=record.encoded(record.pairs(values, record.RECORD)),
    )
