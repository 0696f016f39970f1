"""Our kernel behind the protocol: `tapkern replay vectors --kernel "python -m tapkern.lab.serve"`.

It does the taps of a runner in another process, and shows how a kernel is put there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tapkern.errors import UsageError
from tapkern.lab.protocol import Line, Refused, Wire, serve
from tapkern.lab.subjects import OurKernel, begun, completed, drive, told
from tapkern.params import load_tables
from tapkern.terminal import Tap


class Served:
    """Taps of our kernel as the runner asks for them."""

    def __init__(self) -> None:
        self._tap: Tap | None = None
        self._images: dict[str, bytes] = {}

    def _image(self, terminal: Mapping[str, Any]) -> bytes:
        text = json.dumps(terminal)
        if text not in self._images:
            self._images = {text: load_tables(terminal).image}
        return self._images[text]

    def begin(self, begin: Line, wire: Wire) -> Mapping[str, object]:
        """A tap to its outcome. Errors: Refused."""
        found = {**begin["transaction"], "unpredictable": begin["unpredictable"]}
        torn = None if begin["torn"] is None else bytes.fromhex(begin["torn"])
        try:
            self._tap = begun(self._image(begin["terminal"]), found, lambda: wire.now, torn)
        except UsageError as error:
            raise Refused(str(error)) from None
        if self._tap is None:
            raise Refused("Start B is not for this amount (EP-004)")
        drive(self._tap, wire)
        return told(self._tap.outcome)

    def host(self, answer: str, wire: Wire) -> Mapping[str, object]:
        """The outcome after the host's answer."""
        assert self._tap is not None
        return completed(self._tap, answer, wire)


if __name__ == "__main__":
    serve(Served(), OurKernel().hello())
