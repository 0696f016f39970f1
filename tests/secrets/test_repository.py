"""The scan of the repository (`python -m tests.secrets`, in `make lint`) fails where it has to."""

from __future__ import annotations

import subprocess

import pytest

from tests.secrets.certificates import Opener
from tests.secrets.repository import Allowed, scan, scan_all, text_of

FOREIGN = "476173" + "9001010010"
KEY = "-----BEGIN EC PRIVATE " + "KEY-----\n"


def found(text: str, name: str = "docs/page.md") -> list[str]:
    return [str(finding) for finding in scan(name, text, Opener(), Allowed.read())]


def test_a_foreign_number_is_a_finding_and_is_masked_in_it():
    assert found(f"x\ncard {FOREIGN}\n{FOREIGN}") == [
        "docs/page.md:2: card number 476173******0010 (digits), neither synthetic nor listed"
    ]


def test_a_number_that_only_begins_like_ours_is_a_finding():
    assert found("5A0A" + "6200001234" + "000000001F")


def test_synthetic_and_published_numbers_are_none():
    assert not found("62000000" + "00000001016, 5A0862" + "99999999999999")


def test_bytes_that_are_no_text_are_read():
    data = b"\0\x5a\x08" + bytes.fromhex(FOREIGN) + b"\xff"
    assert found(text_of(data))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/key.pem", KEY),
        ("docs/page.md", KEY),
        ("tests/data/more.toml", 'p = "' + "A1" * 32 + '"'),
        ("tests/data/more.json", '{"private_key": "' + "A1" * 32 + '"}'),
    ],
)
def test_a_private_key_is_a_finding(name, text):
    assert len(found(text, name)) == 1


def test_private_keys_may_stand_where_the_list_says():
    assert not found('p = "' + "A1" * 32 + '"', "src/tapkern/issuer/keys/pool.toml")


def test_an_entry_that_nothing_needs_is_told():
    allowed = Allowed.read()
    assert len(allowed.unneeded()) == sum(map(len, allowed.document.values()))
    assert allowed.number("62000000" + "00000001016") and "6200000000" not in allowed.unneeded()


def test_an_entry_needs_a_reason(tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text('[[synthetic]]\ndigits = "62"\nwhy = " "\n')
    with pytest.raises(KeyError):
        Allowed.read(path)


@pytest.mark.unmasked("file", "a number that the scan has to find", "src/x.py")
def test_a_planted_number_is_found_in_a_folder_without_git(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "x.py").write_text(f"PAN = '{FOREIGN}'\n")
    count, findings = scan_all(tmp_path)
    assert count == 1 and "src/x.py:1" in str(findings[0])
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("src\n")
    assert scan_all(tmp_path)[0] == 1
