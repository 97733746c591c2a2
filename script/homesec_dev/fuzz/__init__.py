"""Damaged bytes of every kind against a whole engine with its worker.

`house` plays Home Assistant's role: a process with an engine, a healthy camera that records all the
time, and the case's camera, clip, database, or model beside it. `cases` makes the bytes, each from
its own seed; `campaign` counts what becomes of the processes and of the healthy camera's clips.
"""
