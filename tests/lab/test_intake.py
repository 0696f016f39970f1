"""A recorded tap becomes a case that replays, with or without its card number."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tapkern import Detection, Terminal, UsageError
from tapkern.cli.main import main
from tapkern.data import mask
from tapkern.data.codes import Text
from tapkern.lab import suite
from tapkern.lab.checks import judge, verdict
from tapkern.lab.intake import REDACTED, Recording, record
from tapkern.lab.stand import Observed, observe
from tapkern.lab.subjects import OurKernel
from tapkern.params import load
from tapkern.readers.base import Reader
from tapkern.trace import Recorder
from tests import taps
from tests.taps import DEMO, Bench, constant_random

Document = dict[str, Any]
TITLE = Text("A recorded tap", "录制的交易")
EXAMPLE = Path("examples/recorded-online.json")


def saved(
    folder: Path, reader: Reader, *, config: Path | str = DEMO, host: str | None = None,
    redacted: bool = False, amount: int = 1250, **more: Any,
) -> Path:  # fmt: skip
    """The transcript of a tap."""
    recorder = Recorder(configuration="test", reader=reader.name)
    options = {**taps.FIXED, "on_step": recorder, **more}
    tap = Terminal.from_toml(config, trace=4096).tap(reader, amount, **options)
    if host is not None:
        tap.complete(host or None)
    path = folder / "t.jsonl"
    recorder.save(path, redacted=redacted)
    return path


def answers(path: Path) -> list[str]:
    """What the card said."""
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return [line["response"] for line in lines if "response" in line]


def made(path: Path, **more: Any) -> Document:
    return record(Recording(path=path, id="QP-LZJY-0001", title=TITLE, **more))


def run(document: Document) -> tuple[str, Observed]:
    """The verdict of the only case, and what was seen."""
    (case,) = suite.parse(document, "s.json").cases
    assert isinstance(case, suite.Case)
    kernel = OurKernel()
    observed = observe(kernel, case)
    return verdict(observed, judge(case, observed, kernel.hello().tells))[0], observed


def expected(document: Document, field: str, when: str = "outcome") -> Document:
    """The check on a field."""
    return next(
        check
        for check in document["cases"][0]["expect"]
        if check.get("field") == field and check.get("when", "outcome") == when
    )


def commands(document: Document) -> list[str]:
    found: list[str] = next(
        check["apdus"] for check in document["cases"][0]["expect"] if "apdus" in check
    )
    return found


# --- the real card -------------------------------------------------------------------------------


class Logged(Bench):
    """The card of the log: its answers in their order."""

    name = "log"

    def __init__(self, log: Document) -> None:
        super().__init__()
        self._log = log

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        pair = self._log["apdu"][len(self.commands) - 1]
        assert command.hex().upper() == pair["command"]
        return bytes.fromhex(pair["response"])


def real(folder: Path) -> Path:
    """The transcript of the logged tap of a real UnionPay card, sent byte for byte as logged."""
    log = taps.real_log()
    config = """
[terminal]
country = 156
currency = "CNY"
capabilities = "E0F8C8"

[[combination]]
aid = "A000000333010101"
ttq = "36000000"
transaction_limit = 100000
cvm_limit = 100000
floor_limit = 0
"""
    return saved(
        folder, Logged(log), config=config, amount=int(log["terminal"]["9F02"]),
        date=log["terminal"]["9A"], time="163621",
        random=constant_random(bytes.fromhex(log["terminal"]["9F37"])), clock=lambda: 1000,
    )  # fmt: skip


def test_the_logged_tap_of_a_real_card(tmp_path):
    log = taps.real_log()
    document = made(real(tmp_path))
    result, observed = run(document)
    assert result == "pass"
    assert [one.command for one in observed.taps[0].exchanges] == [
        pair["command"] for pair in log["apdu"]
    ]
    assert expected(document, "outcome")["is"] == "online_request"
    assert expected(document, "balance")["is"] == int(log["known"]["balance"])
    text = json.dumps(document)
    assert "6299999999999999" not in text  # the log masks it; even so it does not stay
    assert "0000000000000000" in text and document["cases"][0]["flags"] == [REDACTED]


def test_the_example_is_that_tap(tmp_path):
    title = Text("A real debit card asks to go online", "真实借记卡请求联机")
    document = record(Recording(path=real(tmp_path), id="QP-LZJY-0001", title=title))
    example = json.loads(EXAMPLE.read_text("utf-8"))
    for one in (document, example):  # the day's kernel and image
        del one["made_by"], one["cases"][0]["verified_by"]
    assert example == document


# --- what may happen to a tap --------------------------------------------------------------------


class Scripted(Bench):
    """A reader whose presentments each have a bench of their own."""

    name = "scripted"

    def __init__(self, benches: Sequence[Bench], detections: Sequence[Detection] = ()) -> None:
        super().__init__(detections=list(detections))
        self._coming = list(benches)
        self._now = self._coming[0]

    def detect(self, timeout_ms: int) -> Detection:
        found = self.detections.pop(0) if self.detections else Detection.CARD
        if found is Detection.CARD and self._coming:
            self._now = self._coming.pop(0)
        if found is Detection.CARD:
            self._now.card.reset()
        return found

    def transmit(self, command: bytes) -> bytes:
        return self._now.transmit(command)


LOOKUP = """
[terminal]
country = 156
currency = "CNY"
capabilities = "E0F8C8"
exception_lookup = true
[[combination]]
aid = "A000000333010101"
ttq = ["emv_mode", "fdda_01"]
floor_limit = "200.00"
[[ca_key]]
file = "tapkern:params/capk/test.toml"
"""
OTHER = "6200000000000000099"
LISTED = LOOKUP.replace("exception_lookup = true", "") + (
    f'[[exception]]\npan = "{taps.PAN}"\n[[exception]]\npan = "{OTHER}"\n'
)

SITUATIONS: dict[str, dict[str, Any]] = {
    "approved": {"reader": Bench},
    "balance before": {"reader": lambda: Bench(taps.card("low-balance"))},
    "online, approved": {"reader": lambda: Bench(taps.card("credit")), "host": "00"},
    "online, refused": {"reader": lambda: Bench(taps.card("credit")), "host": "51"},
    "online, silent": {"reader": lambda: Bench(taps.card("credit")), "host": ""},
    "left at SELECT": {"reader": lambda: Scripted([Bench(leave=2), Bench()])},
    "left twice": {"reader": lambda: Scripted([Bench(leave=1), Bench(leave=3), Bench()])},
    "left at GPO, then at once": {
        "reader": lambda: Scripted([Bench(leave=3), Bench(leave=1), Bench()])
    },
    "mute at GPO": {"reader": lambda: Scripted([Bench(mute=3), Bench(), Bench()])},
    "left at a record": {"reader": lambda: Scripted([Bench(leave=4)] * 4)},
    "two cards": {
        "reader": lambda: Scripted([Bench()], [Detection.COLLISION, Detection.CARD]),
    },
    "no card": {"reader": lambda: Bench(detections=[Detection.TIMEOUT])},
    "in the exception file": {"reader": Bench, "config": LISTED},
    "looked up": {"reader": Bench, "config": LOOKUP, "lookup": lambda pan, psn: False},
    "found": {"reader": Bench, "config": LOOKUP, "lookup": lambda pan, psn: True},
    "nobody to ask": {"reader": Bench, "config": LOOKUP},
    "kept": {"reader": Bench, "store": lambda record: None},
    "torn, comes back": {
        "reader": lambda: (
            Scripted([Bench(leave=6, card=card), Bench(card=card)])
            if (card := taps.card())
            else None
        ),
        "store": lambda record: None,
    },
    "not kept": {"reader": Bench, "store": lambda record: False},
}


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "redacted"])
@pytest.mark.parametrize("name", SITUATIONS)
def test_what_happened_happens_again(tmp_path, name, whole):
    options = dict(SITUATIONS[name])
    reader = options.pop("reader")()
    path = saved(tmp_path, reader, **options)
    document = made(path, whole=whole)
    result, observed = run(document)
    assert result == "pass"
    case = document["cases"][0]
    assert ("host" in case) == ("host" in options)
    assert bool(observed.taps[0].after_host) == ("host" in options)
    text = json.dumps(document)
    numbers = mask.find_pans(bytes.fromhex("".join(answers(path))))
    assert len(numbers) >= (name != "no card")
    for number in numbers:
        assert (number in text) == whole
    assert OTHER not in text or whole  # another card of the exception file


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_transcript_says_what_is_expected(tmp_path, name):
    """Nothing that the recording tells is left out of a whole case."""
    options = dict(SITUATIONS[name])
    path = saved(tmp_path, options.pop("reader")(), **options)
    document = made(path, whole=True)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    outcome, *after = [line for line in lines if line["type"] == "outcome"]
    for field in ("outcome", "reason", "rule", "cvm", "oda", "approval_code", "receipt", "start"):
        assert expected(document, field)["is"] == outcome[field]
        if after:
            assert expected(document, field, "after_host")["is"] == after[0][field]
    sent = [line["command"] for line in lines if line["type"] == "apdu"]
    assert len(commands(document)) == len(sent)
    shown = [line["ui"]["message"] for line in lines if "ui" in line]
    told = [check["ui"] for check in document["cases"][0]["expect"] if "ui" in check]
    assert [name for names in told for name in names] == shown
    balance = expected(document, "balance")["is"]
    assert balance == (outcome["balance"] and int(Decimal(outcome["balance"]) * 100))


def test_each_presentment_is_a_card_of_its_own(tmp_path):
    reader = Scripted([Bench(leave=2), Bench()], [Detection.COLLISION])
    clock = iter(range(1000, 10**6, 70))
    document = made(saved(tmp_path, reader, clock=lambda: next(clock)))
    case = document["cases"][0]
    assert (case["card"], case["others"]) == ("card-1", ["card-2"])
    around = case["surroundings"]
    assert around["who"] == [0, 1] and around["detections"] == ["collision", "card", "card"]
    assert len(around["waits"]) == 3 and all(wait > 0 for wait in around["waits"])
    assert case["mutations"] == [
        {"kind": "leave", "at": "any", "nth": 2, "from": 1, "before": True}
    ]


def test_random_numbers_of_a_real_reader_differ(tmp_path):
    """Every event brings fresh bytes; the last GET PROCESSING OPTIONS gives those of the case, and
    the card's signature covers them."""
    numbers = iter(range(1, 1000))
    reader = Scripted([Bench(leave=4), Bench()])
    random = {"random": lambda: next(numbers).to_bytes(4, "big") + bytes(4)}
    document = made(saved(tmp_path, reader, **random), whole=True)
    assert run(document)[0] == "pass"
    gpo = [command for command in commands(document) if command.startswith("80A8")]
    assert len(gpo) == 2 and "????????" in gpo[0] and "?" not in gpo[1]
    assert "recorded" not in document["cases"][0]  # it has two unpredictable numbers


# --- redaction -----------------------------------------------------------------------------------


def test_an_authenticated_card_without_its_number_is_refused_and_no_more(tmp_path):
    document = made(saved(tmp_path, Bench()))
    case = document["cases"][0]
    assert [{k: v for k, v in check.items() if k != "id"} for check in case["expect"][:2]] == [
        {"field": "outcome", "is_not": "approved"},
        {"field": "oda", "is_not": "successful"},
    ]
    assert "ended with approved (approved_offline)" in document["flags"][REDACTED]["en"]
    assert "不被批准" in document["flags"][REDACTED]["zh"]
    _, observed = run(document)
    assert observed.taps[0].outcome["outcome"] == "declined"
    # The check can fail: the whole card is approved.
    whole = made(saved(tmp_path, Bench()), whole=True)
    whole["cases"][0]["expect"] = case["expect"]
    assert run(whole)[0] == "fail"


def test_a_redacted_transcript_needs_its_configuration(tmp_path):
    path = saved(tmp_path, Bench(taps.card("credit")), redacted=True)
    with pytest.raises(UsageError, match="redacted transcript holds no configuration; give it"):
        made(path)
    with pytest.raises(UsageError, match="there is no whole one"):
        made(path, whole=True, configuration=load(DEMO).image)
    document = made(path, configuration=load(DEMO).image)
    assert run(document)[0] == "pass" and document["cases"][0]["flags"] == [REDACTED]
    unredacted = made(saved(tmp_path, Bench(taps.card("credit"))))
    assert document["cases"][0]["expect"] == unredacted["cases"][0]["expect"]


# --- what cannot be a case -----------------------------------------------------------------------


def test_an_altered_recording_is_refused(tmp_path):
    """A transcript that this kernel does not repeat is no case."""
    path = saved(tmp_path, Bench())
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    wrong = copy.deepcopy(lines)
    next(line for line in wrong if line["type"] == "outcome")["rule"] = "QP-123"
    path.write_text("\n".join(map(json.dumps, wrong)))
    with pytest.raises(UsageError, match="does not replay as a case: check 3, rule"):
        made(path, whole=True)
    gpo = [line for line in lines if line["type"] == "apdu"][2]
    gpo["command"] = gpo["command"].replace("000000001250", "000000001251")
    path.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(UsageError, match="the transcript has no answer to 80A8"):
        made(path, whole=True)


def test_a_tap_without_an_end(tmp_path):
    path = saved(tmp_path, Bench())
    lines = [
        line for line in path.read_text("utf-8").splitlines() if '"type": "outcome"' not in line
    ]
    path.write_text("\n".join(lines))
    with pytest.raises(UsageError, match="the transcript has no outcome"):
        made(path)
    path = saved(tmp_path, Bench(detections=[Detection.CANCEL]))
    with pytest.raises(UsageError, match=r"t.jsonl:\d+: the tap was cancelled"):
        made(path)


# --- the command line ----------------------------------------------------------------------------


def test_the_command_line(tmp_path, capsys):
    path, out = saved(tmp_path, Bench(taps.card("credit"))), tmp_path / "case.json"
    call = ["suite", "record", str(path), "--id", "QP-LZJY-0001", "--title", "Online", "-o"]
    assert main([*call, str(out), "--title-zh", "联机"]) == 0
    told = capsys.readouterr()
    assert "it passes on this kernel" in told.out and "are zeros" in told.err
    (loaded,) = suite.load([out])
    assert loaded.cases[0].title == {"en": "Online", "zh": "联机"}
    assert loaded.cases[0].source == "recorded" and loaded.name == "recorded-qp-lzjy-0001"
    assert out.stat().st_mode & 0o777 == 0o644
    assert main([*call, str(out), "--whole", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["id"] == "QP-LZJY-0001" and found["checks"] > 10 and found["flags"] == []
    assert out.stat().st_mode & 0o777 == 0o600  # it holds a card number
    assert main([*call[:4], "wrong", *call[5:], str(out)]) == 2
    assert "'wrong' is no id of a case" in capsys.readouterr().err
    assert main([*call, str(tmp_path / "no" / "case.json")]) == 2
