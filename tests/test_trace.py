"""Transcripts: whole, private, repeatable; redacted without the card number."""

from __future__ import annotations

import json
import os
import stat

import pytest

from tapkern import Event, Status, StepKind, UsageError
from tapkern.errors import ReplayDifference, TranscriptError
from tapkern.trace import Recorder, read_transcript, replay
from tapkern.trace.redact import redact_tlv
from tapkern.trace.transcript import parse_transcript
from tests import taps
from tests.taps import FIXED, Bench, tap


def record(reader: Bench | None = None, amount: str = "12.50", **more) -> Recorder:
    recorder = Recorder(configuration="demo", reader="bench")
    tap(reader or Bench(taps.card()), amount, on_step=recorder, **more)
    return recorder


def text_of(recorder: Recorder, *, redacted: bool = False) -> str:
    return "".join(json.dumps(line) + "\n" for line in recorder.lines(redacted=redacted))


def play(text: str, **more):
    return replay(parse_transcript(text, "t"), **more)


def changed(text: str, number: int, change, key: str = "response") -> str:
    """The transcript with one answer or command changed."""
    lines = [json.loads(line) for line in text.splitlines()]
    line = next(line for line in lines if line.get("index") == number)
    line[key] = change(bytearray.fromhex(line[key])).hex()
    return "".join(json.dumps(line) + "\n" for line in lines)


def flip(at: int):
    def change(data: bytearray) -> bytearray:
        data[at] ^= 0x01
        return data

    return change


def test_file_is_private_and_whole(tmp_path):
    path = tmp_path / "tap.jsonl"
    path.write_text("old")
    path.chmod(0o644)
    recorder = record()
    recorder.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["tap.jsonl"]
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    header, *_, outcome = lines
    assert header["sensitive"] is True and header["version"] == 1
    assert header["transaction"]["amount"] == 1250
    assert header["configuration"]["image"] == taps.image().hex().upper()
    assert [line["index"] for line in lines if line["type"] == "apdu"] == list(range(1, 8))
    assert {line["type"] for line in lines} == {"header", "step", "apdu", "rule", "outcome"}
    assert {"rule": "QP-120", "kind": "rule", "truth": 1, "type": "rule"} in lines
    assert outcome["outcome"] == "approved" and outcome["rules_lost"] == 0


def test_file_that_cannot_be_written(tmp_path):
    recorder = record()
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "nope" / "t.jsonl", tmp_path / "folder"):
        with pytest.raises(UsageError):
            recorder.save(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError):
        recorder.save(tmp_path / "pipe")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder", "pipe"]


def test_recorder_takes_one_tap():
    recorder = record()
    with pytest.raises(UsageError):
        tap(Bench(), on_step=recorder)
    with pytest.raises(UsageError):
        Recorder().lines()


@pytest.mark.parametrize(
    ("reader", "more"),
    [
        (lambda: Bench(taps.card()), {}),
        (lambda: Bench(taps.card("forged")), {}),
        (lambda: Bench(taps.card("credit")), {"amount": "128.00"}),
        (lambda: Bench(taps.card("low-balance")), {"config": taps.OFFLINE}),
        (lambda: Bench(taps.card(), leave=3), {}),
        (lambda: Bench(taps.card(), mute=7), {}),
        (lambda: Bench(taps.card("multi")), {}),
        (lambda: Bench(taps.card(), change=lambda n, c, a: b"\x6f\x00"), {}),
    ],
    ids=["approved", "forged", "online", "declined", "left", "mute", "multi", "refused"],
)
def test_replay_is_identical(tmp_path, reader, more):
    recorder = record(reader(), **more)
    recorder.save(tmp_path / "t.jsonl")
    transcript = read_transcript(tmp_path / "t.jsonl")
    again = Recorder(configuration="demo", reader="bench")
    result = replay(transcript, on_step=again)
    assert result.identical, result.differences
    assert again.lines() == recorder.lines()  # rules and times too


def test_replay_with_the_answer_of_the_host():
    recorder = Recorder()
    terminal = taps.terminal()
    found = terminal.tap(Bench(taps.card("credit")), "128.00", on_step=recorder, **FIXED)
    found.complete("05")
    text = text_of(recorder)
    outcomes = [json.loads(line) for line in text.splitlines() if '"type": "outcome"' in line]
    assert [outcome["outcome"] for outcome in outcomes] == ["online_request", "declined"]
    result = play(text)
    assert result.identical and result.tap.outcome.reason == "host_declined"
    other = play(text.replace('"answer": "3035"', '"answer": "3030"'))
    assert other.tap.outcome.reason == "host_approved" and not other.identical


def test_changed_answer_changes_the_result():
    text = text_of(record())
    lines = [json.loads(line) for line in text.splitlines()]
    gpo = next(line for line in lines if line.get("index") == 3)["response"]
    at = gpo.index("9F4B8180") // 2 + 4  # first byte of the signature
    result = play(changed(text, 3, flip(at)))
    assert result.tap.outcome.status is Status.DECLINED and result.tap.outcome.rule == "QP-123"
    assert not result.identical
    assert any(
        line.startswith("outcome: declined, recorded approved") for line in result.differences
    )
    # A card that does not answer any more: fewer commands, another outcome, no error.
    result = play(changed(text, 1, lambda data: bytearray(b"\x6a\x82")))
    assert result.tap.outcome.status is Status.END_APPLICATION
    assert "6 recorded commands were not sent" in result.differences


@pytest.mark.parametrize(("number", "at"), [(1, 1), (2, 5), (3, 0), (3, 12), (7, 2)])
def test_first_difference_is_named(number, at):
    with pytest.raises(ReplayDifference) as error:
        play(changed(text_of(record()), number, flip(at), "command"))
    assert (error.value.index, error.value.offset) == (number, at)
    assert error.value.where.startswith("t:") and f"command {number} differs" in str(error.value)
    assert error.value.exit_code == 1


def test_another_amount_differs_in_gpo():
    text = text_of(record()).replace('"amount": 1250', '"amount": 1251')
    with pytest.raises(ReplayDifference) as error:
        play(text)
    assert (error.value.index, error.value.offset) == (3, 16)  # last byte of 9F02


def test_kernel_wants_more_than_was_recorded():
    text = "".join(
        line + "\n" for line in text_of(record()).splitlines() if '"index": 7' not in line
    )
    with pytest.raises(ReplayDifference) as error:
        play(text)
    assert "no further command" in str(error.value)


def test_event_that_does_not_fit():
    with pytest.raises(TranscriptError) as error:
        play(text_of(record()).replace('"event": "card"', '"event": "host"'))
    assert error.value.where.startswith("t:")


# --- redaction --------------------------------------------------------------------------------


def test_redacted_leaves_nothing_of_the_card_number(tmp_path):
    def lookup(pan: str, psn: int | None) -> bool:
        return False

    text = taps.DEMO.read_text("utf-8").replace(
        "[terminal]\n", "[terminal]\nexception_lookup = true\n"
    )
    text = text.replace(
        "receipt = true\n",
        'receipt = true\n[combination.switches]\n"tt.upload_doubtful" = true\n',
        1,
    )
    digits = "6200009876543212348"
    text += f'[[exception]]\npan = "{digits}"\npsn = 9\n'
    card = taps.Card.from_toml(f'base = "debit"\ntitle = "x"\n[[application]]\npan = "{digits}"\n')
    recorder = Recorder()
    terminal = taps.Terminal.from_toml(text)
    found = terminal.tap(
        Bench(card), "1.00", on_step=recorder, lookup=lookup, store=lambda record: True, **FIXED
    )
    assert found.outcome.approved
    whole, redacted = text_of(recorder), text_of(recorder, redacted=True)
    assert (
        whole.count(digits) == 8
    )  # 57, 5A, lookup, kept record twice, data record, exception file
    for form in (digits, digits.encode().hex(), digits[6:15], digits[:8], digits[9:]):
        assert form not in redacted
    for tag in (0x9F46, 0x5F20, 0x9F1F):
        value = found.tags.get(tag)
        assert value is None or value.hex().upper() not in redacted
    header = json.loads(redacted.splitlines()[0])
    assert header["sensitive"] is False and "cannot replay authentication" in header["redacted"]
    assert header["configuration"]["image"] is None  # its exception file holds card numbers
    assert "620000*********2348" in redacted
    recorder.save(tmp_path / "r.jsonl", redacted=True)
    assert stat.S_IMODE((tmp_path / "r.jsonl").stat().st_mode) == 0o600
    assert digits[:8] not in (tmp_path / "r.jsonl").read_text("utf-8")


def test_redacted_keeps_lengths_and_the_flow():
    recorder = record()
    whole, redacted = recorder.lines(), recorder.lines(redacted=True)
    assert len(whole) == len(redacted)
    for one, other in zip(whole, redacted, strict=True):
        assert one["type"] == other["type"] and one.get("command") == other.get("command")
        if "response" in one:
            assert len(str(one["response"])) == len(str(other["response"]))
    text = text_of(recorder, redacted=True)
    with pytest.raises(TranscriptError) as error:
        play(text)
    assert "holds no configuration" in str(error.value)
    result = play(text, image=taps.image())
    assert result.tap.outcome.commands == 7
    assert result.tap.outcome.rule == "QP-123"  # never an approval


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5A0A6200000000000001016F", "5A0A0000000000000000000F"),
        ("5F2003414243", "5F2003000000"),
        ("9F46021234", "9F46020000"),
        ("93021234", "93020000"),
        ("70055A0362000F", "70055A0300000F"),
        ("5A026A1F", "5A020000"),
        ("5A02", "0000"),  # not well-formed: all of it
        ("9F26081122334455667788", "9F26081122334455667788"),
        ("DF7E0A6200000000000001016F", "DF7E0A00000000000000000000"),  # unknown, but like a PAN
        ("DF7E03010203", "DF7E03010203"),
    ],
)
def test_redact_tlv(before, after):
    assert redact_tlv(bytes.fromhex(before)).hex().upper() == after


def test_redacted_track_2_keeps_its_form():
    track = bytes.fromhex("57116200000000000001016D4912220123456789")
    found = redact_tlv(track[:2] + track[2:19])
    assert found.hex().upper() == "5711" + "0" * 19 + "D4912220" + "0" * 7


def test_redacted_log_records():
    lines = record().lines()
    step = next(line for line in lines if line.get("index") == 4)
    step["command"] = "00B2015C00"  # record 1 of file 11
    step["response"] = "260101120000000000001250" + taps.PAN + "0" + "9000"
    from tapkern.trace.redact import redact

    found = next(line for line in redact(lines) if line.get("index") == 4)
    assert found["response"] == "00" * 22 + "9000"


# --- files that do not fit --------------------------------------------------------------------

GOOD = None


def good() -> str:
    global GOOD
    GOOD = GOOD or text_of(record())
    return GOOD


def without(key: str, part: str | None = None):
    def change(text: str) -> str:
        first, rest = text.split("\n", 1)
        header = json.loads(first)
        del (header[part] if part else header)[key]
        return json.dumps(header) + "\n" + rest

    return change


def with_value(value, *keys: str):
    def change(text: str) -> str:
        first, rest = text.split("\n", 1)
        header = json.loads(first)
        inner = header
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
        return json.dumps(header) + "\n" + rest

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "", "empty"),
        (lambda text: "hello\n", "not a line of JSON"),
        (lambda text: "[" * 100000, "not a line of JSON"),
        (lambda text: "[1]\n", "not a JSON object"),
        (lambda text: "{}\n", "not a tapkern transcript"),
        (lambda text: text.split("\n", 1)[1], "not a tapkern transcript"),
        (with_value(2, "version"), "transcript version 2"),
        (with_value("other", "format"), "not a tapkern transcript"),
        (without("transaction"), "transaction is missing"),
        (without("date", "transaction"), "lacks a field"),
        (with_value(1.5, "transaction", "amount"), "amount must be"),
        (with_value("x", "transaction", "purpose"), "unknown purpose"),
        (with_value(1, "transaction", "colour"), "unknown one"),
        (without("began_ms"), "began_ms is missing"),
        (with_value(-1, "began_ms"), "out of range"),
        (with_value("00", "random"), "must be 8 bytes"),
        (with_value("zz", "configuration", "image"), "not hexadecimal"),
        (with_value("00", "configuration", "image"), "not a sealed configuration image"),
        (with_value("00", "configuration", "digest"), "does not have the digest"),
        (without("kernel"), "kernel is missing"),
        (lambda text: text + '{"type": "poem"}\n', "unknown kind of line 'poem'"),
        (lambda text: text.replace('"event": "card"', '"event": "dog"'), "unknown step or event"),
        (lambda text: text.replace('"step": "detect"', '"step": "dance"'), "unknown step or event"),
        (lambda text: text.replace('"response"', '"reply"', 1), "response is missing"),
        (lambda text: text.replace('"sent_ms": 1000', '"sent_ms": "x"', 1), "sent_ms is missing"),
        (lambda text: text[: len(text) // 2], "not a line of JSON"),
    ],
)  # fmt: skip
def test_transcript_that_does_not_fit(change, words):
    with pytest.raises(TranscriptError) as error:
        parse_transcript(change(good()), "t")
    assert words in str(error.value) and str(error.value).startswith("t")
    assert error.value.exit_code == 2 and "\n" not in str(error.value)


def test_unknown_fields_are_ignored():
    text = good().replace('"type": "apdu"', '"type": "apdu", "note": 1')
    assert play(text).identical


def test_exchanges_are_steps_with_their_events():
    seen = []
    tap(Bench(taps.card()), on_step=lambda tap, exchange: seen.append(exchange))
    assert [exchange.event for exchange in seen[:3]] == [Event.DONE, Event.CARD, Event.ANSWER]
    assert seen[2].kind is StepKind.TRANSMIT and seen[2].request[1] == 0xA4
    assert [exchange.trace_end for exchange in seen] == sorted(e.trace_end for e in seen)
