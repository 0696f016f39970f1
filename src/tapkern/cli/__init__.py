"""The command line: main.py finds the verb, one file per verb does it.

A verb file has HELP, add_arguments(parser) and run(args) -> exit code. With --json a verb prints
exactly one JSON object on standard output and nothing else there.
"""
