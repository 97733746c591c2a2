"""Faults of every kind, at random, to a whole engine that records and uploads; then the count.

`campaign` lets them happen, `verdict` counts. The engine runs in a process of its own (`child`), as
the point is to kill that at any instruction; disk and object store are real ones (`disk`, `cloud`).
"""
