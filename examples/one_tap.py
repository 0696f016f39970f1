"""One tap in a dozen lines. Run it with no hardware: python examples/one_tap.py [READER]"""

import sys
from pathlib import Path

from tapkern import Status, Terminal, open_reader

terminal = Terminal.from_toml(Path(__file__).with_name("terminal.toml"))
reader = open_reader(sys.argv[1] if len(sys.argv) > 1 else "sim:debit")
tap = terminal.tap(reader, amount="12.50", on_ui=lambda ui: print("display:", ui.text()))
outcome = tap.outcome
if outcome.status is Status.ONLINE_REQUEST:
    print("to the host:", outcome.field55.hex())
    outcome = tap.complete("00")  # what the host answered
print(outcome.status, outcome.reason_text(), outcome.rule, outcome.cvm, outcome.pan)
print("balance:", outcome.balance)
