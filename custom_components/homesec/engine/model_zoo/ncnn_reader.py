"""Check an ncnn graph, the ``.param`` text of a network, before ncnn reads it."""

from __future__ import annotations

MAGIC = "7767517"
"""The first line of every ``.param`` file."""


def check_param(text: str) -> None:
    """Raise ValueError unless the text is an ncnn graph: a layer a line, each with its blobs.

    A line reads: type, name, number of inputs, number of outputs, their names, parameters.
    """
    lines = [words for line in text.splitlines() if (words := line.split())]
    if len(lines) < 3 or lines[0] != [MAGIC]:
        raise ValueError("It is not an ncnn graph")
    for words in lines[2:]:  # the second line only has the numbers of layers and blobs
        _check_layer(words)


def _check_layer(words: list[str]) -> None:
    try:
        name, inputs, outputs = words[1], int(words[2]), int(words[3])
    except IndexError, ValueError:
        raise ValueError("It is not an ncnn graph") from None
    blobs = words[4 : 4 + max(0, inputs) + max(0, outputs)]
    if min(inputs, outputs) < 0 or len(blobs) != inputs + outputs:
        raise ValueError(f"The layer {name} has not the blobs that it names")
