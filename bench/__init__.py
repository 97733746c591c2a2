"""Benchmarks: each prints a table, with a baseline that was measured in the same run."""
