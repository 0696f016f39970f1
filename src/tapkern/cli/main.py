"""Entry point: finds the verb, turns errors into one line and an exit code.

Exit codes: 0 done; 1 the card, data or case failed; 2 the call or a file of ours is wrong; 3 no
reader or reader lost; 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from tapkern import __version__
from tapkern.cli.ending import Terminated, let_go_of_stdout
from tapkern.errors import TapkernError, UsageError

VERBS = (
    "demo",
    "tap",
    "card-info",
    "story",
    "decode",
    "config",
    "card",
    "issuer",
    "about",
    "oda",
    "keys",
    "denylist",
    "suite",
    "replay",
)
INTERRUPTED, TERMINATED = 130, 143


class _Parser(argparse.ArgumentParser):
    """argparse with our errors: a wrong call is a UsageError, so that --json can tell it too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.prog, f"see {self.prog} --help")


def _verb(name: str) -> ModuleType:
    return import_module(f"tapkern.cli.{name.replace('-', '_')}")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. Only the verb that is named is imported, all of them for the overview."""
    parser = _Parser(
        prog="tapkern",
        description="Contactless payment kernel: taps, cards, bytes.",
        epilog="Not approved by EMVCo or UnionPay.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tapkern {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    named = next((word for word in words if word in VERBS), None)
    for name in (named,) if named else VERBS:
        module = _verb(name)
        verb = verbs.add_parser(name, help=module.HELP, description=module.HELP, allow_abbrev=False)
        module.add_arguments(verb)
        verb.add_argument("--json", action="store_true", help="print one JSON object")
        verb.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb; returns the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese
    as_json = "--json" in words
    try:
        args = _parser(words).parse_args(words)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except TapkernError as error:
        _report(error, as_json)
        return error.exit_code
    except ModuleNotFoundError as error:
        missing = _missing(error)
        if missing is None:
            raise
        _report(missing, as_json)
        return missing.exit_code
    except KeyboardInterrupt as error:
        return TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        let_go_of_stdout()
        return 0
    except OSError as error:
        wrong = UsageError(error.strerror or str(error), str(error.filename or "standard output"))
        if error.filename is None:
            let_go_of_stdout()
            as_json = False
        _report(wrong, as_json)
        return wrong.exit_code


def _open_streams() -> None:
    """A closed standard output or error takes everything: no file of ours may get its number."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _missing(error: ModuleNotFoundError) -> UsageError | None:
    """An incomplete installation in one line; None for a mistake of ours."""
    name = (error.name or "").partition(".")[0]
    if name in ("rich", "construct", "cryptography"):
        return UsageError(f"this needs the package {name}", hint=f"pip install {name}")
    if name in ("jsonschema_rs", "jinja2", "junitparser"):
        return UsageError(f"this needs the package {name}", hint="pip install 'tapkern[lab]'")
    if name == "distributed":
        return UsageError(
            "this needs the package distributed", hint="pip install 'tapkern[cluster]'"
        )
    if error.name == "tapkern._kernel":
        return UsageError("the kernel is not built", hint="pip install . in the repository")
    return None


def _report(error: TapkernError, as_json: bool) -> None:
    """One line on standard error, or one object on standard output."""
    if as_json:
        print(json.dumps({"error": error.to_json()}, ensure_ascii=False))
    else:
        print(f"tapkern: {error}", file=sys.stderr)
