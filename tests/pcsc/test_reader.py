"""PcscReader on a real PC/SC stack, with cards that misbehave."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tapkern.errors import CardLost, CardTimeout, ReaderError, UsageError
from tapkern.readers.base import Detection
from tapkern.readers.pcsc import PcscReader, list_readers
from tests.pcsc.stack import Stack

SELECT_PPSE = bytes.fromhex("00A404000E325041592E5359532E444446303100")
OK = bytes.fromhex("9000")
Insert = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def reader(stack: Stack) -> Iterator[PcscReader]:
    reader = PcscReader(stack.reader, answer_timeout_ms=400)
    yield reader
    reader.close()


def test_a_card_is_found_answers_and_loses_its_power(reader: PcscReader, insert: Insert) -> None:
    assert reader.detect(100) is Detection.TIMEOUT
    insert()
    for _ in range(2):  # the same card, presented twice: field_off ends a presentment
        assert reader.detect(5000) is Detection.CARD
        assert reader.transmit(SELECT_PPSE) == OK
        reader.field_off(0)
        with pytest.raises(CardLost, match="no card"):
            reader.transmit(SELECT_PPSE)
    assert reader.wait_removal(100) is False


def test_waiting_costs_no_processor_time(reader: PcscReader) -> None:
    before = time.process_time()
    assert reader.detect(1000) is Detection.TIMEOUT
    assert time.process_time() - before < 0.1


def test_another_thread_can_end_the_wait(reader: PcscReader) -> None:
    timer = threading.Timer(0.2, reader.cancel)
    timer.start()
    started = time.monotonic()
    assert reader.detect(10_000) is Detection.CANCEL
    assert time.monotonic() - started < 9
    timer.join()


def test_the_wait_ends_when_a_card_comes(reader: PcscReader, insert: Insert) -> None:
    timer = threading.Timer(0.2, insert)
    timer.start()
    assert reader.detect(20_000) is Detection.CARD
    timer.join()


def test_a_short_command_is_never_sent(reader: PcscReader, insert: Insert) -> None:
    insert()
    assert reader.detect(5000) is Detection.CARD
    with pytest.raises(UsageError, match="3 bytes"):
        reader.transmit(SELECT_PPSE[:3])
    assert reader.transmit(SELECT_PPSE[:4]) == OK


@pytest.mark.parametrize("answered", [0, 2])
def test_a_card_that_leaves_is_lost(reader: PcscReader, insert: Insert, answered: int) -> None:
    insert("--leave-after", str(answered))
    assert reader.detect(5000) is Detection.CARD
    for _ in range(answered):
        assert reader.transmit(SELECT_PPSE) == OK
    for _ in range(2):  # while it computes, and from then on
        with pytest.raises(CardLost) as lost:
            reader.transmit(SELECT_PPSE)
        assert not isinstance(lost.value, CardTimeout)
    assert reader.wait_removal(5000) is True


@pytest.mark.parametrize("answer", ["90", "00" * 257 + "9000"])
def test_an_answer_of_impossible_length_is_no_answer(
    reader: PcscReader, insert: Insert, answer: str
) -> None:
    insert("--answer", answer)
    assert reader.detect(5000) is Detection.CARD
    with pytest.raises(CardLost, match="no valid answer"):
        reader.transmit(SELECT_PPSE)


def test_a_mute_card_times_out_and_the_reader_goes_on(
    reader: PcscReader, stack: Stack, insert: Insert
) -> None:
    mute = insert("--mute-after", "1")
    assert reader.detect(5000) is Detection.CARD
    assert reader.transmit(SELECT_PPSE) == OK
    started = time.monotonic()
    with pytest.raises(CardTimeout, match="400 ms"):
        reader.transmit(SELECT_PPSE)
    reader.field_off(0)
    assert time.monotonic() - started < 30, "the card is silent for 60 s"
    assert reader.detect(100) is Detection.TIMEOUT
    with pytest.raises(ReaderError, match="earlier card"):
        reader.detect(100)

    stack.remove(mute)
    insert()
    assert reader.detect(5000) is Detection.CARD
    assert reader.transmit(SELECT_PPSE) == OK


def test_a_mute_card_does_not_hold_the_program_at_its_end(stack: Stack, insert: Insert) -> None:
    insert("--mute-after", "0")
    program = (
        "import sys\n"
        "from tapkern.readers.pcsc import PcscReader\n"
        "reader = PcscReader(sys.argv[1], answer_timeout_ms=200)\n"
        "reader.detect(5000)\n"
        "try:\n"
        "    reader.transmit(bytes(4))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, stack.reader],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == ("CardTimeout\n", "")


def test_a_restarted_daemon_is_met_as_a_new_one(
    reader: PcscReader, stack: Stack, insert: Insert
) -> None:
    insert()
    assert reader.detect(5000) is Detection.CARD
    stack.stop()
    with pytest.raises(CardLost, match="daemon stopped"):
        reader.transmit(SELECT_PPSE)
    with pytest.raises(ReaderError, match="not running"):
        reader.detect(100)

    stack.start()
    insert()
    assert reader.detect(5000) is Detection.CARD
    assert reader.transmit(SELECT_PPSE) == OK


def test_without_daemon_there_is_advice(stack: Stack) -> None:
    name = stack.reader
    stack.stop()
    for call in (list_readers, lambda: PcscReader(name)):
        with pytest.raises(ReaderError) as refused:
            call()
        assert "not running" in refused.value.what
        assert "pcscd" in refused.value.hint


def test_an_unknown_reader_names_the_known_ones(stack: Stack) -> None:
    with pytest.raises(ReaderError) as refused:
        PcscReader("Feig")
    assert refused.value.exit_code == 3
    assert stack.reader in refused.value.hint


def test_a_second_program_is_told_that_the_reader_is_taken(
    reader: PcscReader, insert: Insert
) -> None:
    insert()
    assert reader.detect(5000) is Detection.CARD
    second = PcscReader(reader.name)
    with pytest.raises(ReaderError, match="another program"):
        second.detect(1000)
    assert reader.transmit(SELECT_PPSE) == OK
