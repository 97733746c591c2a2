"""Which networks there are, and their files."""
