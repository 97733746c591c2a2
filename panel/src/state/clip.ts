/** The clip that is shown, updated while it is recorded and uploaded. */

import type { Api } from "../data/api.ts";
import type { ClipDetail, ClipEvent, ClipFilter } from "../data/types.ts";
import { ClipSubscription } from "./subscription.ts";

type ClipApi = Pick<Api, "clip" | "subscribeClips">;

export class ClipStore extends ClipSubscription {
  detail: ClipDetail | null = null;
  error: unknown = null;
  deleted = false;
  private id = "";
  private filter: ClipFilter = {};

  constructor(protected override readonly api: ClipApi) {
    super(api);
  }

  /** Show a clip. Its neighbors are the previous and next clip that match the filter. */
  async show(id: string, filter: ClipFilter): Promise<void> {
    if (id !== this.id) this.detail = null;
    this.id = id;
    this.filter = filter;
    this.deleted = false;
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

  protected override handleEvent(event: ClipEvent): void {
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
        this.deleted = true;
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
      // Tracks are available when the clip is finished.
      if (finished) void this.show(this.id, this.filter);
    } else if (this.detail.next === null && clip.id > this.id) {
      void this.show(this.id, this.filter); // the clip has a newer neighbor now
    }
  }
}
