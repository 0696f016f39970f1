"""Vector suites and what makes them. See vectors/build."""
