/** The boxes of what counts as detected in a camera's pictures, while they are shown. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { PreviewBox, ZonesPreview } from "../data/types.ts";
import { Observable } from "./observable.ts";

/** Longer than video is behind the present. */
const KEPT_S = 30;
/** How far a picture and its boxes may be apart. Boxes come about once a second. */
const APART_S = 1.5;

type BoxApi = Pick<Api, "zones" | "previewZones">;

export class LiveBoxes extends Observable {
  private previews: { at: number; boxes: readonly PreviewBox[] }[] = [];
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
    this.previews = [];
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

  /** Return the boxes of the picture of some seconds ago. */
  boxesBefore(seconds: number): readonly PreviewBox[] {
    const at = this.clock() - seconds;
    let nearest = { apart: APART_S, boxes: [] as readonly PreviewBox[] };
    for (const preview of this.previews) {
      const apart = Math.abs(preview.at - at);
      if (apart <= nearest.apart) nearest = { apart, boxes: preview.boxes };
    }
    return nearest.boxes;
  }

  private add(preview: ZonesPreview | { unavailable: boolean }): void {
    if ("unavailable" in preview) this.previews = []; // HomeSec is reloading
    else {
      // By the time of arrival: the clocks of the browser and of Home Assistant may differ.
      const at = this.clock();
      this.previews = this.previews.filter((each) => at - each.at < KEPT_S);
      this.previews.push({ at, boxes: preview.boxes.filter(({ counts }) => counts) });
    }
    this.changed();
  }
}
