"""The catalogue's tables, and how each version becomes the next.

A new file goes through all versions, too, so that there is one way only to come by a schema.
"""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE clips (
        id TEXT PRIMARY KEY,
        camera_id TEXT NOT NULL,
        camera_name TEXT NOT NULL,
        state TEXT NOT NULL,
        trigger TEXT NOT NULL,
        started_at REAL NOT NULL,
        event_at REAL NOT NULL,
        duration_s REAL NOT NULL,
        label TEXT,
        score REAL,
        path TEXT NOT NULL,
        still_path TEXT,
        bytes INTEGER NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        video_codec TEXT NOT NULL,
        audio_codec TEXT,
        error TEXT
    ) WITHOUT ROWID;
    CREATE INDEX clips_by_time ON clips (state, id, bytes);
    CREATE INDEX clips_by_camera ON clips (state, camera_id, id);
    CREATE INDEX clips_by_label ON clips (state, label, id);
    """,
    # 2: copies in the cloud, clips that are kept for ever, what is still to be done. The index in
    # the order of time holds all that retention asks for, so that it never reads the table.
    """
    ALTER TABLE clips ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE clips ADD COLUMN local INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE clips ADD COLUMN cloud TEXT NOT NULL DEFAULT 'none';
    ALTER TABLE clips ADD COLUMN cloud_bytes INTEGER NOT NULL DEFAULT 0;
    DROP INDEX clips_by_time;
    CREATE INDEX clips_by_time
        ON clips (state, id, camera_id, bytes, local, cloud, cloud_bytes, protected);
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        payload TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created_at REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        resume TEXT,
        error TEXT
    );
    CREATE UNIQUE INDEX jobs_by_subject ON jobs (kind, subject);
    CREATE TABLE notes (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)
SCHEMA_VERSION = len(MIGRATIONS)
TABLES = frozenset({"clips", "jobs", "notes"})
UNFILLED = "unfilled"
"""The note that a new file begins with: there may be clips that it does not know yet."""
