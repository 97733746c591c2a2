"""Encoded packets and decoded pictures: PyAV and NumPy only."""
