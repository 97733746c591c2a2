"""Clips as Home Assistant sees them: found, played, exported, deleted."""
