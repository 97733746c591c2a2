"""Damage files and databases in many ways, each determined by its seed."""

from contextlib import closing, suppress
import random
import sqlite3

PAGE_BYTES = 4096
BOXES = (b"ftyp", b"moov", b"moof", b"mdat", b"trak", b"stsd", b"stsz", b"stco", b"trun", b"tfhd")
"""Names of boxes in a clip's file."""


def flip_bits(data, rng):
    for _ in range(rng.choice((1, 1, 1, 2, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def cut_off(data, rng):
    del data[rng.randrange(len(data)) :]


def leave_out(data, rng):
    begin = rng.randrange(len(data))
    del data[begin : begin + rng.randrange(1, 5000)]


def splice_junk(data, rng):
    begin = rng.randrange(len(data))
    data[begin:begin] = rng.randbytes(rng.randrange(1, 5000))


def overwrite(data, rng):
    begin = rng.randrange(len(data))
    junk = rng.choice((bytes, rng.randbytes))(rng.randrange(1, 5000))
    data[begin : begin + len(junk)] = junk


def change_box(data, rng):
    """Damage the size or name of a box, or a number after it."""
    positions = [at for name in BOXES for at in _positions(data, name)]
    at = rng.choice(positions or [4])
    field = min(at + rng.choice((-4, 0, 4, 8, 12, 16)), len(data) - 4)
    value = rng.choice((bytes(4), b"\xff" * 4, b"\x7f" + b"\xff" * 3, rng.randbytes(4)))
    if rng.random() < 0.5:
        data[field + rng.randrange(4)] ^= 1 << rng.randrange(8)
    else:
        data[field : field + 4] = value


def _positions(data, name):
    found, at = [], data.find(name)
    while at >= 0:
        found.append(at)
        at = data.find(name, at + 1)
    return found


VIDEO_DAMAGE = (flip_bits, cut_off, leave_out, splice_junk, overwrite, change_box, change_box)


def damaged_video(whole, seed):
    """Return a clip's file with one or two kinds of damage."""
    rng, data = random.Random(seed), bytearray(whole)
    for _ in range(rng.choice((1, 1, 1, 2))):
        if len(data) > 100:
            rng.choice(VIDEO_DAMAGE)(data, rng)
    return bytes(data)


def change_fourcc(data, name, new):
    """Return a video with an unknown codec name."""
    at = data.index(name, data.index(b"stsd"))  # of the sample entry
    return data[:at] + new + data[at + len(new) :]


# --- databases ---


def zero_page(data, rng):
    at = rng.randrange(len(data) // PAGE_BYTES) * PAGE_BYTES
    data[at : at + PAGE_BYTES] = bytes(PAGE_BYTES)


def swap_pages(data, rng):
    one, two = (rng.randrange(len(data) // PAGE_BYTES) * PAGE_BYTES for _ in range(2))
    first, second = data[one : one + PAGE_BYTES], data[two : two + PAGE_BYTES]
    data[one : one + PAGE_BYTES], data[two : two + PAGE_BYTES] = second, first


def change_head(data, rng):
    """Damage the file's first 100 bytes, or the header of a page."""
    at = rng.choice((0, rng.randrange(max(1, len(data) // PAGE_BYTES)) * PAGE_BYTES))
    data[at + rng.randrange(100 if at == 0 else 12)] = rng.randrange(256)


def change_text(data, rng):
    """Put invalid UTF-8 into a word."""
    words = (b"saved", b"presence", b"stored", b"person", b"upload", b"CREATE", b"clips", b"door")
    positions = [at for word in words for at in _positions(data, word)]
    if positions:
        data[rng.choice(positions)] = rng.choice((0xFF, 0xC3, 0x00, 0x80, ord("x")))


DATABASE_DAMAGE = (
    flip_bits,
    cut_off,
    leave_out,
    splice_junk,
    overwrite,
    zero_page,
    swap_pages,
    change_head,
    change_head,
    change_text,
    change_text,
)


VALUES = (
    *("", "x", "\0", "..", "../../etc/passwd", "/etc/passwd", "recording", "removing", "saved"),
    *("[", "{}", "null", "[1]", '{"id": 1}', '{"id": "1"}', "nan", "1e999", "\ud7ff"),
    *(b"\xff\xfe", b"", -1, 0, 7, 2**62, 2**63 - 1, 1e300, float("inf"), -1e300, 0.5),
)
"""Values of a column after damage or manual changes."""


def damaged_database(whole, seed):
    """Return a database file with one or two kinds of damage."""
    rng, data = random.Random(seed), bytearray(whole)
    for _ in range(rng.choice((1, 1, 2))):
        if len(data) > 2 * PAGE_BYTES:
            rng.choice(DATABASE_DAMAGE)(data, rng)
    return bytes(data)


def change_rows(path, seed):
    """Write values into a database's rows that SQLite accepts, but are invalid for HomeSec."""
    rng = random.Random(seed)
    tables = ("clips", "jobs", "notes", "visits", "tracks", "texts", "text_stills", "elsewhere")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        triggers = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:  # they would refuse some values
            database.execute(f"DROP TRIGGER {name}")
        for _ in range(rng.choice((1, 2, 5, 20))):
            _change_row(database, rng.choice(tables), rng)
        for _, sql in triggers:
            database.execute(sql)


def _change_row(database, table, rng):
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    column, key = rng.choice(columns), columns[0]
    keys = [row[0] for row in database.execute(f"SELECT {key} FROM {table} ORDER BY 1")]
    with suppress(sqlite3.IntegrityError):  # a primary key may refuse text
        database.execute(
            f"UPDATE {table} SET {column} = ? WHERE {key} IS ?",
            (rng.choice(VALUES), rng.choice(keys or [None])),
        )
