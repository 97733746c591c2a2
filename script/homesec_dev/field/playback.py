"""Whether clips play and seek in a real browser."""

from __future__ import annotations

from io import BytesIO
import json
from typing import TYPE_CHECKING

import av

from ..browser import PageError

if TYPE_CHECKING:
    from ..browser import Browser

_LENGTH_S = 0.5  # by which a clip's length may differ from what HomeSec says
_PLAY = """
(async () => {
  const video = document.createElement("video");
  const happens = (name, seconds) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no ${name}`)), seconds * 1000);
    video.addEventListener(name, resolve, {once: true});
    video.addEventListener("error", () => reject(new Error(video.error.message)), {once: true});
  });
  const reaches = async (t) => {
    for (let n = 0; n < 200 && video.currentTime < t && !video.ended; n++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    if (video.currentTime < t && !video.ended)
      throw new Error(`stands still at ${video.currentTime} of ${video.duration} s`);
  };
  video.muted = true;
  video.src = ADDRESS;
  document.body.append(video);
  try {
    await happens("loadeddata", 20);
    await video.play();
    await reaches(0.4);
    for (const part of [0.6, 0.2, 0.9]) {
      const seeked = happens("seeked", 20);
      video.currentTime = video.duration * part;
      await seeked;
      await reaches(video.duration * part + 0.2);
    }
    return {seconds: video.duration, width: video.videoWidth};
  } finally {
    video.remove();
  }
})()
"""


def playback_fault(browser: Browser, address: str, duration_s: float) -> str | None:
    """Play a clip, and seek to and fro; return what went wrong."""
    try:
        shown = browser.evaluate(_PLAY.replace("ADDRESS", json.dumps(address)))
    except PageError as err:
        return str(err).splitlines()[0]
    if not shown["width"]:
        return "no picture"
    if abs(shown["seconds"] - duration_s) > _LENGTH_S:
        return f"{shown['seconds']:.1f} s instead of {duration_s:.1f} s"
    return None


def decoding_fault(video: bytes, duration_s: float) -> str | None:
    """Decode a clip that the browser can't play; return what went wrong."""
    try:
        with av.open(BytesIO(video), "r") as clip:
            clip.streams.video[0].codec_context.options = {"err_detect": "explode"}
            times = [frame.time for frame in clip.decode(video=0) if frame.time is not None]
    except (av.FFmpegError, IndexError) as err:
        return str(err)
    shown_s = max(times, default=0.0)
    return None if abs(shown_s - duration_s) < _LENGTH_S else f"{shown_s:.1f} s of {duration_s:.1f}"
