"""The detector as Home Assistant sees it: its library, its state, and the models to choose from."""
