/** Live video over HLS, from Home Assistant's `stream`: played by the browser, or by hls.js. */

import type Hls from "hls.js/light";

import type { Hass } from "../ha/hass.ts";
import type { LiveReport, LiveVideo } from "./player.ts";
import { startPlaying } from "./start.ts";
import { playsHls } from "./stream-types.ts";

/** A stream that was idle has no segment yet, and its playlist waits for the first one. */
const PATIENCE_MS = 30_000;

/** What hls.js reports if the browser lacks the codec, such as H.265. */
const UNPLAYABLE: ReadonlySet<string> = new Set([
  "manifestIncompatibleCodecsError",
  "bufferAddCodecError",
  "bufferIncompatibleCodecsError",
]);

export interface HlsOptions {
  hass: Pick<Hass, "callWS">;
  entity: string;
  video: HTMLVideoElement;
  report: LiveReport;
  /** Ends the video. */
  signal: AbortSignal;
  /** Called if the browser plays without sound only. */
  silenced: () => void;
  /** Load hls.js, which is a file of its own: most pages never need it. */
  load?: () => Promise<typeof Hls>;
}

async function loadHls(): Promise<typeof Hls> {
  return (await import("hls.js/light")).default;
}

/** Open live video. Rejects if the camera has no stream or the browser can't play it. */
export async function openHls(options: HlsOptions): Promise<LiveVideo> {
  const { hass, entity, video, signal } = options;
  const { url } = await hass.callWS<{ url: string }>({ type: "camera/stream", entity_id: entity });
  const player = await loadPlayer(options);
  signal.throwIfAborted();
  if (player) return new PlayedHls(new player(settings()), player, url, options);
  if (playsHls(video)) return new NativeHls(url, options);
  throw new Error("This browser doesn't play HLS.");
}

/** Return hls.js where it works. It's closer to the present than what browsers play themselves. */
async function loadPlayer({ load = loadHls, video }: HlsOptions): Promise<typeof Hls | null> {
  try {
    const player = await load();
    return player.isSupported() ? player : null;
  } catch (error) {
    if (playsHls(video)) return null;
    throw error;
  }
}

function settings(): Partial<Hls["config"]> {
  return {
    lowLatencyMode: true,
    maxLiveSyncPlaybackRate: 1.5, // catches up after a pause of the network
    backBufferLength: 20,
    fragLoadingTimeOut: PATIENCE_MS,
    levelLoadingTimeOut: PATIENCE_MS,
    manifestLoadingTimeOut: PATIENCE_MS,
  };
}

/** What both kinds have in common. */
abstract class HlsVideo implements LiveVideo {
  constructor(protected readonly options: HlsOptions) {
    const { video, report, signal } = options;
    video.addEventListener("playing", report.playing, { signal });
    video.addEventListener("error", report.failed, { signal });
    signal.addEventListener("abort", () => this.stop(), { once: true });
  }

  abstract behind(): number;

  protected stop(): void {
    const { video } = this.options;
    video.removeAttribute("src");
    video.load(); // lets go of the connection
  }

  protected play(): void {
    startPlaying(this.options.video).then(
      (sound) => sound || this.options.silenced(),
      () => this.options.report.failed(),
    );
  }
}

class PlayedHls extends HlsVideo {
  constructor(
    private readonly hls: Hls,
    player: typeof Hls,
    url: string,
    options: HlsOptions,
  ) {
    super(options);
    hls.on(player.Events.MANIFEST_PARSED, () => this.play());
    hls.on(player.Events.ERROR, (_event, { fatal, details }) => {
      if (!fatal) return;
      if (UNPLAYABLE.has(details)) options.report.unplayable();
      else options.report.failed();
    });
    hls.loadSource(url);
    hls.attachMedia(options.video);
  }

  behind(): number {
    return Math.max(0, this.hls.latency);
  }

  protected override stop(): void {
    this.hls.destroy();
    super.stop();
  }
}

class NativeHls extends HlsVideo {
  constructor(url: string, options: HlsOptions) {
    super(options);
    options.video.src = url;
    this.play();
  }

  behind(): number {
    const { seekable, currentTime } = this.options.video;
    if (!seekable.length) return 0;
    return Math.max(0, seekable.end(seekable.length - 1) - currentTime);
  }
}
