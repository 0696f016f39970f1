"""What PcscReader makes of every PC/SC result, and how a reader is chosen: no stack needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tapkern.errors import CardLost, CardTimeout, ReaderError
from tapkern.readers import pcsc
from tapkern.readers.base import Detection

COMMAND = bytes.fromhex("80CA9F7900")
NAMES = ["ACS ACR1252 [PICC] 00 00", "ACS ACR1252 [SAM] 00 01"]
PRESENT = 0x20


class FakeScard(SimpleNamespace):
    """smartcard.scard with one reader and a card in it; results are set by the test."""

    SCARD_SCOPE_USER, SCARD_SHARE_EXCLUSIVE, SCARD_UNPOWER_CARD = 0, 1, 2
    SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1, SCARD_PCI_T0, SCARD_PCI_T1 = 1, 2, 1, 2
    SCARD_STATE_UNAWARE, SCARD_STATE_CHANGED = 0, 2
    SCARD_STATE_UNKNOWN, SCARD_STATE_UNAVAILABLE = 4, 8
    SCARD_STATE_PRESENT, SCARD_STATE_MUTE = PRESENT, 0x200
    establish = connect = transmit = 0
    states: tuple[int, ...] = (PRESENT,)
    answer: tuple[int, ...] = (0x90, 0x00)

    def __init__(self, **results: Any) -> None:
        super().__init__(released=[], waits=[], **results)

    def SCardEstablishContext(self, scope: int) -> tuple[int, int]:
        return self.establish, 7

    def SCardListReaders(self, context: int, groups: list[str]) -> tuple[int, list[str]]:
        return 0, NAMES

    def SCardGetStatusChange(
        self, context: int, wait_ms: int, known: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        self.waits.append((wait_ms, known[0][1]))
        turn = len(self.waits) - 1
        if turn >= len(self.states):
            return pcsc.TIMEOUT, []
        return 0, [(NAMES[0], self.states[turn], [])]

    def SCardConnect(self, *how: object) -> tuple[int, int, int]:
        return self.connect, 9, self.SCARD_PROTOCOL_T1

    def SCardTransmit(self, card: int, protocol: int, command: list[int]) -> tuple[int, list[int]]:
        return self.transmit, list(self.answer)

    def SCardDisconnect(self, card: int, disposition: int) -> int:
        self.released.append((card, disposition))
        return 0

    def SCardReleaseContext(self, context: int) -> int:
        self.released.append(context)
        return 0

    def SCardGetErrorMessage(self, result: int) -> str:
        return "what the library says"


def reader_on(monkeypatch: pytest.MonkeyPatch, fake: FakeScard) -> pcsc.PcscReader:
    monkeypatch.setattr(pcsc, "_scard", lambda: fake)
    return pcsc.PcscReader("PICC", answer_timeout_ms=1000)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("result", "error", "text"),
    [
        (0x80100016, CardLost, "left the field"),
        (0x80100066, CardLost, "does not respond"),
        (0x80100067, CardLost, "no power"),
        (0x80100068, CardLost, "another program reset"),
        (0x80100069, CardLost, "was removed"),
        (0x8010000C, CardLost, "no card"),
        (0x8010001D, CardLost, "daemon stopped"),
        (0x8010001E, CardLost, "daemon stopped"),
        (0x8010000A, CardTimeout, "did not answer"),
        (0x80100013, CardLost, "what the library says"),
    ],
)
def test_a_failed_transmission_is_a_lost_card(
    monkeypatch: pytest.MonkeyPatch, result: int, error: type[CardLost], text: str, signed: bool
) -> None:
    number = result - (1 << 32) if signed else result
    reader = reader_on(monkeypatch, FakeScard(transmit=number))
    assert reader.detect(1000) is Detection.CARD
    with pytest.raises(CardLost, match=text) as lost:
        reader.transmit(COMMAND)
    assert type(lost.value) is error
    reader.close()


@pytest.mark.parametrize("length", [0, 1, 259])
def test_success_without_a_whole_answer_is_a_lost_card(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    reader = reader_on(monkeypatch, FakeScard(answer=(0x90,) * length))
    assert reader.detect(1000) is Detection.CARD
    with pytest.raises(CardLost, match="no valid answer"):
        reader.transmit(COMMAND)
    reader.close()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (0x8010000B, "another program uses"),
        (0x80100009, "is gone"),
        (0x80100017, "is gone"),
        (0x8010001D, "not running"),
        (0x8010006A, "refuses this user"),
        (0x80100001, "80100001: what the library says"),
    ],
)
def test_a_failed_connection_is_a_reader_error_and_releases(
    monkeypatch: pytest.MonkeyPatch, result: int, text: str
) -> None:
    fake = FakeScard(connect=result)
    reader = reader_on(monkeypatch, fake)
    fake.released.clear()
    with pytest.raises(ReaderError, match=text) as refused:
        reader.detect(1000)
    assert (refused.value.exit_code, refused.value.where) == (3, NAMES[0])
    assert fake.released == [7]
    reader.close()


@pytest.mark.parametrize("result", sorted(pcsc.NO_USABLE_CARD))
def test_a_card_that_cannot_be_talked_to_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, result: int
) -> None:
    fake = FakeScard(connect=result, states=(PRESENT | 0x10002, PRESENT | 0x10002))
    reader = reader_on(monkeypatch, fake)
    assert reader.detect(1000) is Detection.TIMEOUT
    # Each wait names the state seen before, without the mark that it changed: PC/SC then blocks.
    assert [known for _, known in fake.waits] == [0, PRESENT | 0x10000, PRESENT | 0x10000]
    reader.close()


def test_a_mute_card_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_on(monkeypatch, FakeScard(states=(PRESENT | 0x200,)))
    assert reader.detect(1000) is Detection.TIMEOUT
    reader.close()


def test_the_end_of_a_presentment_takes_power_and_context(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeScard()
    reader = reader_on(monkeypatch, fake)
    fake.released.clear()
    assert reader.detect(1000) is Detection.CARD
    assert reader.transmit(COMMAND) == bytes.fromhex("9000")
    reader.field_off(0)
    reader.close()
    reader.close()
    assert fake.released == [(9, fake.SCARD_UNPOWER_CARD), 7]


def test_a_missing_pyscard_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(pcsc, "import_module", absent)
    with pytest.raises(ReaderError) as refused:
        pcsc.PcscReader("any")
    assert "pip install 'tapkern[pcsc]'" in refused.value.hint
    assert "libpcsclite-dev" in refused.value.hint


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(0, 0), ("1", 1), ("picc", 0), ("00 01", 1), (NAMES[1], 1)],
)
def test_a_reader_is_chosen_by_number_name_or_part(wanted: str | int, found: int) -> None:
    assert pcsc.find_reader(wanted, NAMES) == NAMES[found]


@pytest.mark.parametrize(
    ("wanted", "names", "text"),
    [
        ("ACS", NAMES, "2 readers fit"),
        ("", NAMES, "2 readers fit"),
        ("Feig", NAMES, "no such reader"),
        (2, NAMES, "no such reader"),
        ("", [], "no PC/SC reader"),
    ],
)
def test_an_unclear_choice_is_refused(wanted: str | int, names: list[str], text: str) -> None:
    with pytest.raises(ReaderError, match=text) as refused:
        pcsc.find_reader(wanted, names)
    if names:
        assert NAMES[0] in refused.value.hint


def test_a_single_reader_needs_no_name() -> None:
    assert pcsc.find_reader("", NAMES[:1]) == NAMES[0]
