"""A tap that goes online and comes back: terminal, card and issuer, no hardware.

Run it: python examples/online_tap.py
"""

from pathlib import Path

from tapkern import Status, Terminal, open_reader
from tapkern.issuer.accounts import Account, Accounts
from tapkern.issuer.check import Issuer
from tapkern.issuer.host import Host
from tapkern.issuer.request import OnlineRequest

terminal = Terminal.from_toml(Path(__file__).with_name("terminal.toml"))
# The issuer of the ready cards; it checks every cryptogram, and there are 200.00 in each account.
host = Host(Issuer.ready(), Accounts(everyone=Account(balance=20_000)))
reader = open_reader("sim:credit")

for amount in ("128.00", "72.01"):
    tap = terminal.tap(reader, amount=amount)
    outcome = tap.outcome
    print(amount, outcome.status, outcome.reason_text())
    if outcome.status is Status.ONLINE_REQUEST:
        reply = host.answer(OnlineRequest.read(outcome.field55, outcome.data_record))
        print("  issuer:", reply.code, reply.reason, "-", reply.check and reply.check.words())
        final = tap.complete(reply.code)  # a contactless tap takes the code alone
        print("  final: ", final.status, final.reason_text(), final.rule)
