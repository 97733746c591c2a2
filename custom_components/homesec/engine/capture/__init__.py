"""Open any source, and turn it into encoded packets on a timeline."""
