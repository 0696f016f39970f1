"""One tap from Start A to the outcome for the POS: 20 sections 2, 4, 6 and 7."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from tests.oracle.terminal import decide, gpo, record, records, selection
from tests.oracle.terminal.configuration import Configuration
from tests.oracle.terminal.outcome import End, Kept, Lost, Result
from tests.oracle.terminal.preprocess import Usable, fixed, preprocess
from tests.oracle.terminal.restrictions import Lookup
from tests.oracle.terminal.session import Candidate, Link, Session, Transaction, Transmit

Store = Callable[[bytes], bool]
Present = Callable[[], Transmit | None]


@dataclasses.dataclass(frozen=True)
class _Call:
    configuration: Configuration
    transaction: Transaction
    lookup: Lookup | None
    store: Store | None


def tap(
    configuration: Configuration,
    transaction: Transaction,
    present: Present,
    *,
    lookup: Lookup | None = None,
    store: Store | None = None,
    start: str = "A",
) -> Result:
    """Runs a transaction; what a card does is a result, never an exception.

    start: A, or B for a fixed amount (EP-004). Raises CallRefused when B is not allowed.

    present: called at each detection, gives the transmit function of the card in the field, or None
    when no card came in time. lookup(pan, psn): whether the program lists the card, None when it
    cannot tell. store(record): keeps a record of a doubtful tap.
    """
    if not 0 <= transaction.amount < 10**12 or not 0 <= transaction.other < 10**12:
        raise ValueError("amounts have at most 12 digits")
    if len(transaction.unpredictable) < 4:
        raise ValueError("unpredictable: 8 bytes are needed")
    call = _Call(configuration, transaction, lookup, store)
    commands: list[bytes] = []
    try:
        usable = {"A": preprocess, "B": fixed}[start](configuration, transaction)
    except End as end:
        return _result(end, None, commands)
    for left in range(configuration.passes, -1, -1):
        result = _presentment(call, usable, present, commands)
        # OUT-003, TT-007: the last one is handed over.
        if result.status != "try_again" or not left:
            return result
    raise AssertionError


def _presentment(call: _Call, usable: Usable, present: Present, commands: list[bytes]) -> Result:
    """Start B. OUT-006: nothing of an earlier presentment is left."""
    try:
        transmit = present()
        if transmit is None:
            raise End("end_application", "no_card", "EP-031")
        link = Link(transmit, commands, selection.before_follow(usable))
        left = selection.candidates(link, usable)
        while True:
            candidate = selection.choose(left, usable)
            session = _selected(call, link, candidate)
            if session is not None:
                end = _kernel(call, session)
                if end.status != "select_next":
                    return _result(end, session, commands)
            left.remove(candidate)  # OUT-004, EP-065
    except End as end:
        return _result(end, None, commands)
    except Lost:
        return _result(End("try_again", "card_lost", "EP-035"), None, commands)


def _selected(call: _Call, link: Link, candidate: Candidate) -> Session | None:
    """The application behind a candidate, None when it cannot be used (OUT-028)."""
    found = selection.application(link, candidate)
    if found is None:
        return None
    return Session(call.configuration, call.transaction, link, candidate, *found)


def _kernel(call: _Call, session: Session) -> End:
    """Kernel 7: from GPO to the outcome (QP-001)."""

    def keep() -> bool:
        if call.store is None:
            return False  # who cannot keep a record has failed to keep it: docs/firmware.md
        values = record.available(session, None)
        return call.store(record.encoded(record.pairs(values, record.RECORD)))

    try:
        gpo.process(session)
        records.read(session, keep)
        return decide.decide(session, call.lookup)
    except End as end:
        return end


def _result(end: End, session: Session | None, commands: list[bytes]) -> Result:
    """OUT-014: a CVM for approvals and online requests. OUT-020 ... OUT-025: which have data."""
    if session is None:
        return Result(end.status, end.reason, end.rule, commands=tuple(commands))
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
        commands=tuple(commands),
    )
    if not (approved or online or end.status == "declined"):
        return common
    values = record.available(session, None if online else b"Y1" if approved else b"Z1")
    items = record.pairs(values, record.RECORD)
    return dataclasses.replace(
        common,
        balance=record.balance(session),
        approval_code=record.approval_code(session) if approved else None,
        field55=record.encoded(record.pairs(values, record.ONLINE if online else record.UPLOAD)),
        data_record=record.encoded(items),
        kept=Kept(session.kind, session.paid, items),
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
