"""The tables of the database, as the migrations that lead to them.

A new file goes through all versions, too, so that there's only one way to get the schema.
"""

from dataclasses import fields
import json
import re
from typing import TYPE_CHECKING, Any

from ..core.types import Clip, ClipState, CloudState, Trigger

if TYPE_CHECKING:
    import sqlite3

COLUMNS = tuple(field.name for field in fields(Clip))  # of the table ``clips``


def clip_from_row(row: sqlite3.Row) -> Clip:
    """Return the clip in a row of the table ``clips``."""
    values = dict(row)
    return Clip(
        **values
        | {
            "state": ClipState(values["state"]),
            "trigger": Trigger(values["trigger"]),
            "cloud": CloudState(values["cloud"]),
            "protected": bool(values["protected"]),
            "local": bool(values["local"]),
            "zones": tuple(json.loads(values["zones"])),
        }
    )


def clip_to_row(clip: Clip) -> list[Any]:
    """Return the values of a clip's row, in the order of ``COLUMNS``."""
    return [getattr(clip, name) if name != "zones" else json.dumps(clip.zones) for name in COLUMNS]


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
    # 2: copies in the cloud, protected clips, jobs. The index by time covers retention's query, so
    # that it never reads the table.
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
    # 3: zones, visits (recorded or not), and tracks. A listing with several filters at once goes
    # through ``clips_listed``, which is small and ordered by time; triggers keep ``clip_zones`` in
    # step with ``clips.zones`` (JSON).
    """
    ALTER TABLE clips ADD COLUMN zones TEXT NOT NULL DEFAULT '[]';
    CREATE INDEX clips_listed ON clips (id, camera_id, label, protected, state);
    CREATE TABLE clip_zones (
        zone TEXT NOT NULL,
        clip_id TEXT NOT NULL,
        PRIMARY KEY (zone, clip_id)
    ) WITHOUT ROWID;
    CREATE INDEX clip_zones_by_clip ON clip_zones (clip_id);
    CREATE TABLE tracks (
        clip_id TEXT PRIMARY KEY,
        packed BLOB NOT NULL
    );
    CREATE TRIGGER clip_added AFTER INSERT ON clips WHEN new.zones != '[]' BEGIN
        INSERT OR IGNORE INTO clip_zones SELECT value, new.id FROM json_each(new.zones);
    END;
    CREATE TRIGGER clip_changed AFTER UPDATE OF zones ON clips WHEN new.zones != old.zones BEGIN
        DELETE FROM clip_zones WHERE clip_id = new.id;
        INSERT OR IGNORE INTO clip_zones SELECT value, new.id FROM json_each(new.zones);
    END;
    CREATE TRIGGER clip_removed AFTER DELETE ON clips BEGIN
        DELETE FROM clip_zones WHERE clip_id = old.id;
        DELETE FROM tracks WHERE clip_id = old.id;
    END;
    CREATE TABLE visits (
        id INTEGER PRIMARY KEY,
        camera_id TEXT NOT NULL,
        label TEXT NOT NULL,
        started_at REAL NOT NULL,
        ended_at REAL,
        clip_id TEXT
    );
    CREATE INDEX visits_by_time ON visits (started_at, camera_id, label);
    CREATE INDEX visits_by_camera ON visits (camera_id, label, started_at);
    CREATE INDEX visits_open ON visits (started_at) WHERE ended_at IS NULL;
    INSERT INTO visits (camera_id, label, started_at, ended_at, clip_id)
        SELECT camera_id, label, event_at, max(event_at, started_at + duration_s), id
        FROM clips WHERE state = 'saved' AND label IS NOT NULL;
    """,
    # 4: texts that were sent, and the stills of those that wait.
    """
    CREATE TABLE texts (
        recipient_id TEXT NOT NULL,
        message_id TEXT NOT NULL,
        sid TEXT,
        ended_at REAL NOT NULL,
        PRIMARY KEY (recipient_id, message_id)
    ) WITHOUT ROWID;
    CREATE TABLE text_stills (
        message_id TEXT PRIMARY KEY,
        jpeg BLOB NOT NULL
    );
    """,
    # 5: clips with copies in buckets that were used before.
    """
    CREATE TABLE elsewhere (
        place TEXT NOT NULL,
        clip_id TEXT NOT NULL,
        cloud_bytes INTEGER NOT NULL,
        PRIMARY KEY (place, clip_id)
    ) WITHOUT ROWID;
    CREATE INDEX elsewhere_by_clip ON elsewhere (clip_id);
    CREATE TRIGGER clip_removed_elsewhere AFTER DELETE ON clips BEGIN
        DELETE FROM elsewhere WHERE clip_id = old.id;
    END;
    """,
    # 6: with which key a clip's object in each bucket is encrypted; '' for one that isn't.
    """
    CREATE TABLE object_keys (
        place TEXT NOT NULL,
        clip_id TEXT NOT NULL,
        key_id TEXT NOT NULL,
        PRIMARY KEY (place, clip_id)
    ) WITHOUT ROWID;
    CREATE INDEX object_keys_by_clip ON object_keys (clip_id);
    CREATE TRIGGER clip_removed_object_keys AFTER DELETE ON clips BEGIN
        DELETE FROM object_keys WHERE clip_id = old.id;
    END;
    """,
    # 7: recently deleted clips. Indexes by camera and label leave them out, so that they cost
    # nothing there, and the triggers take them out of ``clip_zones``.
    """
    ALTER TABLE clips ADD COLUMN deleted_at REAL;
    ALTER TABLE clips ADD COLUMN deleted_by TEXT;
    DROP INDEX clips_by_time;
    CREATE INDEX clips_by_time ON clips
        (state, id, camera_id, bytes, local, cloud, cloud_bytes, protected, deleted_at);
    DROP INDEX clips_by_camera;
    CREATE INDEX clips_by_camera ON clips (state, camera_id, id) WHERE deleted_at IS NULL;
    DROP INDEX clips_by_label;
    CREATE INDEX clips_by_label ON clips (state, label, id) WHERE deleted_at IS NULL;
    DROP INDEX clips_listed;
    CREATE INDEX clips_listed ON clips (id, camera_id, label, protected, state, deleted_at);
    CREATE INDEX clips_deleted ON clips (deleted_at, id) WHERE deleted_at IS NOT NULL;
    DROP TRIGGER clip_added;
    CREATE TRIGGER clip_added AFTER INSERT ON clips
        WHEN new.zones != '[]' AND new.deleted_at IS NULL BEGIN
        INSERT OR IGNORE INTO clip_zones SELECT value, new.id FROM json_each(new.zones);
    END;
    DROP TRIGGER clip_changed;
    CREATE TRIGGER clip_changed AFTER UPDATE OF zones, deleted_at ON clips
        WHEN new.zones != old.zones OR (new.deleted_at IS NULL) != (old.deleted_at IS NULL) BEGIN
        DELETE FROM clip_zones WHERE clip_id = new.id;
        INSERT OR IGNORE INTO clip_zones SELECT value, new.id FROM json_each(new.zones)
            WHERE new.deleted_at IS NULL;
    END;
    """,
    # 8: which sensor reported what a clip shows.
    """
    ALTER TABLE clips ADD COLUMN sensor TEXT;
    """,
)
SCHEMA_VERSION = len(MIGRATIONS)
TABLES = frozenset(re.findall(r"CREATE TABLE (\w+)", "".join(MIGRATIONS)))
UNFILLED = "unfilled"
"""Key of the note in a new file: the catalog may lack clips that are in the folder or the cloud."""
