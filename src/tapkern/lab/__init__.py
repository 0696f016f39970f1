"""The test lab: suites, the runner, verdicts and the evidence that is handed over."""
