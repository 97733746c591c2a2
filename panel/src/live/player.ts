/** Which kind of live video a camera is shown with, and what follows when one fails. */

import { Observable } from "../state/observable.ts";

/** How a camera's live video gets to the browser, as Home Assistant names it. */
export type StreamType = "web_rtc" | "hls";

/** What live video reports about itself. */
export interface LiveReport {
  /** Pictures are shown. */
  playing(): void;
  /** No more pictures come. */
  failed(): void;
  /** The browser can't play what the camera sends, so it needn't be tried again. */
  unplayable(): void;
  /** Which time of live video is shown can be told from now on, by this function. */
  timed(liveT: () => number | null): void;
}

export interface LiveOptions {
  /** The stream types that the camera offers and the browser can play, the best first. */
  types(): Promise<readonly StreamType[]>;
  /** Open live video. Rejects if there is none. It ends, and reports nothing more, with the signal. */
  open(type: StreamType, report: LiveReport, signal: AbortSignal): Promise<void>;
}

/** How long to wait for the first picture. HLS has to fill its first segments. */
const FIRST_PICTURE_MS: Record<StreamType, number> = { web_rtc: 10_000, hls: 25_000 };
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 120_000;
/** When video that has played for so long fails, the pauses begin with the shortest again. */
const STEADY_MS = 30_000;

/**
 * Plays a camera's live video in the best way that works.
 *
 * If a stream type shows no picture, the next one is tried. If none is left, or if video that had
 * played fails, everything is tried again after a pause, which gets longer each time.
 */
export class LivePlayer extends Observable {
  /** The stream type that plays; null: none does, so pictures are shown instead. */
  playing: StreamType | null = null;
  /** Returns the time of live video that is shown, in its own seconds; null: nothing tells. */
  liveT: () => number | null = () => null;
  private failures = 0;
  private startedPlaying = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What the browser can't play of this camera. */
  private readonly unplayable = new Set<StreamType>();
  /** Ends what is being tried or played. */
  private controller = new AbortController();

  constructor(private readonly options: LiveOptions) {
    super();
  }

  start(): void {
    this.failures = 0;
    this.unplayable.clear();
    void this.tryAll();
  }

  stop(): void {
    this.begin();
  }

  private async tryAll(): Promise<void> {
    const signal = this.begin();
    let types: readonly StreamType[];
    try {
      types = await this.options.types();
    } catch {
      // The camera is starting, or the connection to Home Assistant is lost.
      if (!signal.aborted) this.tryLater();
      return;
    }
    if (signal.aborted) return;
    const playable = types.filter((type) => !this.unplayable.has(type));
    if (playable.length) this.tryNext(playable);
  }

  private tryNext([type, ...others]: readonly StreamType[]): void {
    if (type === undefined) {
      this.tryLater();
      return;
    }
    const signal = this.begin();
    const failed = (): void => {
      if (signal.aborted) return;
      if (this.playing === null) this.tryNext(others);
      else this.tryLater();
    };
    const unplayable = (): void => {
      if (!signal.aborted) this.unplayable.add(type);
      failed();
    };
    const playing = (): void => {
      if (signal.aborted || this.playing !== null) return;
      clearTimeout(this.timer);
      this.playing = type;
      this.startedPlaying = performance.now();
      this.changed();
    };
    const timed = (liveT: () => number | null): void => {
      if (!signal.aborted) this.liveT = liveT;
    };
    this.timer = setTimeout(failed, FIRST_PICTURE_MS[type]);
    this.options.open(type, { playing, failed, unplayable, timed }, signal).catch(failed);
  }

  private tryLater(): void {
    if (this.playing !== null && performance.now() - this.startedPlaying > STEADY_MS) {
      this.failures = 0;
    }
    this.begin();
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures += 1;
    this.timer = setTimeout(() => void this.tryAll(), pause);
  }

  /** End what is tried, played, or planned. Return the signal of what comes next. */
  private begin(): AbortSignal {
    clearTimeout(this.timer);
    this.controller.abort();
    this.controller = new AbortController();
    this.liveT = () => null;
    if (this.playing !== null) {
      this.playing = null;
      this.changed();
    }
    return this.controller.signal;
  }
}
