"""The cloud storage and how long clips are kept, as Home Assistant sees it."""
