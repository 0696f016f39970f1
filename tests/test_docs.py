"""The words of the repository: commands run, samples work, tables say what the code says.

Blocks of a page run in their order, in one folder and one namespace: ```console lines that begin
with `$ tapkern` or `$ ./`, and ```python (not ```python norun). An `$ echo $?` tells the exit code
of the command above it; without one it is 0.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from tapkern import Outcome
from tapkern.card import Card
from tapkern.cli import issuer
from tapkern.cli.demo import SITUATIONS
from tapkern.cli.main import VERBS, main
from tapkern.cli.online import HOSTS
from tapkern.data.bits import tables
from tapkern.issuer import scripts
from tapkern.issuer.reasons import Failure, Reason, code_of
from tapkern.params import fields
from tapkern.params.names import PROFILES, SWITCH_RULES, switches
from tapkern.readers.simulated import SimulatedReader
from tests.taps import card, tap

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *DOCS.glob("*.md")])
PICTURES = sorted(path.relative_to(ROOT).as_posix() for path in DOCS.glob("*.svg"))
NOT_YET = {"explain"}  # verbs that docs/lab.md names as missing

_FENCE = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.M | re.S)
_ID = re.compile(r"\b((?!SHA)[A-Z]{2,4}-\d{3})\b", re.A)


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    option: str
    text: str


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    return [Block(*(part.strip("\n ") for part in found)) for found in _FENCE.findall(read(page))]


def code(page: str) -> Iterator[str]:
    """Every piece of code: lines of shell blocks, and code in the running text."""
    for block in blocks(page):
        if block.language in ("sh", "console"):
            yield from (line.removeprefix("$ ") for line in block.text.split("\n"))
    yield from re.findall(r"`([^`\n]+)`", _FENCE.sub("", read(page)))


def rows(page: str, first: str) -> list[list[str]]:
    """The cells of the table whose first header cell is `first`, without backquotes."""
    lines = read(page).split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return found


def section(page: str, heading: str) -> str:
    return read(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def keys(page: str, heading: str) -> dict[str, str]:
    """key -> tag of the tables of a section of docs/configuration.md that have tags."""
    cells = re.findall(r"^\| `(\w+)` \| ([0-9A-F]{2,6}) \|", section(page, heading), re.M)
    return dict(cells)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder from which the repository's files are reached as from its root."""
    for name in ("examples", "kernel_c", "src"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.unmasked("output", "card show --bytes of the pages")
@pytest.mark.unmasked("file", "the lines that a deny list is made of", "list.csv")
def test_blocks_of_a_page_work(page: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.language == "console":
            run_console(block.text)
        elif block.language == "python":
            compiled = compile(block.text, page, "exec")
            if block.option != "norun":
                exec(compiled, names)
        elif block.language == "c":
            check_c(block.text)
        elif block.language == "toml":
            check_toml(block.text)
        else:
            assert block.language in ("", "sh", "text"), block.language
    capsys.readouterr()


def run_console(text: str) -> None:
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("$ ") or line == "$ echo $?":
            continue
        words = shlex.split(line[2:])
        if words[0] == "tapkern":
            words = [sys.executable, "-m", *words]
        elif words[0] == "cc":
            if not Path("kernel_c/libtapkern.a").exists() or not shutil.which("cc"):
                return  # not built here: make -C kernel_c
        elif not words[0].startswith("./"):
            continue
        told = lines[number + 1 : number + 3]
        expected = int(told[1]) if told[:1] == ["$ echo $?"] else 0
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == expected, f"{line}\n{done.stderr}"


def check_c(text: str) -> None:
    if shutil.which("cc"):
        include = f"-I{ROOT / 'kernel_c/include'}"
        command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", include]
        command += ["-xc", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def check_toml(text: str) -> None:
    table = tomllib.loads(text)
    if "base" in table:
        assert Card.from_toml(text).name is not None
    combination = table.get("combination", {})
    for one in combination if isinstance(combination, list) else [combination]:
        for name, value in one.get("switches", {}).items():
            switches()[name].parse(value)
        for key in one.keys() - {"switches"}:
            assert fields.COMBINATION[key].encode(one[key], 2)


@cache
def usage(*verb: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from tapkern.cli.main import main; sys.exit(main())",
         *verb, "--help"],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_and_option_exists(page: str) -> None:
    for text in code(page):
        for call in re.findall(r"(?:^|/|-m )tapkern +([a-z][^|;&#]*)", text):
            words = shlex.split(call)
            verb = words[0]
            if verb in NOT_YET and page == "docs/lab.md":
                continue
            assert verb in VERBS, text
            if verb in ("card", "config", "keys", "issuer", "denylist", "suite") and len(words) > 1:
                assert re.search(rf"\b{words[1]}\b", usage(verb)), text
            inner = (
                (verb, words[1])
                if verb in ("card", "keys", "issuer", "denylist", "suite") and len(words) > 1
                else (verb,)
            )
            for word in words[1:]:
                if word.startswith("--"):
                    assert re.search(rf"{word}\b", usage(*inner)), f"{text}: {word}"


def test_verbs_that_are_not_there_yet_are_really_not_there() -> None:
    assert not NOT_YET & set(VERBS)


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    for text in code(page):
        for folder, words in re.findall(r"(?:^|\s)make((?: -C \S+)?)((?: +[\w=/.,-]+)*)", text):
            makefile = ROOT / folder.removeprefix(" -C ").strip() / "Makefile"
            for word in words.split():
                if "=" not in word and text.startswith(("make", "$ make", "TAPKERN", "PYTHON")):
                    body = makefile.read_text(encoding="utf-8")
                    for part in re.findall(r"^include (\S+)", body, re.M):
                        body += (makefile.parent / part).read_text(encoding="utf-8")
                    targets = re.findall(r"^([\w -]+):", body, re.M)  # a rule may have several
                    assert word in " ".join(targets).split(), text


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", read(page))):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in slugs, target


def rule_ids() -> set[str]:
    return set(re.findall(r'"([A-Z]+-\d+)"', read("kernel_c/rules.def")))


@pytest.mark.parametrize("page", [*PAGES, *PICTURES])
def test_every_rule_id_exists(page: str) -> None:
    named = set(_ID.findall(read(page)))
    assert named - rule_ids() == set()


def test_prefixes_of_rule_ids() -> None:
    """docs/lab.md names every prefix once, and says which of them decide."""
    deciding, reserved = set(), set()
    for cells in rows("docs/lab.md", "prefix"):
        names = set(cells[0].split(", "))
        assert not names & (deciding | reserved)
        if "reserved" in cells[1]:
            reserved |= names
        else:
            deciding |= names
    assert deciding | reserved == {rule.partition("-")[0] for rule in rule_ids()}
    sources = "".join(p.read_text(encoding="utf-8") for p in ROOT.glob("kernel_c/src/**/*.[ch]"))
    marked = set(re.findall(r"(?:RULE|RULE_GE|REQUIRE|REQUIRE_GE|RULE_ID)\(([A-Z]+)_\d", sources))
    assert marked <= deciding


def test_switches() -> None:
    """The table of docs/configuration.md is kernel_c/switches.def."""
    table = rows("docs/configuration.md", "switch")
    assert [row[0] for row in table] == list(switches())
    for name, values, *presets, rule, _ in table:
        switch = switches()[name]
        assert values == ", ".join(switch.text(n) for n in range(switch.most + 1)), name
        assert rule == SWITCH_RULES[name]
        for number, (cell, preset) in enumerate(zip(presets, switch.defaults, strict=True)):
            fixed = ", fixed" if switch.fixed >> number & 1 else ""
            assert cell == switch.text(preset) + fixed, name
    header = re.search(r"^\| switch \| values \| (.+) \| rule", read("docs/configuration.md"), re.M)
    assert header and header[1].split(" | ") == list(PROFILES)


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("[terminal]", fields.TERMINAL),
        ("[[combination]]", fields.COMBINATION),
        ("[[ca_key]]", fields.CA_KEY),
        ("[[ca_key]] with SM2", fields.SM2_KEY),
        ("[[revoked]]", fields.REVOKED),
        ("[[exception]]", fields.EXCEPTION),
    ],
)
def test_keys_of_the_configuration(heading: str, known: dict[str, fields.Field]) -> None:
    page = "docs/configuration.md"
    assert keys(page, heading) == {key: f"{field.tag:02X}" for key, field in known.items()}
    for key, field in known.items():
        line = next(n for n in section(page, heading).split("\n") if n.startswith(f"| `{key}` "))
        defaulted = key in ("kernel", "profile")
        required = "required" in line or "refused" in line
        assert required == ((field.required and not defaulted) or key == "checksum"), key


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("capabilities", "terminal_capabilities"),
        ("additional_capabilities", "additional_terminal_capabilities"),
        ("ttq", "ttq"),
    ],
)
def test_bit_names(key: str, table: str) -> None:
    found = re.search(rf"Bit names of `{key}`:(.+?)\.( |\n)", read("docs/configuration.md"), re.S)
    assert found
    named = set(re.findall(r"`(\w+)`", found[1]))
    known = set(tables()[table].names)
    if "code_table_1" in named:
        named |= {f"code_table_{number}" for number in range(1, 11)}
    if table == "ttq":
        assert known - named == {"online_cryptogram_required", "cvm_required"}
        known = named & known
    assert named == known


def test_picture_and_table_of_the_states_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/draw_states.py"), "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def draw_states() -> ModuleType:
    import importlib.util

    spec = importlib.util.spec_from_file_location("draw_states", ROOT / "tools/draw_states.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_changed_state_changes_picture_and_table() -> None:
    tool = draw_states()
    text = read("kernel_c/states.def")
    states = tool.parse(text)
    assert len(states) == len(set(states)) == text.count("TAPK_STATE(") - 1  # one in the header
    other = tool.parse(text.replace("E(FOUND) | E(NOT_FOUND)", "E(FOUND)"))
    assert tool.picture(other) != tool.picture(states) and tool.table(other) != tool.table(states)
    less = tool.parse(text.replace("S(LOOKUP) | S(DROP)", "S(DROP)"))
    assert tool.picture(less) != tool.picture(states)
    with pytest.raises(ValueError, match="NOWHERE"):
        tool.parse(text.replace("S(LOOKUP) | S(DROP)", "S(NOWHERE)"))
    with pytest.raises(ValueError, match="TAPK_STATE"):
        tool.parse(text.replace("TAPK_STATE(0, IDLE", "TAPK_STATE(x, IDLE"))


def test_device_table() -> None:
    header = read("kernel_c/include/tapkern/run.h").split("struct tapk_hal {")[1].split("};")[0]
    assert [row[0] for row in rows("docs/firmware.md", "slot")] == re.findall(
        r"\(\*(\w+)\)", header
    )


def test_outcome() -> None:
    page = read("docs/integrator.md")
    for field in dataclasses.fields(Outcome):
        if field.name not in ("reason_number", "status"):
            assert f"`{field.name}`" in page, field.name
    found = next(row for row in rows("docs/integrator.md", "verb") if row[0] == "tapkern demo")
    assert found
    told = page.split("| `tap --json` | ")[1].split("; a replay")[0]
    outcome = tap(SimulatedReader(card())).outcome
    assert re.findall(r"`(\w+)`", told) == list(outcome.to_json())


def test_issuer_page() -> None:
    """Its tables are the code's: files, options, behaviours, reasons with their codes, commands."""
    page = "docs/issuer.md"
    assert {row[0] for row in rows(page, "file")} == set(issuer.FILES)
    options = {row[0] for row in rows(page, "option")}
    assert options == set(re.findall(r"--[a-z-]+", usage("issuer", "new"))) - {"--help", "--json"}
    assert {row[0] for row in rows(page, "`--host`")} == set(HOSTS)
    told = {row[0]: row[2] for row in rows(page, "`failure`")}
    assert told == {failure.value: code_of(failure) for failure in Failure}
    named = re.findall(r"`(\w+)`(?: and `(\w+)`)? (\d\d)", section(page, "What is checked"))
    codes = {name: code for *names, code in named for name in names if name}
    silent = {Reason.APPROVED, Reason.BY_BEHAVIOUR, Reason.NOT_REACHED}
    assert codes == {reason.value: code_of(reason) for reason in set(Reason) - silent}
    commands = " ".join(row[1] for row in rows(page, "in Python"))
    for word in re.findall(r"[a-z-]+(?::[0-9:A-F]+=[0-9A-F]+)?", commands):
        assert scripts.parse(word)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_readme_shows_what_the_demo_shows(page: str) -> None:
    shown = re.findall(r"✓ +(\S+) +(\w+(?: \w+)?)  +(\w+-\d+)", read(page))
    assert shown == [(s.card, s.status.value.replace("_", " "), s.rule) for s in SITUATIONS]


def test_readmes_say_the_same() -> None:
    english, chinese = read("README.md"), read("README.zh-CN.md")
    without_comments = [
        [re.sub(r"#.*", "", block.text) for block in blocks(page)]
        for page in ("README.md", "README.zh-CN.md")
    ]
    assert without_comments[0] == without_comments[1]
    links = [
        [target for target in re.findall(r"\]\(([^)]+)\)", text) if "README" not in target]
        for text in (english, chinese.replace("tap.zh-CN.svg", "tap.svg"))
    ]
    assert set(links[0]) == set(links[1])
    assert len(re.findall(r"^## ", english, re.M)) == len(re.findall(r"^## ", chinese, re.M))
    assert set(_ID.findall(english)) == set(_ID.findall(chinese))


@pytest.mark.parametrize("page", PICTURES)
def test_pictures_are_well_formed_and_fit_light_and_dark(page: str) -> None:
    root = ElementTree.fromstring(read(page))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "prefers-color-scheme: dark" in read(page)
    assert "paper" in read(page)  # a ground of its own, where the style is not understood


def test_both_pictures_of_a_tap_name_the_same_rules() -> None:
    assert _ID.findall(read("docs/tap.svg")) == _ID.findall(read("docs/tap.zh-CN.svg"))


def test_an_unknown_verb_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """What the check of verbs above relies on."""
    assert main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
