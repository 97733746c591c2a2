"""One camera: its thread, its frames, and what is detected in them."""
