"""Composition and processes: everything that runs, wired from `engine` (decides) and `activities` (does)."""
