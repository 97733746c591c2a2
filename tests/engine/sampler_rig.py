"""A frame sampler fed with a video."""

from engine_rig import camera, media_packets, split_video
from videos import number_of

from custom_components.homesec.engine.camera.frame_sampler import DecodeMode, FrameSampler
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.engine.media.packet_buffer import PreRollBuffer


class SamplerRig:
    """Feeds a video to a sampler packet by packet; collects frames and modes."""

    def __init__(self, video, *, buffer_s=8.0, **settings):
        self.packets = split_video(media_packets(video))[0]
        self.buffer = PreRollBuffer(buffer_s)
        config = camera(SourceConfig(kind=SourceKind.FILE), **settings)
        self.sampler = FrameSampler(config, self.buffer)
        self.frames = []
        self.modes = []

    def play(self, *, until=None, present=lambda t: False, watched=lambda t: False):
        while self.packets and (until is None or self.packets[0].t < until):
            packet = self.packets.pop(0)
            self.buffer.push(packet)
            self.frames += self.sampler.feed(
                packet, present=present(packet.t), watched=watched(packet.t)
            )
            self.modes.append((packet.t, self.sampler.mode))
        return self

    def numbers(self, since=0):
        return [number_of(x.frame.picture) for x in self.frames if x.frame.t >= since]

    def decodes_keyframes_at(self, t):
        return next(mode for when, mode in self.modes if when >= t) is DecodeMode.KEYFRAMES
