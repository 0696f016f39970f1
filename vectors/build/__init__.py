"""The builders of the vector suites: `python -m vectors.build` writes vectors/suites and primitives.

Every expectation comes from the digest (written out as a literal) or from the second terminal of
tests/oracle, which meets the simulated card of tapkern.card. Nothing here imports the kernel.
"""
