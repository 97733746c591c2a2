/** The boxes of what counts as detected in a camera's pictures, while they are shown. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { PreviewBox, ZonesPreview } from "../data/types.ts";
import { Observable } from "./observable.ts";

/** How long boxes are shown if no more come. They come about once a second. */
const SHOWN_S = 2;

type BoxApi = Pick<Api, "zones" | "previewZones">;

export class LiveBoxes extends Observable {
  private boxes: readonly PreviewBox[] = [];
  /** When they arrived. */
  private at = 0;
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
    this.boxes = [];
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

  /** Return the boxes of the newest picture. */
  current(): readonly PreviewBox[] {
    return this.clock() - this.at < SHOWN_S ? this.boxes : [];
  }

  private add(preview: ZonesPreview | { unavailable: boolean }): void {
    // HomeSec may be reloading.
    this.boxes = "boxes" in preview ? preview.boxes.filter(({ counts }) => counts) : [];
    this.at = this.clock();
    this.changed();
  }
}
