"""Sensors that need more than a description."""
