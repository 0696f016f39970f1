"""SM2 verification by gmssl, the pure Python package from PyPI; not required.

It is called as its documentation says, with the default identity. Key objects and hexadecimal
signatures, which it wants, are made beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from benches.chains import Operation

NAME = "gmssl"
Check = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Sm2Peer:
    """checks: a verification for each operation. problem says why there are none, "" if not."""

    label: str
    checks: tuple[Check, ...]
    problem: str = ""


def sm2_peer(operations: tuple[Operation, ...]) -> Sm2Peer:
    """The peer, or what is wrong with it: not there, refuses a signature, takes an altered one."""
    try:
        label = f"{NAME} {version(NAME)}"
        load = import_module(f"{NAME}.sm2").CryptSM2
    except (ImportError, PackageNotFoundError):
        return Sm2Peer(NAME, (), f"not installed: pip install {NAME}")

    def check(signature: bytes, point: bytes, message: bytes) -> Check:
        verify = load(private_key="", public_key=point.hex()).verify_with_sm3
        text = signature.hex()
        return lambda: bool(verify(text, message))

    try:
        checks = tuple(check(*operation) for operation in operations)
        altered = [check(s, point, message + b"\x00") for s, point, message in operations]
        if not all(verify() for verify in checks):
            return Sm2Peer(label, (), "refuses a signature")
        if any(verify() for verify in altered):
            return Sm2Peer(label, (), "takes an altered message")
    except Exception as error:  # a peer may raise whatever it likes
        return Sm2Peer(label, (), f"fails ({type(error).__name__})")
    return Sm2Peer(label, checks)
