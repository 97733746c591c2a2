"""Arrivals between two keyframes, whose truth is known."""

import json

from bench import arrivals


def test_arrivals_between_keyframes_are_only_found_by_who_looks_between_them(tmp_path, monkeypatch):
    monkeypatch.setattr(arrivals, "GAPS_S", (2, 5))
    monkeypatch.setattr(arrivals, "ARRIVALS", 2)
    monkeypatch.setattr(arrivals, "MAIN", (320, 180))
    monkeypatch.setattr(arrivals, "DETECT", (160, 90))
    target = tmp_path / "figures.json"
    arrivals.run(target, arrivals=2, repeats=2)
    rows = {(row["watched"], row["gap_s"]): row for row in json.loads(target.read_text())["rows"]}
    missed = {key: row["missed"] for key, row in rows.items()}
    assert {row["arrivals"] for row in rows.values()} == {4}
    assert missed["keyframes only (economy)", 5] == missed["automatic", 2] == 4
    assert missed["automatic", 5] == 0
    assert missed["automatic, detect stream", 2] == missed["automatic, detect stream", 5] == 0
    assert missed["keyframes only, sensor", 5] == missed["automatic, sensor", 2] == 0
    assert rows["automatic, detect stream", 2]["late_s"]["most"] <= 1.0  # of the film
