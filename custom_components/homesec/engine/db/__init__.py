"""The SQLite file and the job queue in it."""
