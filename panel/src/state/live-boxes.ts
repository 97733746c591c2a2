/** The boxes of what the detector finds in a camera's pictures, while they are shown. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { PreviewBox, ZonesPreview } from "../data/types.ts";
import { Observable } from "./observable.ts";

/** Longer than video is behind the present. */
const KEPT_S = 30;
/** How far a picture and its boxes may be apart. Boxes come about once a second. */
const APART_S = 1.5;

type BoxApi = Pick<Api, "zones" | "previewZones">;

export class LiveBoxes extends Observable {
  private previews: ZonesPreview[] = [];
  private stop: Unsubscribe | null = null;
  /** The camera whose boxes are wanted; null: none are. */
  private camera: string | null = null;

  constructor(private readonly api: BoxApi) {
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

  /** Return the boxes of the picture taken at this time, in epoch seconds; null: of the newest. */
  boxesAt(at: number | null): readonly PreviewBox[] {
    if (at === null) return this.previews.at(-1)?.boxes ?? [];
    let nearest: ZonesPreview | null = null;
    for (const preview of this.previews) {
      const apart = Math.abs(preview.at - at);
      if (apart <= APART_S && apart < Math.abs((nearest?.at ?? Infinity) - at)) nearest = preview;
    }
    return nearest?.boxes ?? [];
  }

  private add(preview: ZonesPreview | { unavailable: boolean }): void {
    if ("unavailable" in preview) this.previews = []; // HomeSec is reloading
    else {
      this.previews = this.previews.filter(({ at }) => preview.at - at < KEPT_S);
      this.previews.push(preview);
    }
    this.changed();
  }
}
