"""The alarm: what state it is in, who may change it, what it tells; no entity in here."""
