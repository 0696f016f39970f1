"""`tapkern about`: versions, the identity of the kernel, the build."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

import tapkern
from tapkern import _kernel
from tapkern.params import load

HELP = "versions, kernel identity, configuration digest, build"

_SLOTS = {0x01: "RSA", 0x02: "SHA-1", 0x04: "SHA-256", 0x08: "SM3", 0x10: "SM2"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--config", metavar="FILE", help="also tell the digest of a configuration")


def facts(config: str | None) -> dict[str, object]:
    """Everything the verb tells, as JSON takes it."""
    slots = _kernel.crypto_slots()
    extension = Path(str(_kernel.__file__)).name
    result: dict[str, object] = {
        "tapkern": tapkern.__version__,
        "kernel": _kernel.version(),
        "kernel_digest": _kernel.kernel_digest(),
        "crypto": [name for bit, name in _SLOTS.items() if slots & bit],
        "python": platform.python_version(),
        "extension": extension,
        "limited_api": "abi3" in extension,
        "platform": platform.platform(),
    }
    if config is not None:
        configuration = load(config)
        result["configuration"] = configuration.name
        result["configuration_digest"] = configuration.digest.hex()
    return result


def run(args: argparse.Namespace) -> int:
    """Prints the facts."""
    found = facts(args.config)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for name, value in found.items():
        text = ", ".join(value) if isinstance(value, list) else str(value)
        print(f"{name.replace('_', ' '):21}{text}")
    print("not approved by EMVCo or UnionPay", file=sys.stderr)
    return 0
