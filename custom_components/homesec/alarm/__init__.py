"""The alarm: its state machine, PINs, and camera checks."""
