"""Texts of a running engine."""

import threading
import time

from disk_store import DiskStore
from engine_rig import EngineRig, file_camera
import pytest
from small_disks import full_disk, worn_card
from sms_factories import account, message
from twilio_server import Fault, Kind

from custom_components.homesec.engine.core.events import DetectionStarted
from custom_components.homesec.engine.sms.types import RecipientChanged, TextSent


def send(engine, number=1):
    engine.sms.send(message(number, at=time.time()))


def test_engine_sends_texts(rig, twilio):
    rig.engine.sms.set_recipients({"anna": account()})
    send(rig.engine)
    rig.wait(lambda: rig.of(TextSent))
    assert len(twilio.messages) == 1
    assert rig.of(RecipientChanged)


def test_hanging_upload_delays_no_text(rigs, tmp_path, twilio):
    gate, inside = threading.Event(), threading.Event()

    class Hanging(DiskStore):
        def list(self, *_, **__):
            inside.set()
            gate.wait(20)
            return iter(())

    rig = rigs(cloud=Hanging(tmp_path / "cloud"))
    rig.engine.sms.set_recipients({"anna": account()})
    assert inside.wait(20)  # the alerts' folder is looked at
    send(rig.engine)
    rig.wait(lambda: rig.of(TextSent))
    gate.set()


@pytest.mark.parametrize("kind", [full_disk, worn_card])
def test_alert_is_sent_while_disk_refuses(kind, make_video, tmp_path, twilio):
    with kind(tmp_path / "disk") as disk, EngineRig(disk.folder) as rig:
        rig.engine.sms.set_recipients({"anna": account()})
        disk.fail()
        rig.play(file_camera(make_video(seconds=8, walks=((2.0, 6.0),))))
        assert rig.failed()
        assert len(rig.of(DetectionStarted)) == 1
        send(rig.engine)
        rig.wait(lambda: rig.of(TextSent))
    assert len(twilio.messages) == 1


def test_hanging_twilio_delays_no_stop(rig, twilio):
    twilio.add(Fault(kind=Kind.HANG))
    rig.engine.sms.set_recipients({"anna": account()})
    send(rig.engine)
    while not twilio.asked("POST"):
        twilio.released.wait(0.02)
    began = time.monotonic()
    rig.engine.stop()
    assert time.monotonic() - began < 5
    # The request is answered now, and its thread is abandoned.
    twilio.released.set()
    for thread in threading.enumerate():
        if thread.name == "homesec-twilio":
            thread.join(10)
