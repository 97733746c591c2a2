"""Custom integrations (makes the folder a package, so that tests and mypy find it)."""
