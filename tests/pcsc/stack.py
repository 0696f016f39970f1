"""A PC/SC stack for tests: pcscd with the virtual reader, started without systemd.

One daemon can run on a machine, so a test session starts its own only when none is there. The
virtual reader listens on two TCP ports; a card is a process of its own (card_process.py) that
connects to one of them: in the process of the test it would hang at the interpreter's end.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tapkern.errors import ReaderError
from tapkern.readers.pcsc import list_readers

RUN_FOLDER = Path("/run/pcscd")
DRIVERS = Path("/usr/lib/pcsc/drivers")
PACKAGES = "apt install pcscd vsmartcard-vpcd libpcsclite-dev opensc, then make test"
FRIENDLY_NAME = "tapkern virtual"
# pcscd looks at the reader every 0.4 s: a card that is swapped faster is not seen as a new one.
SWAP_SECONDS = 0.6
# However busy the machine, it has looked by then.
NOTICE_SECONDS = 20
CARD_PROCESS = Path(__file__).with_name("card_process.py")


def driver() -> Path | None:
    """The library of the virtual reader."""
    return next(iter(sorted(DRIVERS.glob("**/libifdvpcd.so"))), None)


def missing() -> str:
    """Why no stack can be started here; empty when it can."""
    if find_spec("smartcard") is None:
        return f"pyscard is not installed: {PACKAGES}"
    if shutil.which("pcscd") is None or driver() is None:
        return f"pcscd or its virtual reader is not installed: {PACKAGES}"
    if os.geteuid() != 0 and not os.access(RUN_FOLDER, os.W_OK):
        return f"starting pcscd needs root, or a {RUN_FOLDER} that this user may write"
    try:
        list_readers()
    except ReaderError:
        return ""
    return "a PC/SC daemon runs already: stop it (systemctl stop pcscd.socket pcscd)"


def free_port_pair() -> int:
    """The first of two free TCP ports in a row: the two slots of the virtual reader."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise RuntimeError("no two free ports in a row")


class Stack:
    """pcscd on a configuration of its own, with one virtual reader of two slots."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port_pair()
        self.log = folder / "pcscd.log"
        self._config = folder / "reader.conf.d"
        self._config.mkdir()
        (self._config / "vpcd").write_text(
            f'FRIENDLYNAME "{FRIENDLY_NAME}"\n'
            f"DEVICENAME /dev/null:0x{self.port:04X}\n"
            f"LIBPATH {driver()}\n"
            f"CHANNELID 0x{self.port:04X}\n"
        )
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the readers are listed."""
        # With polkit, a daemon without D-Bus refuses everyone; older ones do not know the option.
        described = subprocess.run(["pcscd", "--help"], capture_output=True, text=True, check=False)
        no_polkit = ["--disable-polkit"] if "disable-polkit" in described.stdout else []
        # A session of its own keeps Ctrl-C from the daemon until the tests are done with it; should
        # they be killed, it goes with them.
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with self.log.open("ab") as log:
            self._daemon = subprocess.Popen(
                [*tied, "pcscd", "--foreground", "--config", str(self._config), *no_polkit],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._daemon.poll() is None:
            try:
                if len(list_readers()) >= 2:
                    return
            except ReaderError:
                pass
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"pcscd did not start:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> None:
        daemon, self._daemon = self._daemon, None
        if daemon is None:
            return
        daemon.terminate()
        try:
            daemon.wait(5)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    @property
    def running(self) -> bool:
        return self._daemon is not None and self._daemon.poll() is None

    @property
    def reader(self) -> str:
        """The name of the first slot."""
        return next(name for name in list_readers() if FRIENDLY_NAME in name)

    def card(self, *arguments: str) -> subprocess.Popen[str]:
        """Puts a card of card_process.py into the first slot; remove() takes it out."""
        return subprocess.Popen(
            [sys.executable, str(CARD_PROCESS), str(self.port), *arguments],
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def remove(self, *cards: subprocess.Popen[str]) -> None:
        """Ends the cards' processes; returns when the reader has noticed."""
        for card in cards:
            card.kill()
            card.wait()
        if cards and self.running:
            self.wait_until(present=False)
            # A failed command tells the daemon earlier than its own look at the reader does.
            time.sleep(SWAP_SECONDS)

    def wait_until(self, present: bool) -> None:
        """Returns when the daemon says that the first slot holds a card, or none."""
        scard = import_module("smartcard.scard")
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        assert result == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(result)
        try:
            state, deadline = scard.SCARD_STATE_UNAWARE, time.monotonic() + NOTICE_SECONDS
            while time.monotonic() < deadline:
                known = [(self.reader, state & ~scard.SCARD_STATE_CHANGED)]
                _, ((_, state, _),) = scard.SCardGetStatusChange(context, 500, known)
                if bool(state & scard.SCARD_STATE_PRESENT) == present:
                    return
        finally:
            scard.SCardReleaseContext(context)
        raise RuntimeError(f"pcscd does not see that a card is {'there' if present else 'gone'}")
