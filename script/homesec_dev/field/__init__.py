"""Cameras that misbehave, all at once, in front of a real Home Assistant.

`script/field` is its command.
"""
