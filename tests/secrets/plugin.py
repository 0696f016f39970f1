"""pytest plugin: whatever a run of the tests puts out is looked through for secrets.

Outputs are captured and read text, child processes, logs, warnings, errors, reprs of the classes of
tapkern, and every file below the temporary folders of the tests. A test that asks for a card number
by name says so: `@pytest.mark.unmasked(CHANNEL, REASON)`; kinds of files that hold numbers by
design are in `holders`. An exemption that nothing needs is a finding of a whole run. The last line
counts, also with xdist; findings fail the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.noting import note
from tests.secrets import holders, sources
from tests.secrets.certificates import ROOT
from tests.secrets.watch import CHANNELS, Exemption, Watch

KEY = "secrets"
SHOWN = 100  # findings


def exemptions(item: pytest.Item) -> tuple[Exemption, ...]:
    """What the marks of a test say. Errors: pytest.UsageError."""
    found = []
    for node, mark in item.iter_markers_with_node("unmasked"):
        channel, reason, *where = (*mark.args, "", "")[: max(2, len(mark.args))]
        if channel not in CHANNELS or not reason.strip() or len(where) > 1 or mark.kwargs:
            raise pytest.UsageError(f"{item.nodeid}: unmasked(CHANNEL, REASON, WHERE='')")
        key = " ".join((node.nodeid.partition("[")[0], channel, *where))
        found.append(Exemption(key, channel, *where))
    return tuple(found)


def is_whole(config: pytest.Config) -> bool:
    """All tests run, so that every exemption has to be needed."""
    chosen = config.option.keyword or config.option.markexpr
    return not chosen and config.args_source is pytest.Config.ArgsSource.TESTPATHS


class Plugin:
    """The hooks of one process."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.watch = Watch()
        self.patch = pytest.MonkeyPatch()
        self.reprs = sources.Reprs(self.watch)
        self.file: Path | None = None
        self.read: set[Path] = set()
        self.told: list[str] = []
        if hasattr(config, "workerinput") or getattr(config.option, "dist", "no") == "no":
            sources.patch_all(self.patch, self.watch)  # it runs tests itself

    @property
    def size(self) -> str:
        return f"{self.watch.outputs} outputs, {self.watch.files} files"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """A mark that says too little stops the run."""
        for item in items:
            exemptions(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self.watch.begin(item.nodeid, exemptions(item))
        if item.path != self.file:
            self.file = item.path
            self.reprs.renew()
        result = yield
        self.watch.begin("between tests", ())
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        self.reprs.test_ends()
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if folder is not None:
            self.read_folder(folder)
        return (yield)

    def read_folder(self, folder: Path) -> None:
        """Every file below, once."""
        for path in sorted(folder.rglob("*")):
            compiled = "__pycache__" in path.parts  # of tests that stand beside it
            if path in self.read or compiled or path.is_symlink() or not path.is_file():
                continue
            self.read.add(path)
            try:
                data = path.read_bytes()
            except OSError:
                continue
            self.watch.see_file(data, str(path.relative_to(folder)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self.patch.undo()
        self.reprs.undo()
        factory = getattr(self.config, "_tmp_path_factory", None)
        base = getattr(factory, "_basetemp", None)
        if base is not None and base.exists():
            self.watch.begin("folders of modules", ())
            for folder in base.iterdir():
                if not folder.is_symlink() and not folder.name.startswith("popen-gw"):
                    self.read_folder(folder)
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output[KEY] = self.watch.result()
            return
        self.told = sorted(self.watch.findings)
        if is_whole(self.config) and session.testsfailed == 0:
            names = (kind.name for kind in holders.KINDS)
            self.told += [f"nothing needs {name!r}" for name in self.watch.unneeded(names)]
            if self.config.rootpath == ROOT:
                note("secrets-run", self.size, len(self.told))
        if self.told and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A process of xdist has ended."""
        result = getattr(node, "workeroutput", {}).get(KEY)
        if result is not None:
            self.watch.take(result)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """The last lines, behind those of pytest."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or hasattr(config, "workerinput"):
            return
        for line in self.told[:SHOWN]:
            reporter.write_line(f"secrets: {line}")
        if len(self.told) > SHOWN:
            reporter.write_line(f"secrets: and {len(self.told) - SHOWN} more")
        reporter.write_line(f"secrets: {self.size}, {len(self.told)} findings")


def pytest_configure(config: pytest.Config) -> None:
    """One for each process of a run."""
    config.pluginmanager.register(Plugin(config), "secrets-of-the-run")
