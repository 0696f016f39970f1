"""Switches that change how a tap begins and how answers come in: EP-004, APDU-003, QP-012.

And the TTQ that is chosen after SELECT: TR-001...TR-005.
"""

from __future__ import annotations

import pytest

from tapkern import CardLost, ConfigFault, Outcome, StartCode, Status, Terminal, UsageError
from tapkern._numbers import Purpose
from tapkern.card.tlv import decode, encode
from tests.taps import BARE, FIXED, Bench
from tests.taps import card as debit

COMBINATION = """
[[combination]]
aid = "{aid}"
ttq = {ttq}
{more}
[combination.switches]
{switches}
"""
TTQ = '["emv_mode", "contact_chip", "online_pin", "signature", "fdda_01"{bits}]'
DEBIT = "A000000333010101"
LIMITS = 'floor_limit = "20.00"\ntransaction_limit = "90.00"\ncvm_limit = "50.00"'


def combination(switches: str = "", *, bits: str = "", aid: str = DEBIT, more: str = LIMITS) -> str:
    """A combination as TOML."""
    return COMBINATION.format(aid=aid, ttq=TTQ.format(bits=bits), more=more, switches=switches)


def terminal(*combinations: str) -> Terminal:
    """A terminal with these combinations."""
    return Terminal.from_toml(BARE + "".join(combinations))


# ---- apdu.follow_61_6c ----

FOLLOW = '"apdu.follow_61_6c" = true'


class Behind(Bench):
    """The debit card behind a reader that hands T=0 through.

    ways: how it announces the answer of each command, or of command `at` alone: L 6Cxx, R 61xx,
    D 61xx with data. The announced answer is the reader's to give, the card hears nothing more.
    """

    def __init__(self, ways: str, at: int = 0, leave: int = 0) -> None:
        super().__init__(debit(), leave=leave)
        self.ways, self.at, self.flow = ways, at, 0
        self.left, self.own, self.announced = "", b"", False

    def transmit(self, command: bytes) -> bytes:
        if self.announced:
            self.commands.append(command)
            if len(self.commands) == self.leave:
                raise CardLost("left")
        else:
            self.flow += 1
            self.left = self.ways if self.at in (0, self.flow) else ""
            self.own = super().transmit(command)
        way, self.left = self.left[:1], self.left[1:]
        self.announced = bool(way)
        length = (len(self.own) - 2) & 0xFF
        said = {"L": bytes((0x6C, length)), "R": bytes((0x61, length))}
        return {**said, "D": b"\x99" + said["R"]}.get(way, self.own)


def ends(found: Terminal, reader: Bench, amount: str = "12.50") -> Outcome:
    """The outcome of a tap."""
    return found.tap(reader, amount, **FIXED).outcome


@pytest.mark.parametrize(
    ("ways", "at", "approved"),
    [
        ("R", 0, True),
        ("L", 0, True),
        ("LR", 0, True),
        ("RL", 0, True),
        ("RR", 3, False),
        ("LL", 3, False),
        ("LRL", 3, False),
        ("D", 3, False),
    ],
)
def test_answers_of_t0_are_followed(ways: str, at: int, approved: bool) -> None:
    """APDU-003, CMD-014: 61xx and 6Cxx once each for a command; what is more is a status word."""
    reader = Behind(ways, at)
    outcome = ends(terminal(combination(FOLLOW)), reader)
    assert outcome.approved is approved
    assert not approved or reader.card.balance == 18750
    got = [c for c in reader.commands if c[1] == 0xC0]
    assert all(c[:4] == bytes.fromhex("00C00000") and len(c) == 5 for c in got)
    if approved:
        assert reader.flow == 7 and len(reader.commands) == 7 * (1 + len(ways))
        assert len(got) == 7 * {"R": 1, "L": 0, "LR": 1, "RL": 2}[ways]


def test_without_the_switch_they_are_status_words() -> None:
    """APDU-003: by default 61xx to SELECT of the PPSE is no candidate, to GPO no approval."""
    found = terminal(combination())
    assert ends(found, Behind("R", 1)).rule == "EP-060"
    outcome = ends(found, Behind("L", 3))
    assert (outcome.status, outcome.rule) == (Status.TRY_ANOTHER_INTERFACE, "QP-055")
    both = terminal(combination(FOLLOW), combination(aid="A000000333010102"))
    assert ends(both, Behind("R", 1)).rule == "EP-060"
    assert ends(both, Behind("R", 3)).approved


def test_lost_while_following() -> None:
    """TT-005: gone at GET RESPONSE after the last READ RECORD, the card may have paid."""
    reader = Behind("R", 7, leave=8)
    outcome = ends(terminal(combination(FOLLOW + '\n"tt.recovery" = false')), reader)
    assert outcome.status is Status.END_APPLICATION and outcome.card_may_have_paid
    assert reader.commands[-1][1] == 0xC0


@pytest.mark.parametrize(("records", "paid"), [(125, True), (126, False)])
def test_too_many_commands_on_the_way(records: int, paid: bool) -> None:
    """TT-005: there is no room for GET RESPONSE, but the last record was asked for."""
    afl = encode(0x94, bytes((0x10, 1, records, 0)))

    def change(number: int, command: bytes, answer: bytes) -> bytes:
        if command[1] == 0xA8:
            ((_, inside),) = decode(answer[:-2])
            parts = [encode(tag, value) for tag, value in decode(inside) if tag != 0x94]
            return encode(0x77, afl + b"".join(parts)) + b"\x90\x00"
        if command[1] != 0xB2:
            return answer
        return b"\x61\x10" if number == 128 else b"\x70\x00\x90\x00"

    reader = Bench(change=change)
    outcome = ends(terminal(combination(FOLLOW)), reader)
    assert outcome.reason == "too_many_commands" and len(reader.commands) == 128
    assert outcome.card_may_have_paid is paid


# ---- ep.start_b_fixed ----

FIXED_B = '"ep.start_b_fixed" = true'
ONLINE = ', "online_cryptogram_required"'
CVM = ', "cvm_required"'


@pytest.mark.parametrize(
    ("bits", "amount", "taken"),
    [
        ("", "20.00", True),
        ("", "20.01", False),
        (ONLINE, "20.00", False),
        (ONLINE, "20.01", True),
        (ONLINE, "49.99", True),
        (ONLINE, "50.00", False),
        (ONLINE + CVM, "50.00", True),
        (ONLINE + CVM, "89.99", True),
        (ONLINE + CVM, "90.00", False),
        (ONLINE, "0", True),
        ("", "0", False),
    ],
)
def test_start_b_of_a_fixed_amount(bits: str, amount: str, taken: bool) -> None:
    """EP-002, EP-004: Start B is taken when section 3 would set just the configured TTQ."""
    found = terminal(combination(FIXED_B, bits=bits))
    reader = Bench()
    if not taken:
        with pytest.raises(UsageError, match="EP-004"):
            found.tap(reader, amount, start=StartCode.B, **FIXED)
        assert reader.commands == []
        return
    tap = found.tap(reader, amount, start=StartCode.B, **FIXED)
    same = found.tap(Bench(), amount, **FIXED)
    assert tap.tags.get(0x9F66) == same.tags.get(0x9F66)
    assert tap.outcome == same.outcome and tap.outcome.shown[0].message == 0x15


def test_start_b_needs_every_combination_of_the_type() -> None:
    """EP-004: each that lists the type has the switch and the TTQ; others do not matter."""
    good = combination(FIXED_B)
    other = combination(aid="A000000333010102")
    elsewhere = combination(aid="A000000333010102", more=LIMITS + '\ntypes = ["20"]')
    assert terminal(good, elsewhere).tap(Bench(), "1", start=StartCode.B, **FIXED).outcome.approved
    for found in (terminal(good, other), terminal(elsewhere), terminal(combination())):
        with pytest.raises(UsageError, match="EP-004"):
            found.tap(Bench(), "1.00", start=StartCode.B, **FIXED)
    with pytest.raises(UsageError, match="EP-004"):
        terminal(good).tap(Bench(), "1.00", start=StartCode.C, **FIXED)


def test_a_balance_inquiry_begins_at_a() -> None:
    """EP-004 is about payments."""
    found = terminal(combination(FIXED_B))
    payment = found.transaction(1250, start=StartCode.B)
    assert not found.begin(payment).finished
    with pytest.raises(UsageError, match="EP-004"):
        found.begin(found.transaction(1250, start=StartCode.B, purpose=Purpose.BALANCE))


def test_computed_bits_stand_only_with_start_b() -> None:
    """TTQ-001: without the switch the computed bits are refused; with it Start A computes them."""
    with pytest.raises(UsageError, match=r"ttq"):
        terminal(combination(bits=ONLINE))
    found = terminal(combination(FIXED_B, bits=ONLINE + CVM))
    assert found.tap(Bench(), "12.50", **FIXED).outcome.approved


# ---- param.swap_df19_df20 ----


@pytest.mark.parametrize(
    ("swap", "amount", "rule"),
    [("false", "20.01", "QP-124"), ("true", "20.01", "EP-024"), ("true", "19.99", "QP-120")],
)
def test_limits_in_each_others_place(swap: str, amount: str, rule: str) -> None:
    """QP-012: with the switch DF19 is the transaction limit and DF20 the floor limit."""
    limits = 'floor_limit = "20.00"\ntransaction_limit = "90.00"'
    found = terminal(combination(f'"param.swap_df19_df20" = {swap}', more=limits))
    assert ends(found, Bench(), amount).rule == rule


def test_one_limit_in_the_others_place() -> None:
    """QP-011, QP-012: what is absent stays absent."""
    found = terminal(
        combination('"param.swap_df19_df20" = true', more='transaction_limit = "20.00"')
    )
    assert ends(found, Bench(), "20.00").approved
    assert ends(found, Bench(), "20.01").status is Status.ONLINE_REQUEST


def test_a_wrong_switch_is_still_found() -> None:
    """A configuration with another fault is refused as ever."""
    with pytest.raises((ConfigFault, UsageError)):
        terminal(combination('"param.swap_df19_df20" = 2'))


# ---- ttq_oda, ttq_old ----


CHOSEN = 'ttq_oda = "21800080"\nttq_old = "62000080"'


def sent_ttq(found: Terminal, name: str, amount: str, **more: object) -> str:
    """The TTQ that a ready card was given."""
    tap = found.tap(Bench(debit(name)), amount, **{**FIXED, **more})
    value = tap.tags.get(0x9F66)
    assert value is not None
    # The bytes in GET PROCESSING OPTIONS, not only those that are told afterwards.
    bench = Bench(debit(name))
    found.tap(bench, amount, **{**FIXED, **more})
    (gpo,) = [command for command in bench.commands if command[1] == 0xA8]
    assert value in gpo
    return value.hex().upper()


@pytest.mark.parametrize(
    ("more", "amount", "oda_card", "old_card"),
    [
        ("", "12.50", "36000080", "36000080"),
        (CHOSEN, "12.50", "21800080", "62000080"),
        (CHOSEN, "20.01", "21800080", "62800080"),
        (CHOSEN, "50.00", "21C00080", "62C00080"),
        (CHOSEN, "0", "21800080", "62800080"),
        ('ttq_oda = "27000080"', "12.50", "27000080", "36000080"),
        ('ttq_oda = "27000080"', "20.01", "27800080", "36800080"),
        ('ttq_oda = "27000080"', "50.00", "27C00080", "36C00080"),
        ('ttq_old = "28000080"', "12.50", "36000080", "28000080"),
        ('ttq_old = "28000080"', "50.00", "36C00080", "28C00080"),
    ],
)
def test_the_ttq_of_a_card_of_this_kind(
    more: str, amount: str, oda_card: str, old_card: str
) -> None:
    """TR-001, TR-002, TR-004: DF61 b7 chooses. TR-005: what the amount demands is never cleared;
    TR-008: an amount of 0 demands an online cryptogram."""
    found = terminal(combination(more=f"{LIMITS}\n{more}"))
    assert sent_ttq(found, "transit", amount) == oda_card
    assert sent_ttq(found, "debit", amount) == old_card


def test_all_rules_see_the_ttq_as_sent() -> None:
    """TR-004, TTQ-004, QP-172: ODA for online and offline-only are those of the chosen TTQ."""
    found = terminal(combination(more=LIMITS + '\nttq_oda = "21800080"\nttq_old = "28000080"'))
    authenticated = found.tap(Bench(debit("transit")), "12.50", **FIXED).outcome
    assert (authenticated.status, authenticated.rule) == (Status.ONLINE_REQUEST, "QP-125")
    asked = found.tap(Bench(debit("credit")), "12.50", **FIXED).outcome
    assert asked.status is Status.DECLINED or asked.status is Status.END_APPLICATION
    plain = terminal(combination(more=LIMITS))
    assert plain.tap(Bench(debit("transit")), "12.50", **FIXED).outcome.rule == "QP-120"


@pytest.mark.parametrize(
    ("ttq", "switches", "line"),
    [
        ('ttq_oda = "26800080"', "", "ttq_oda"),
        ('ttq_oda = "27C00080"', "", "ttq_oda"),
        ('ttq_old = "26800000"', "", "ttq_old"),
        ('ttq_old = "10000080"', "", "ttq_old"),
        ('profile = "jrt0025-2013"\nttq_oda = "27800080"', "", "ttq_oda"),
        ("", '"qp.deferred_auth" = true', "switches"),
        ('ttq_oda = "2F800080"', '"qp.deferred_auth" = true', "switches"),
    ],
)
def test_a_chosen_ttq_that_cannot_be(ttq: str, switches: str, line: str) -> None:
    """TR-002, TR-005, QP-125: refused at sealing with the line of the key."""
    text = BARE + combination(switches, more=ttq)
    with pytest.raises(UsageError) as refused:
        Terminal.from_toml(text)
    lines = text.split("\n")
    number = int(str(refused.value).split(":")[1])
    wanted = "[combination.switches]" if line == "switches" else line
    assert lines[number - 1].startswith(wanted)


def test_deferring_goes_by_the_ttq_of_oda_cards() -> None:
    """QP-125: the other TTQ need not have ODA for online."""
    found = terminal(combination('"qp.deferred_auth" = true', more=LIMITS + "\n" + CHOSEN))
    assert found.tap(Bench(debit("transit")), "12.50", **FIXED).outcome.may_defer
    assert not found.tap(Bench(debit("credit")), "12.50", **FIXED).outcome.may_defer
