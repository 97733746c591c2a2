"""Files and databases damaged in many ways, each way told by its seed."""

import random
import sqlite3

PAGE_BYTES = 4096
BOXES = (b"ftyp", b"moov", b"moof", b"mdat", b"trak", b"stsd", b"stsz", b"stco", b"trun", b"tfhd")
"""Names that are found somewhere in a clip's file."""


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
    """Damage the size or the name of a box, or a number just behind."""
    places = [at for name in BOXES for at in _places(data, name)]
    at = rng.choice(places or [4])
    field = min(at + rng.choice((-4, 0, 4, 8, 12, 16)), len(data) - 4)
    value = rng.choice((bytes(4), b"\xff" * 4, b"\x7f" + b"\xff" * 3, rng.randbytes(4)))
    if rng.random() < 0.5:
        data[field + rng.randrange(4)] ^= 1 << rng.randrange(8)
    else:
        data[field : field + 4] = value


def _places(data, name):
    found, at = [], data.find(name)
    while at >= 0:
        found.append(at)
        at = data.find(name, at + 1)
    return found


FILM_DAMAGE = (flip_bits, cut_off, leave_out, splice_junk, overwrite, change_box, change_box)


def damaged_film(whole, seed):
    """Return what one kind of damage, or two, make of a clip's file."""
    rng, data = random.Random(seed), bytearray(whole)
    for _ in range(rng.choice((1, 1, 1, 2))):
        if len(data) > 100:
            rng.choice(FILM_DAMAGE)(data, rng)
    return bytes(data)


def change_fourcc(data, name, new):
    """Return a film whose codec goes by a name that nobody knows: one bit of it is another."""
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
    """Damage the file's first 100 bytes, or the head of a page."""
    at = rng.choice((0, rng.randrange(max(1, len(data) // PAGE_BYTES)) * PAGE_BYTES))
    data[at + rng.randrange(100 if at == 0 else 12)] = rng.randrange(256)


def change_text(data, rng):
    """Put bytes that are no UTF-8 into a word."""
    words = (b"saved", b"presence", b"stored", b"person", b"upload", b"CREATE", b"clips", b"door")
    places = [at for word in words for at in _places(data, word)]
    if places:
        data[rng.choice(places)] = rng.choice((0xFF, 0xC3, 0x00, 0x80, ord("x")))


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


def damaged_database(whole, seed):
    """Return what one kind of damage, or two, make of a database's file."""
    rng, data = random.Random(seed), bytearray(whole)
    for _ in range(rng.choice((1, 1, 2))):
        if len(data) > 2 * PAGE_BYTES:
            rng.choice(DATABASE_DAMAGE)(data, rng)
    return bytes(data)


def change_rows(path, seed):
    """Write values into a database's rows that SQLite takes and no reader of ours expects."""
    rng = random.Random(seed)
    database = sqlite3.connect(path)
    tables = ("clips", "jobs", "notes", "visits", "tracks", "texts", "text_stills", "elsewhere")
    with database:
        for _ in range(rng.choice((1, 2, 5))):
            table = rng.choice(tables)
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            value = rng.choice(
                ("", "x", "\0", "..", "/etc", "[", "{}", "null", b"\xff\xfe", -1, 2**62, 1e300, 0.5)
            )
            where = "rowid" if table in ("jobs", "visits", "tracks", "text_stills") else columns[0]
            database.execute(
                f"UPDATE OR IGNORE {table} SET {rng.choice(columns)} = ?"
                f" WHERE {where} = (SELECT {where} FROM {table} ORDER BY random() LIMIT 1)",
                (value,),
            )
    database.close()
