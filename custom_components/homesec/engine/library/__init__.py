"""Finished clips: catalog, copies, uploads, retention, and recovery."""
