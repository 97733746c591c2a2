"""From packets to a finished clip."""
