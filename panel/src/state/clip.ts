/** One clip that is looked at: loaded by its id, followed while it grows and is uploaded. */

import type { Api } from "../data/api.ts";
import type { ClipDetail, ClipEvent, ClipFilter } from "../data/shapes.ts";
import { Following } from "./following.ts";

type ClipApi = Pick<Api, "clip" | "subscribeClips">;

export class ClipStore extends Following {
  detail: ClipDetail | null = null;
  error: unknown = null;
  gone = false;
  private id = "";
  private filter: ClipFilter = {};

  constructor(protected override readonly api: ClipApi) {
    super(api);
  }

  /** Show a clip; its neighbours are those of the filter that it was found with. */
  async show(id: string, filter: ClipFilter): Promise<void> {
    if (id !== this.id) this.detail = null;
    this.id = id;
    this.filter = filter;
    this.gone = false;
    this.error = null;
    this.changed();
    try {
      const detail = await this.api.clip(id, filter);
      if (id !== this.id) return;
      this.detail = detail;
    } catch (error) {
      if (id !== this.id) return;
      this.error = error;
    }
    this.changed();
  }

  protected override take(event: ClipEvent): void {
    if ("unavailable" in event) {
      if (!event.unavailable) void this.show(this.id, this.filter);
      return;
    }
    if ("stale" in event) {
      if (this.id) void this.show(this.id, this.filter);
      return;
    }
    if ("removed" in event) {
      if (event.removed === this.id) {
        this.gone = true;
        this.changed();
      }
      return;
    }
    const { clip } = event;
    if (!this.detail) return;
    if (clip.id === this.id) {
      const finished = this.detail.clip.state === "recording" && clip.state !== "recording";
      this.detail = { ...this.detail, clip };
      this.changed();
      // Who was where is known when it is finished.
      if (finished) void this.show(this.id, this.filter);
    } else if (this.detail.next === null && clip.id > this.id) {
      void this.show(this.id, this.filter); // a newer one to go on to
    }
  }
}
