"""The gate: TK-003, TK-030...TK-036, TR-003...TR-008."""

from __future__ import annotations

import hmac
import importlib.util
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest

from tapkern import CardLost, Message, UsageError
from tapkern.card import Card
from tapkern.card.faults import Fault
from tapkern.outcome import Oda
from tapkern.torn import TornRecords
from tapkern.transit import (
    FareRecord,
    GateRules,
    Kept,
    card_hash,
    record_of,
    rider_identity,
)
from tests.taps import Bench
from tests.transit.rides import KEY, PAN, ROOT, Clock, fixed, gate, record, terminal

FARE = "2.00"


def example() -> ModuleType:
    """examples/gate.py as a module."""
    spec = importlib.util.spec_from_file_location("gate_example", ROOT / "examples" / "gate.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


# ---- who the rider is ----


def test_a_rider_is_a_par_or_a_hash() -> None:
    """TK-003: PAR, else a keyed hash of PAN and PSN; never the number."""
    par = b"V0010013020000000000000000000"
    assert rider_identity(KEY, PAN, 1, par) == "par:" + par.decode()
    for wrong in (b"", par[:-1], par + b"0", par.lower(), b"\xff" * 29):
        assert rider_identity(KEY, PAN, 1, wrong) == rider_identity(KEY, PAN, 1)
    seen = {rider_identity(KEY, PAN, psn) for psn in (None, 0, 1, 10)}
    seen |= {rider_identity(bytes(32), PAN, 1), rider_identity(KEY, PAN[:-1], 1)}
    assert len(seen) == 6 and not any(PAN in one for one in seen)
    assert all(len(one) == len("card:") + 64 for one in seen)
    # HMAC-SHA-256 over "rider", number and sequence number, with 1F between them.
    told = hmac.new(KEY, f"rider\x1f{PAN}\x1f01".encode(), "sha256").hexdigest()
    assert rider_identity(KEY, PAN, 1) == f"card:{told}"


@pytest.mark.parametrize(
    ("key", "pan"), [(b"short", PAN), (KEY, ""), (KEY, "62x"), (KEY, "6" * 20)]
)
def test_what_is_no_rider(key: bytes, pan: str) -> None:
    with pytest.raises(UsageError):
        rider_identity(key, pan)
    with pytest.raises(UsageError):
        card_hash(key, pan)


# ---- who passes ----


def test_open_now_and_authorise_later(tmp_path: Path) -> None:
    """TR-003, TK-030: what the host needs is kept before the gate opens, in one value."""
    found = gate(tmp_path)
    passage = found.tap(Bench(Card.load("transit")), FARE, **fixed())
    assert passage.opens and passage.outcome is not None and passage.outcome.may_defer
    ride = passage.record
    assert isinstance(ride, FareRecord) and ride.kind == "deferred"
    assert (ride.pan, ride.atc, ride.amount) == (PAN, 1, 200)
    assert (ride.expiry, ride.date, ride.sequence) == ("491231", "261121", 7)
    field = Message(ride.field55)
    assert field.get(0x9F27) == b"\x80" and field.get(0x9F36) == b"\x00\x01"
    assert ride.field55 == passage.outcome.field55 and ride.data_record
    assert list(found.store.waiting()) == [(1, ride)]
    assert FareRecord.from_text(ride.to_text()) == ride
    assert PAN not in repr(passage)


@pytest.mark.parametrize(
    ("name", "faults", "reason"),
    [
        ("debit", (), "open"),
        ("transit", ("sdad-bit",), "authentication_failed"),
        ("forged", (), "authentication_failed"),
        ("expired", (), "expired"),
        ("credit", (), "cannot_wait"),
        ("low-balance", (), "cannot_wait"),  # it asks for the host
        ("revoked", (), "open"),  # by a CRL that this gate does not have
        ("blocked", (), None),
    ],
)
def test_who_passes(tmp_path: Path, name: str, faults: tuple[str, ...], reason: str | None) -> None:
    """TR-003, TR-004: the gate opens for a proof alone."""
    found = gate(tmp_path)
    card = Card.load(name, faults=[Fault(one) for one in faults])
    passage = found.tap(Bench(card), FARE, **fixed())
    assert passage.opens is (reason == "open") and (reason is None or passage.reason == reason)
    assert len(list(found.store.waiting())) == passage.opens
    assert passage.text() and passage.text("zh") and PAN not in passage.text()


@pytest.mark.parametrize("fare", ["0", "0.01"])
def test_a_fare_that_is_not_known_yet(tmp_path: Path, fare: str) -> None:
    """TR-008: zero, or one minor unit; zero needs to be allowed."""
    passage = gate(tmp_path).tap(Bench(Card.load("transit")), fare, **fixed())
    assert passage.opens and passage.record is not None
    assert passage.record.amount == Decimal(fare) * 100
    if fare == "0":
        (tmp_path / "other").mkdir()
        closed = ("ec_limit", "zero_amount = false\nec_limit")
        passage = gate(tmp_path / "other", change=closed).tap(
            Bench(Card.load("transit")), fare, **fixed()
        )
        assert not passage.opens and passage.reason == "not_allowed"


def test_the_host_declines_later(tmp_path: Path) -> None:
    """TR-007: then the card is on the list of the gate, also after a restart."""
    found = gate(tmp_path, rules=GateRules(again_s=0))
    card = Card.load("transit")
    for code in (None, "00"):
        assert found.tap(Bench(card), FARE, **fixed()).opens
        found.charged(1, code)
        assert len(found.denied) == 0
    found.charged(2, "51")
    assert list(found.store.waiting()) == []
    for again in (found, gate(tmp_path)):
        passage = again.tap(Bench(card), FARE, **fixed())
        assert not passage.opens and passage.reason == "exception_file"
    assert gate(tmp_path).tap(Bench(Card.load("debit")), FARE, **fixed()).opens


def test_a_declined_upload_lists_nobody(tmp_path: Path) -> None:
    """TR-007 is about deferred authorisations."""
    found = gate(tmp_path)
    assert found.tap(Bench(Card.load("debit")), FARE, **fixed()).opens
    found.charged(1, "51")
    assert len(found.denied) == 0


@pytest.mark.parametrize(
    ("answer", "reason"), [(True, "exception_file"), (False, "open"), (None, "unsupported")]
)
def test_the_list_is_asked(tmp_path: Path, answer: bool | None, reason: str) -> None:
    """TK-031: number and sequence number as read. TK-042: a list that cannot tell refuses."""
    asked: list[tuple[str, int | None]] = []

    def lookup(pan: str, psn: int | None) -> bool | None:
        asked.append((pan, psn))
        return answer

    passage = gate(tmp_path, lookup=lookup).tap(Bench(Card.load("transit")), FARE, **fixed())
    assert passage.reason == reason and passage.opens is (answer is False)
    assert [pan for pan, _ in asked] == [PAN]


def test_a_gate_that_would_not_ask_is_no_gate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="deny lists"):
        gate(tmp_path, change=("exception_lookup = true", "exception_lookup = false"))


def test_the_same_card_again(tmp_path: Path) -> None:
    """TK-033: within the window a card opens once; to the millisecond, and only that card."""
    clock = Clock()
    found = gate(tmp_path, clock=clock)
    card, other = Card.load("transit"), Card.from_toml('base = "transit"\n[[application]]\n'
                                                       'pan = "6200000000000009993"\n')  # fmt: skip
    assert found.tap(Bench(card), FARE, **fixed()).opens
    clock.ms += 4_999
    assert found.tap(Bench(card), FARE, **fixed()).reason == "same_card_again"
    assert found.tap(Bench(other), FARE, **fixed()).opens
    clock.ms += 1
    assert found.tap(Bench(card), FARE, **fixed()).opens
    assert len(list(found.store.waiting())) == 3


def test_a_full_store_touches_no_card(tmp_path: Path) -> None:
    """TK-032."""
    found = gate(tmp_path, most=1)
    assert found.tap(Bench(Card.load("transit")), FARE, **fixed()).opens
    reader = Bench(Card.load("debit"))
    passage = found.tap(reader, FARE, **fixed())
    assert (passage.opens, passage.reason, passage.outcome) == (False, "store_full", None)
    assert reader.commands == [] and passage.text("zh")


def test_a_ride_is_kept_once(tmp_path: Path) -> None:
    """TK-036: the same answers again open nothing, whatever made them the same."""
    found = gate(tmp_path, rules=GateRules(again_s=0))
    for expected in ("open", "already_recorded"):
        card = Card.load("transit", random=lambda count: bytes(count))
        assert found.tap(Bench(card), FARE, **fixed()).reason == expected


def test_a_store_that_fails_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gate(tmp_path)

    def fails(_: FareRecord) -> None:
        raise OSError("no room on the disk")

    monkeypatch.setattr(found.store, "add", fails)
    passage = found.tap(Bench(Card.load("transit")), FARE, **fixed())
    assert not passage.opens and passage.reason == "store_failed"


@pytest.mark.parametrize(("fails", "left"), [(None, 0), (OSError("full"), 1), (SystemExit(), 1)])
def test_an_offline_payment_is_never_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: BaseException | None, left: int
) -> None:
    """TT-010, TK-032: until the ride is kept, the record of the torn tap stays."""
    torn = TornRecords(tmp_path / "torn.bin")
    found = gate(tmp_path, torn=torn)
    plain = found.store.add
    seen: list[int] = []

    def add(ride: FareRecord) -> Kept:
        seen.append(len(TornRecords(tmp_path / "torn.bin")))
        if fails is not None:
            raise fails
        return plain(ride)

    monkeypatch.setattr(found.store, "add", add)
    card = Card.load("debit")
    if isinstance(fails, SystemExit):
        with pytest.raises(SystemExit):
            found.tap(Bench(card), FARE, **fixed())
    else:
        assert found.tap(Bench(card), FARE, **fixed()).opens is (fails is None)
    assert seen == [1] and len(TornRecords(tmp_path / "torn.bin")) == left
    assert balance(card) == 20_000 - 200


def test_cards_of_some_issuers(tmp_path: Path) -> None:
    """TK-030: limits of the operator."""
    found = gate(tmp_path, rules=GateRules(prefixes=("6201", "6299")))
    assert found.tap(Bench(Card.load("transit")), FARE, **fixed()).reason == "not_accepted"
    assert list(found.store.waiting()) == []
    found = gate(tmp_path, rules=GateRules(prefixes=("6299", "6200")))
    assert found.tap(Bench(Card.load("transit")), FARE, **fixed()).opens


def test_what_is_no_ride() -> None:
    """A host that answered, and a tap that does not open, leave no record."""
    found = terminal()
    tap = found.tap(Bench(Card.load("transit")), FARE, lookup=lambda *_: False, **fixed())
    assert record_of(tap) is not None
    tap.complete("00")
    assert tap.outcome.approved and record_of(tap) is None
    assert record_of(found.tap(Bench(Card.load("transit")), FARE, **fixed())) is None
    assert record().kind == "deferred"


# ---- cards that leave ----


class Leaves(Bench):
    """A card that leaves at command `at`, before or after it has acted, once."""

    def __init__(self, card: Card, at: int, acted: bool) -> None:
        super().__init__(card)
        self.at, self.acted = at, acted

    def transmit(self, command: bytes) -> bytes:
        if len(self.commands) + 1 != self.at:
            return super().transmit(command)
        if self.acted:
            super().transmit(command)
        else:
            self.commands.append(command)
        raise CardLost("left")


def balance(card: Card) -> int:
    """Minor units in the purse of an offline card."""
    found = terminal().balance(Bench(card)).balance_minor
    assert found is not None
    return found


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize("at", range(1, 11))
def test_a_card_that_leaves(tmp_path: Path, at: int, acted: bool) -> None:
    """TT-005, TK-036: one opening for one debit; the same passenger is asked for the card again."""
    card = Card.load("debit")
    found = gate(tmp_path)
    passage = found.tap(Leaves(card, at, acted), FARE, **fixed())
    assert passage.opens and balance(card) == 20_000 - 200 and len(found.torn) == 0
    transit = found.tap(Leaves(Card.load("transit"), at, acted), FARE, **fixed())
    assert transit.opens and len(list(found.store.waiting())) == 2


def test_a_thousand_random_removals(capsys: pytest.CaptureFixture[str]) -> None:
    """No removal opens twice for one debit, or without proof; the example is what ran.

    Each debit opened the gate, or has left a record of a torn tap.
    """
    shown = example()
    opened: list[FareRecord] = []
    fast = Path("/dev/shm")  # thousands of writes, each of them synchronous
    with TemporaryDirectory(dir=fast if fast.is_dir() else None) as folder:
        found = shown.gate_in(Path(folder))
        plain = found.tap

        def tap(reader: object, amount: str) -> object:
            passage = plain(reader, amount)
            if passage.opens:
                assert passage.outcome.oda is Oda.SUCCESSFUL
                assert passage.outcome.may_defer or passage.outcome.approved
                opened.append(passage.record)
            return passage

        found.tap = tap
        purse = Card.from_toml(shown.PURSE)
        before = balance(purse)
        ends = shown.crowd(found, [Card.load("transit"), purse], 1000, seed=7)
        assert sum(ends.values()) == 1000 and ends["open"] == len(opened)
        assert len({(ride.pan, ride.psn, ride.atc) for ride in opened}) == len(opened)
        assert [ride for _, ride in found.store.waiting()] == opened
        assert ends["open"] > 600 and set(ends) <= {"open", "no_card", "card_may_have_paid"}
        paid = sum(ride.kind == "offline" for ride in opened)
        doubtful = len(found.torn)
        assert doubtful == ends["card_may_have_paid"] > 0
        assert paid <= (before - balance(purse)) // 200 <= paid + doubtful
        found.store.close()
    assert "terminal's own time" in capsys.readouterr().out


def test_the_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example().main(tmp_path, 20)
    lines = capsys.readouterr().out.split("\n")
    states = [line.split()[:2] for line in lines[:5]]
    assert states == [
        ["transit", "OPEN"], ["debit", "OPEN"], ["credit", "closed"], ["expired", "closed"],
        ["forged", "closed"],
    ]  # fmt: skip
    assert lines[6].split()[:2] == ["transit", "closed"] and "exception file" in lines[6]
    assert PAN not in "\n".join(lines)
