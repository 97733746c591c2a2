"""Programs that run in Alpine: each module prints JSON as its last line."""
