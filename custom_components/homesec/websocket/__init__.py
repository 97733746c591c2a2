"""The commands that the page asks with, and what it is told as it happens."""
