"""A file that ends the worker is damaged; a worker that ends by chance costs no clip."""

import errno
from pathlib import Path

from library_rig import clip_row
import pytest

from custom_components.homesec.engine.core.damaged_files import is_damage
from custom_components.homesec.engine.core.errors import (
    ClipDamaged,
    RecordingError,
    WorkerDied,
    WorkerMissing,
)
from custom_components.homesec.engine.worker.retried_tools import RetriedTools

FINAL = Path("/clips/door/2027-01-15/x.mp4")
CALLS = {
    "finalize": lambda tools: tools.finalize(FINAL, None),
    "read_index": lambda tools: tools.read_index(FINAL),
}


class Tools:
    """Raises what it has, one after the other, and then returns."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def work(self, *_):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    finalize = discard_empty = read_index = write_still = work


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_call_is_repeated_after_one_death(call):
    tools = Tools(WorkerDied("signal 9"))
    assert call(RetriedTools(lambda: tools)) == "done"
    assert tools.calls == 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_file_that_ends_the_worker_twice_is_damaged(call):
    tools = Tools(WorkerDied("signal 11"), WorkerDied("signal 11"))
    with pytest.raises(ClipDamaged) as caught:
        call(RetriedTools(lambda: tools))
    assert is_damage(caught.value, FINAL)
    assert tools.calls == 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_missing_worker_is_no_damage(call, tmp_path):
    tools = Tools(WorkerMissing())
    with pytest.raises(BlockingIOError) as caught:
        call(RetriedTools(lambda: tools))
    assert caught.value.errno == errno.EAGAIN
    assert not is_damage(caught.value, tmp_path)
    assert tools.calls == 1


@pytest.mark.parametrize("error", [RecordingError(), OSError(errno.ENOSPC, "full"), ValueError()])
def test_other_error_is_raised_as_it_is(error):
    tools = Tools(error)
    with pytest.raises(type(error)):
        RetriedTools(lambda: tools).finalize(FINAL, None)
    assert tools.calls == 1


@pytest.mark.parametrize("errors", [[WorkerDied(), WorkerDied()], [WorkerMissing()]])
def test_still_that_cannot_be_made_is_missing(errors, caplog):
    tools = RetriedTools(lambda: Tools(*errors))
    assert tools.write_still(Path("/clips"), clip_row()) is None
    assert "is missing" in caplog.text


def test_empty_file_that_ends_the_worker_is_kept():
    tools = Tools(WorkerDied(), WorkerDied())
    assert RetriedTools(lambda: tools).discard_empty(FINAL) is False
