"""A security recorder as a library: it imports nothing of Home Assistant."""
