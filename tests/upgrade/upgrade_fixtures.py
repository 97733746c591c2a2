"""A configuration folder that HomeSec 0.1 at commit 536d577 left behind, ready to be started.

A real Home Assistant made `config/` and was killed with SIGKILL while a clip was being recorded and
another was half uploaded. Since then only these were replaced: addresses and the folder's own path
(`@CONFIG@`, `@GCS@`), the service account's private key, and the model files, which are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

from fake_gcs import Session
from google_key import service_account

if TYPE_CHECKING:
    from fake_gcs import FakeGcs

SAVED = Path(__file__).parent / "config"
ENTRY_ID = "01M8P6FMRBBPG13WP10B2MRF5W"
DRIVE = "01M8P6FN2YSDPJ9GHJ2YK2462B"
GARDEN = "01M8P6FNGE599JWHW0JYDPDGDH"
PROTECTED_CLIP = "01M8P6FXT9GH9ST6VZ95Y74NXD"
"""Uploaded, and kept for ever."""
HALF_UPLOADED_CLIP = "01M8P6GCTR6ERZRE7P6EDS3RG2"
UNFINISHED_CLIP = "01M8P6GVKDSANQ1WW4GAVV5TZJ"
"""It was being recorded."""
RECEIVED_BYTES = 256 * 1024
"""What the bucket has of the clip that is half uploaded."""
PIN = "073914"


def saved_json(name: str) -> Any:
    """Return the data of one of Home Assistant's stores as it was saved."""
    return json.loads((SAVED / "storage" / name).read_text())["data"]


def unpack(folder: Path, gcs: FakeGcs) -> None:
    """Copy the configuration into `folder`, and give the bucket what it held then."""
    shutil.copytree(SAVED, folder, dirs_exist_ok=True)
    (folder / "storage").rename(folder / ".storage")
    (folder / "token").rename(folder / ".homesec-dev-token")
    private_key = json.dumps(service_account(gcs)["private_key"])[1:-1]
    for store in (folder / ".storage").iterdir():
        text = store.read_text().replace("@CONFIG@", str(folder)).replace("@GCS@", gcs.url)
        store.write_text(text.replace("@PRIVATE_KEY@", private_key))
    for name, metadata in json.loads((SAVED / "bucket.json").read_text()).items():
        gcs.put(name, saved_file(Path(name).name).read_bytes(), metadata)
    _continue_upload(folder / "homesec" / "clips.db", gcs)


def saved_file(name: str) -> Path:
    """Return a clip's file or still as it was on disk."""
    return next((SAVED / "media").rglob(name))


def _continue_upload(database: Path, gcs: FakeGcs) -> None:
    """Let the bucket know the upload that had begun, with the bytes that had arrived."""
    connection = sqlite3.connect(database)
    [(resume,)] = connection.execute("SELECT resume FROM jobs WHERE resume IS NOT NULL")
    upload = json.loads(resume)
    address, _, upload_id = upload["session"].rpartition("upload_id=")
    blob = {"name": upload["name"], "contentType": "video/mp4", "md5Hash": upload["md5"]}
    data = saved_file(f"{HALF_UPLOADED_CLIP}.mp4").read_bytes()
    session = Session(gcs.bucket, blob, len(data), only_new=True)
    session.data += data[:RECEIVED_BYTES]
    gcs.front.sessions[upload_id] = session
    path = address.partition("/upload/")[2]
    upload["session"] = f"{gcs.url}/upload/{path}upload_id={upload_id}"
    connection.execute(
        "UPDATE jobs SET resume = ?, not_before = 0 WHERE resume IS NOT NULL", (json.dumps(upload),)
    )
    connection.commit()
    connection.close()
