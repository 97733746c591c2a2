"""What runs in Alpine: each module is a program there, and prints JSON as its last line."""
