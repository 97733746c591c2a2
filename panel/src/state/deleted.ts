/** Recently deleted, newest deletion first, loaded page by page and updated by events. */

import type { Api } from "../data/api.ts";
import type { ClipEvent, DeletedClip, Refusal } from "../data/types.ts";
import { ClipSubscription } from "./subscription.ts";

export const PAGE_SIZE = 60;
const MAX_LIMIT = 200; // the server's limit for one page

type DeletedApi = Pick<Api, "deletedClips" | "restore" | "purge" | "subscribeClips">;

export class DeletedList extends ClipSubscription {
  clips: DeletedClip[] = [];
  total: number | null = null;
  loading = false;
  error: unknown = null;
  private cursor: string | null = null;
  /** Something changed while a page was being loaded. */
  private outdated = false;

  constructor(protected override readonly api: DeletedApi) {
    super(api);
  }

  get complete(): boolean {
    return this.total !== null && this.cursor === null;
  }

  /** Load as many clips again as there are now, at least a page. */
  async refresh(): Promise<void> {
    if (this.loading) {
      this.outdated = true;
      return;
    }
    const limit = Math.min(MAX_LIMIT, Math.max(PAGE_SIZE, this.clips.length));
    await this.load(null, limit);
  }

  async loadMore(): Promise<void> {
    if (!this.loading && !this.complete) await this.load(this.cursor, PAGE_SIZE);
  }

  async restore(ids: string[]): Promise<Refusal[]> {
    const { restored, refused } = await this.api.restore(ids);
    this.remove(restored);
    return refused;
  }

  async purge(ids: string[], pin: string | null): Promise<Refusal[]> {
    const { purged, refused } = await this.api.purge(ids, pin);
    this.remove(purged);
    return refused;
  }

  private async load(cursor: string | null, limit: number): Promise<void> {
    this.loading = true;
    this.error = null;
    this.changed();
    try {
      const page = await this.api.deletedClips(cursor, limit);
      const known = new Set(page.clips.map((clip) => clip.id));
      const before = cursor === null ? [] : this.clips.filter((clip) => !known.has(clip.id));
      this.clips = [...before, ...page.clips];
      this.cursor = page.cursor;
      this.total = page.total ?? this.total;
    } catch (error) {
      this.error = error;
    }
    this.loading = false;
    this.changed();
    if (this.outdated) {
      this.outdated = false;
      await this.refresh();
    }
  }

  private remove(ids: string[]): void {
    const removed = new Set(ids);
    const left = this.clips.filter((clip) => !removed.has(clip.id));
    if (this.total !== null) this.total -= this.clips.length - left.length;
    this.clips = left;
    this.changed();
  }

  /** A removed clip was deleted or purged; a changed one in the list was restored. */
  protected override handleEvent(event: ClipEvent): void {
    if ("clip" in event) {
      if (this.clips.some((clip) => clip.id === event.clip.id)) this.remove([event.clip.id]);
    } else if (!("unavailable" in event) || !event.unavailable) {
      void this.refresh();
    }
  }
}

/** Return how many days are left, at least 0; null for a clip that does not expire. */
export function daysLeft(clip: DeletedClip, now: number): number | null {
  return clip.expires === null ? null : Math.max(0, Math.ceil((clip.expires - now) / 86_400));
}
