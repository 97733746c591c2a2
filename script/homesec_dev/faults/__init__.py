"""Random faults against a whole engine that records and uploads, and a count of its clips.

`campaign` causes faults, `checks` counts. The engine runs in a process of its own (`child`) so that
it can be killed at any instruction; disk and object store are real (`disk`, `cloud`).
"""
