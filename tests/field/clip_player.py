"""Play a clip in a real browser, and read the numbers of the frames that it shows."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import re
from threading import Thread

import pytest
from videos import GROUND

from homesec_dev.browser import Browser

SEEKS = (0.05, 0.5, 0.27, 0.71, 0.93)
"""Where to seek to, as parts of the clip."""
_SCRIPT = """
(async () => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const wait = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, () => resolve(), {once: true});
    video.addEventListener('error', () => reject(new Error(video.error.message)), {once: true});
    setTimeout(() => reject(new Error('no ' + name)), 20000);
  });
  const painted = () => new Promise((resolve) => {
    video.requestVideoFrameCallback(() => resolve());
    setTimeout(resolve, 2000);
  });
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const number = () => {
    canvas.canvas.width = video.videoWidth;
    canvas.canvas.height = video.videoHeight;
    canvas.drawImage(video, 0, 0);
    let found = 0;
    for (let bit = 0; bit < 12; bit++) {
      const pixels = canvas.getImageData(bit * 16 + 4, 4, 8, 8).data;
      let sum = 0;
      for (let at = 0; at < pixels.length; at += 4) sum += pixels[at];
      if (sum / (pixels.length / 4) > GROUND) found |= 1 << bit;
    }
    return found;
  };
  let next = wait('loadeddata'), frame = painted();
  video.src = 'clip.mp4';
  await next;
  await frame;
  const first = number();
  next = wait('ended');
  video.playbackRate = 4;
  video.play().catch(() => {});  // a short clip ends before it has begun
  await next;
  const seconds = video.duration, frames = video.getVideoPlaybackQuality().totalVideoFrames;
  const seeks = [];
  for (const part of SEEKS) {
    next = wait('seeked');
    frame = painted();
    video.currentTime = part * seconds;
    await next;
    await frame;
    seeks.push(number());
  }
  video.remove();
  return {first, seconds, frames, seeks};
})()
""".replace("GROUND", str(GROUND)).replace("SEEKS", str(list(SEEKS)))


@dataclass(frozen=True)
class Played:
    """What a browser showed of a clip."""

    first: int  # number of the first frame
    seconds: float
    frames: int
    seeks: list  # numbers of the frames at ``SEEKS``

    @staticmethod
    def sought(count):
        """Return which of ``count`` frames are shown at ``SEEKS``."""
        return [int(part * count + 1e-6) for part in SEEKS]


@pytest.fixture(scope="module")
def chromium():
    """One browser for all clips of a module."""
    with Browser() as page:
        yield page


@pytest.fixture
def browser(chromium):
    """Return a browser to play clips with."""
    return chromium


def play(browser, path):
    """Play a clip to its end, and seek in it; raise what stops the browser."""
    with _Server(path) as server:
        browser.open(f"http://127.0.0.1:{server.server_port}/")
        return Played(**browser.evaluate(_SCRIPT))


class _Server(ThreadingHTTPServer):
    """Serves a page, and a clip as a web server does: in ranges."""

    daemon_threads = False  # closing waits for them

    def __init__(self, path):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.clip = path.read_bytes()
        Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        data = self.server.clip if self.path.endswith(".mp4") else b"<body></body>"
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        end = min(int(asked[2]) + 1 if asked and asked[2] else len(data), len(data))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Type", "video/mp4" if data[4:8] == b"ftyp" else "text/html")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[start:end])

    def log_message(self, *_):
        pass
