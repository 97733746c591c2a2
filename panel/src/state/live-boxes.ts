/** The boxes of what counts as detected in a camera's pictures, while they are shown. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { PreviewBox, ZonesPreview } from "../data/types.ts";
import { Observable } from "./observable.ts";

/** How long boxes are shown if no more come. They come about once a second. */
const SHOWN_S = 2;
/** How far a picture may be from the one that its boxes are of. */
const NEAR_S = 0.75;
/** How late video may be for which boxes are kept. */
const KEPT_S = 60;
/** Times of live video are told modulo so many seconds. */
const PERIOD_S = 1000;

interface TimedBoxes {
  boxes: readonly PreviewBox[];
  /** When they arrived. */
  at: number;
  /** When their picture is in live video. */
  liveT: number | undefined;
}

type BoxApi = Pick<Api, "zones" | "previewZones">;

export class LiveBoxes extends Observable {
  /** Of the last pictures, the newest at the end. */
  private kept: TimedBoxes[] = [];
  private stop: Unsubscribe | null = null;
  /** The camera whose boxes are wanted; null: none are. */
  private camera: string | null = null;

  /** `clock` returns the seconds since any moment. */
  constructor(
    private readonly api: BoxApi,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {
    super();
  }

  /** Follow a camera's boxes, or none. Rejects if the user may not see them. */
  async follow(camera: string | null): Promise<void> {
    if (camera === this.camera) return;
    this.camera = camera;
    this.stop?.();
    this.stop = null;
    this.kept = [];
    this.changed();
    if (camera === null) return;
    try {
      const { zones } = await this.api.zones(camera);
      if (camera !== this.camera) return;
      const stop = await this.api.previewZones(camera, zones, (preview) => {
        if (camera === this.camera) this.add(preview);
      });
      if (camera === this.camera) this.stop = stop;
      else stop();
    } catch (error) {
      if (camera !== this.camera) return;
      this.camera = null;
      throw error;
    }
  }

  /** Return the boxes of the newest picture, or of what live video shows at a time of its own. */
  current(liveT: number | null = null): readonly PreviewBox[] {
    if (liveT !== null) return this.nearest(liveT);
    const newest = this.kept.at(-1);
    return newest && this.clock() - newest.at < SHOWN_S ? newest.boxes : [];
  }

  private nearest(liveT: number): readonly PreviewBox[] {
    let found: readonly PreviewBox[] = [];
    let least = NEAR_S;
    for (const each of this.kept) {
      if (each.liveT === undefined) continue;
      const apart = Math.abs(distance(each.liveT, liveT));
      if (apart <= least) [found, least] = [each.boxes, apart];
    }
    // Video that is hardly late can be ahead of the detector.
    const newest = this.kept.at(-1);
    if (least < NEAR_S || newest?.liveT === undefined) return found;
    const ahead = distance(newest.liveT, liveT);
    return ahead > 0 && ahead < SHOWN_S ? newest.boxes : found;
  }

  private add(preview: ZonesPreview | { unavailable: boolean }): void {
    // HomeSec may be reloading.
    const at = this.clock();
    if ("boxes" in preview) {
      const boxes = preview.boxes.filter(({ counts }) => counts);
      this.kept = this.kept.filter((each) => at - each.at < KEPT_S);
      this.kept.push({ boxes, at, liveT: preview.live_t });
    } else {
      this.kept = [];
    }
    this.changed();
  }
}

/** Return the seconds from one time to another, of which only the remainders are known. */
function distance(from: number, to: number): number {
  const apart = (((to - from) % PERIOD_S) + PERIOD_S) % PERIOD_S;
  return apart < PERIOD_S / 2 ? apart : apart - PERIOD_S;
}
