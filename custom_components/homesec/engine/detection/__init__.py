"""Detectors: find objects in pictures. One module per library, chosen by name."""
