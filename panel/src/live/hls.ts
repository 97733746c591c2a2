/** Live video over HLS, from Home Assistant's `stream`: played by the browser, or by hls.js. */

import type Hls from "hls.js/light";

import type { Hass } from "../ha/hass.ts";
import type { LiveReport } from "./player.ts";
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
export async function openHls(options: HlsOptions): Promise<void> {
  const { hass, entity, video, signal } = options;
  const { url } = await hass.callWS<{ url: string }>({ type: "camera/stream", entity_id: entity });
  const player = await loadPlayer(options);
  signal.throwIfAborted();
  if (player) playWith(player, url, options);
  else if (playsHls(video)) playNatively(url, options);
  else throw new Error("This browser doesn't play HLS.");
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

function playWith(player: typeof Hls, url: string, options: HlsOptions): void {
  const hls = new player(settings());
  prepare(options, () => hls.destroy());
  hls.on(player.Events.MANIFEST_PARSED, () => play(options));
  hls.on(player.Events.ERROR, (_event, { fatal, details }) => {
    if (!fatal) return;
    if (UNPLAYABLE.has(details)) options.report.unplayable();
    else options.report.failed();
  });
  followTime(player, hls, options);
  hls.loadSource(url);
  hls.attachMedia(options.video);
}

/**
 * Tell which time of live video is shown.
 *
 * Home Assistant keeps the camera's time stamps, and hls.js tells how far they are from the element's
 * own time. The dates in the playlist don't help: they count from when Home Assistant was ready.
 */
function followTime(player: typeof Hls, hls: Hls, { video, report }: HlsOptions): void {
  let offsets: ({ baseTime: number; timescale: number } | undefined)[] = [];
  let discontinuity: number | null = null;
  hls.on(player.Events.INIT_PTS_FOUND, (_event, { timestampOffsets }) => {
    offsets = timestampOffsets;
  });
  hls.on(player.Events.FRAG_CHANGED, (_event, { frag }) => {
    discontinuity = frag.cc;
  });
  report.timed(() => {
    const offset = discontinuity === null ? undefined : offsets[discontinuity];
    return offset ? video.currentTime + offset.baseTime / offset.timescale : null;
  });
}

function playNatively(url: string, options: HlsOptions): void {
  prepare(options, () => undefined);
  options.video.src = url;
  play(options);
}

/** Report what the element does, and let go of the stream in the end. */
function prepare({ video, report, signal }: HlsOptions, end: () => void): void {
  video.addEventListener("playing", report.playing, { signal });
  video.addEventListener("error", report.failed, { signal });
  const stop = (): void => {
    end();
    video.removeAttribute("src");
    video.load(); // closes the connection
  };
  signal.addEventListener("abort", stop, { once: true });
}

function play({ video, report, silenced }: HlsOptions): void {
  startPlaying(video).then(
    (sound) => sound || silenced(),
    () => report.failed(),
  );
}
