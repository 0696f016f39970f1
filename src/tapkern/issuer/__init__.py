"""The issuer's side: test CA and issuer keys, certificates, cryptograms.

Rules of this room: everything here is made for tests; every key is in the open (`keys/pool.toml`).
It knows `tapkern.data` and `tapkern.errors` and nothing else of the package. In particular it
never touches the kernel: what the kernel verifies is signed here by independent code.
"""
