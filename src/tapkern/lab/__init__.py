"""Vector suites: what they are, how a kernel is run through them, what came of it.

Rooms: suite.py reads suites, field.py and stand.py are the surroundings of a kernel under test,
checks.py judges, subjects.py runs our kernel or a foreign one, protocol.py is the language of
foreign ones, engine.py runs many cases, results.py is what came of them, mutants.py tells what
suites are worth. Only subjects.py, primitives.py, serve.py, forced.py and mutants.py know our
kernel. Needs the extra `lab`.
"""
