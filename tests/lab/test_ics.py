"""Conformance statements: the file, what a configuration uses, and what is refused beyond it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapkern import Terminal, UsageError
from tapkern.cli.main import main
from tapkern.data.bits import tables
from tapkern.data.capabilities import capabilities
from tapkern.params import ConfigError, Ics, load, read_ics
from tapkern.params.ics import check_image, parse_ics, used
from tapkern.params.names import PROFILES, switches
from tests.taps import DEMO, OFFLINE

EXAMPLE = Path("examples/ics.toml")
HEAD = 'product = "P"\nversion = "1"\nprovider = "X"\n'
TERMINAL = """[terminal]
country = 156
currency = "CNY"
capabilities = "E0F8C8"
[[combination]]
aid = "A000000333010101"
"""  # the next line is the 7th


def ics(*names: str) -> Ics:
    listed = ", ".join(f'"{name}"' for name in names)
    return parse_ics(f"{HEAD}capabilities = [{listed}]\n", "i.toml")


EVERYTHING = ics(*capabilities())


def needs(text: str) -> set[str]:
    return {use.capability for use in used(load(text).image)}


def refused(text: str, statement: Ics) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(text, name="t.toml", ics=statement)
    return [str(problem) for problem in error.value.problems]


def test_a_name_says_what_it_is_in_both_languages():
    for name, words in capabilities().items():
        assert words.en and any("一" <= sign <= "鿿" or sign.isupper() for sign in words.zh), name
    assert {f"profile.{name}" for name in PROFILES} <= set(capabilities())


@pytest.mark.parametrize(
    ("settings", "capability"),
    [
        ('profile = "c7"\nttq = ["emv_mode"]', "profile.c7"),
        ('profile = "jrt0025-2013"\nttq = ["emv_mode"]', "profile.jrt0025-2013"),
        ('ttq = ["emv_mode"]', "profile.uics-2018"),
        ("kernel = 3", "other_kernels"),
        ('ttq = ["emv_mode", "mag_stripe"]', "mag_stripe"),
        ('ttq = ["contactless_dc"]', "contactless_dc"),
        ('ttq = ["emv_mode", "contact_chip"]', "contact"),
        ('ttq = ["emv_mode"]', "online"),
        ('ttq = ["emv_mode", "offline_only"]', "offline"),
        ('ttq = ["emv_mode"]\nfloor_limit = "0.01"', "offline"),
        ('ttq = ["emv_mode"]\nterminal_floor_limit = 1', "offline"),
        ('ttq = ["emv_mode", "online_pin"]', "cvm.online_pin"),
        ('ttq = "24000000"', "cvm.online_pin"),  # the same bit in hexadecimal
        ('ttq = ["emv_mode", "signature"]', "cvm.signature"),
        ('ttq = ["emv_mode", "cdcvm"]', "cvm.cdcvm"),
        ('ttq = ["emv_mode", "contact_offline_pin"]', "cvm.contact_offline_pin"),
        ('ttq = ["emv_mode", "oda_for_online"]', "oda.for_online"),
        ('ttq = ["emv_mode", "fdda_01"]', "oda.fdda_01"),
        ('ttq = ["emv_mode", "issuer_update"]', "issuer_update"),
        ('ttq = ["emv_mode"]\nttq_old = "20800000"', "transit"),
        ('ttq = ["emv_mode"]\nttq_oda = "21800000"', "transit"),
        ('ttq = ["emv_mode"]\nttq_oda = "21800000"', "oda.for_online"),
        ('ttq = ["emv_mode"]\nec_limit = "1.00"', "electronic_cash"),
        ('ttq = ["emv_mode"]\nterminal_floor_limit = "1.00"', "electronic_cash"),
        ('ttq = ["emv_mode"]\nstatus_check = true', "status_check"),
        ('ttq = ["emv_mode"]\nextended_selection = true', "extended_selection"),
        ('ttq = ["emv_mode"]\ntypes = ["00", "01"]', "type.cash"),
        ('ttq = ["emv_mode"]\ntypes = ["09"]', "type.cashback"),
        ('ttq = ["emv_mode"]\ntypes = ["20"]', "type.refund"),
        ('ttq = ["emv_mode"]\ntypes = ["17"]', "type.other"),
        ('ttq = ["emv_mode"]\nswitches = {"fd.allow_v00" = true}', "oda.fdda_00"),
        ('ttq = ["emv_mode"]\nswitches = {"tt.recovery" = true}', "torn"),
        ('ttq = ["emv_mode"]\nswitches = {"tt.upload_doubtful" = true}', "torn"),
        (
            'ttq = ["emv_mode", "oda_for_online"]\nswitches = {"qp.deferred_auth" = true}',
            "transit",
        ),
        ('ttq = "20800000"\nswitches = {"ep.start_b_fixed" = true}', "start_b"),
        ('ttq = ["emv_mode"]\nswitches = {"apdu.follow_61_6c" = true}', "get_response"),
        (
            'ttq = ["emv_mode"]\n[[ca_key]]\nfile = "tapkern:params/capk/test.toml"',
            "oda.rsa",
        ),
        (
            'ttq = ["emv_mode"]\n[[ca_key]]\nfile = "tapkern:params/capk/test-sm2.toml"',
            "oda.sm2",
        ),
        (
            'ttq = ["emv_mode"]\n[[revoked]]\nrid = "A000000333"\nindex = "04"\nserial = "000001"',
            "revocation",
        ),
        ('ttq = ["emv_mode"]\n[[exception]]\npan = "6200000000009999999"', "exception_file"),
    ],
)
def test_a_setting_is_refused_without_its_capability_and_taken_with_it(settings, capability):
    text = TERMINAL + settings + "\n"
    assert capability in needs(text)
    everything_else = ics(*(set(capabilities()) - {capability}))
    found = refused(text, everything_else)
    assert found and all(f"needs {capability} (" in problem for problem in found)
    assert load(text, ics=EVERYTHING).image == load(text).image
    with pytest.raises(ConfigError, match=f"needs {capability}"):
        check_image(load(text).image, everything_else)
    check_image(load(text).image, EVERYTHING)


def test_what_is_not_used_is_not_asked_for():
    bare = TERMINAL + 'ttq = ["emv_mode"]\n'
    assert needs(bare) == {"profile.uics-2018", "online", "torn"}
    assert "offline" not in needs(bare + 'floor_limit = "0.00"\n')
    # EP-015: with the floor limit in force, that of the terminal does not count.
    assert "offline" not in needs(bare + 'floor_limit = "0.00"\nterminal_floor_limit = 5000\n')
    least = 'floor_limit = "0.01"\nswitches = {"ep.floor_cmp_ge" = true}\n'
    assert "offline" not in needs(bare + least)
    assert "online" not in needs(TERMINAL + 'ttq = ["emv_mode", "offline_only"]\n')
    assert "status_check" not in needs(bare + "status_check = false\n")
    # A preset of the profile counts, and so does taking it back.
    assert "torn" not in needs(bare + 'switches = {"tt.recovery" = false}\n')


def test_lookup_of_a_program_is_an_exception_file():
    text = TERMINAL.replace("[[comb", "exception_lookup = true\n[[comb") + 'ttq = ["emv_mode"]\n'
    assert refused(text, ics("profile.uics-2018", "online", "torn")) == [
        "t.toml:5: exception_lookup needs exception_file (exception file), which i.toml does not "
        "state; take the setting out, or state the capability if the product has it"
    ]


def test_every_bit_of_the_ttq_is_a_capability_or_computed():
    """A bit that is added to the table needs a capability too."""
    derived = {"emv_mode", "offline_only", "online_cryptogram_required", "cvm_required"}
    for bit in set(tables()["ttq"].names) - derived:
        oda = ', "oda_for_online"' if bit == "contactless_dc" else ""
        found = needs(TERMINAL + f'ttq = ["emv_mode", "{bit}"{oda}]\n')
        assert len(found - {"profile.uics-2018", "online", "torn"}) >= 1, bit


@pytest.mark.parametrize(
    ("text", "statement", "lines"),
    [
        (  # the line of the switch, of the list, of the table for a preset
            TERMINAL + 'ttq = ["emv_mode", "signature"]\n\n[combination.switches]\n'
            '"qp.cdcvm" = true\n"tt.recovery" = true\n',
            ["online"],
            {5: "profile uics-2018", 7: "ttq signature", 11: "switch tt.recovery"},
        ),
        (  # a set of keys is told once, at the line that names it
            TERMINAL + 'ttq = ["emv_mode"]\n[[ca_key]]\nfile = "tapkern:params/capk/test.toml"\n',
            ["online", "profile.uics-2018", "torn"],
            {8: "key RSA"},
        ),
    ],
)
def test_file_and_line_of_every_setting(text, statement, lines):
    found = refused(text, ics(*statement))
    assert len(found) == len(lines)
    for problem, (line, words) in zip(found, lines.items(), strict=True):
        assert problem.startswith(f"t.toml:{line}: {words} needs "), problem


def test_a_terminal_refuses_too():
    statement = ics("profile.uics-2018", "online", "torn")
    with pytest.raises(ConfigError, match=r"floor limit needs offline"):
        Terminal.from_toml(TERMINAL + 'ttq = ["emv_mode"]\nfloor_limit = 5\n', ics=statement)
    terminal = Terminal.from_toml(TERMINAL + 'ttq = ["emv_mode"]\n', ics=statement)
    assert terminal.config_digest == load(TERMINAL + 'ttq = ["emv_mode"]\n').digest.hex()


def test_the_example_and_its_configurations():
    whole, part = read_ics(EXAMPLE), read_ics(f"{EXAMPLE}#countertop")
    assert part.capabilities < whole.capabilities and part.configuration == "countertop"
    assert part.digest == whole.digest and len(whole.digest) == 64
    assert load("examples/terminal.toml", ics=part).digest == load("examples/terminal.toml").digest
    assert load(DEMO, ics=part) and load(OFFLINE, ics=part)
    assert part.to_json()["capabilities"] == sorted(part.capabilities)
    with pytest.raises(ConfigError, match="did you mean countertop"):
        read_ics(f"{EXAMPLE}#counter")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('product = "P"\nversion = "1"\ncapabilities = []\n', 1, "provider is missing"),
        (HEAD, 1, "capabilities must be a list"),
        (HEAD + "capabilities = [1]\n", 4, "capabilities must be a list"),
        (HEAD + 'capabilities = "offline"\n', 4, "capabilities must be a list"),
        (HEAD.replace('"1"', "1") + "capabilities = []\n", 2, "version must be text"),
        (HEAD + "capabilities = []\nvendor = 1\n", 5, "unknown key 'vendor'"),
        (
            HEAD + 'capabilities = [\n  "offline",\n  "oda.sm3",\n]\n',
            6,
            "unknown capability 'oda.sm3'; did you mean oda.sm2?",
        ),
        (
            HEAD + 'capabilities = ["online"]\n[[configuration]]\nname = "1C"\n'
            'capabilities = ["offline"]\n',
            7,
            "offline is not among those of the product",
        ),
        (
            HEAD + 'capabilities = []\n[[configuration]]\nname = "1C"\ncapabilities = []\n'
            '[[configuration]]\nname = "1C"\ncapabilities = []\n',
            9,
            "the configuration '1C' stands twice",
        ),
        (HEAD + "capabilities = []\nconfiguration = 1\n", 5, "configuration must be tables"),
        (HEAD + "capabilities = [\n", 5, "not valid TOML"),
    ],
)
def test_a_wrong_statement_is_refused_with_its_line(text, line, words):
    with pytest.raises(ConfigError) as error:
        parse_ics(text, "i.toml")
    assert str(error.value.problems[0]).startswith(f"i.toml:{line}: {words}"), error.value


def test_a_statement_that_is_not_there():
    with pytest.raises(UsageError, match="there is no such conformance statement file"):
        read_ics("nowhere.toml")


def test_config_check(capsys, tmp_path):
    good = ["config", "check", "examples/terminal.toml", "--ics", str(EXAMPLE)]
    assert main(good) == 0
    statement = tmp_path / "i.toml"
    statement.write_text(HEAD + 'capabilities = ["profile.uics-2018", "online", "offline"]\n')
    assert main([*good[:-1], str(statement)]) == 2
    told = capsys.readouterr().err
    lines = Path("examples/terminal.toml").read_text("utf-8").split("\n")
    ttq = next(n for n, line in enumerate(lines, 1) if line.startswith("ttq = "))
    assert f"examples/terminal.toml:{ttq}: ttq contact_chip needs contact" in told
    keys = [n for n, line in enumerate(lines, 1) if line == "[[ca_key]]"]
    assert [f"terminal.toml:{n}: key RSA needs oda.rsa" in told for n in keys] == [True] * 2
    assert main([*good[:-1], str(statement), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["where"].startswith("examples/terminal.toml:")


def test_tap_and_its_replay(capsys, tmp_path):
    small = tmp_path / "i.toml"
    small.write_text(HEAD + 'capabilities = ["profile.uics-2018", "online"]\n')
    tap = ["tap", "--reader", "sim:debit", "--amount", "12.50"]
    assert main([*tap, "--ics", str(small)]) == 2
    assert "demo.toml:24: ttq contact_chip needs contact" in capsys.readouterr().err
    saved = str(tmp_path / "t.jsonl")
    assert main([*tap, "--ics", str(EXAMPLE), "--save", saved]) == 0
    assert main(["tap", "--reader", f"replay:{saved}", "--ics", str(EXAMPLE)]) == 0
    assert main(["tap", "--reader", f"replay:{saved}", "--ics", str(small)]) == 2
    assert "configuration image, entry 1" in capsys.readouterr().err


def test_every_switch_that_opens_something_is_known():
    """The names in params.ics are switches of the kernel."""
    from tapkern.params import ics as module

    assert set(module._SWITCHES) <= set(switches())
    assert set(module._TTQ_BITS) <= set(tables()["ttq"].names)


def test_the_page_lists_every_capability():
    page = Path("docs/lab.md").read_text("utf-8")
    listed = [line.split(" | ") for line in page.split("\n") if line.startswith("| `")]
    told = {row[0].strip("| `"): row[1:3] for row in listed if len(row) == 4}
    words = {name: [text.en, text.zh] for name, text in capabilities().items()}
    assert {name: told.get(name) for name in words} == words
