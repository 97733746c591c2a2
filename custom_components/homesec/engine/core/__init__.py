"""Types, events, errors, and time that all packages share; imports none of them."""
