"""Where clips live when they are safe elsewhere."""
