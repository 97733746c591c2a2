"""The process boundary: everything that touches untrusted bytes runs behind it."""
