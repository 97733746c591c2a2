/** A list of clips, newest first, loaded page by page and updated by events. */

import type { Api } from "../data/api.ts";
import type { Clip, ClipEvent, ClipFilter, ClipPage } from "../data/types.ts";
import { matchesFilter } from "./filters-match.ts";
import { ClipSubscription } from "./subscription.ts";

export const PAGE_SIZE = 100;
const FIRST_PAGE_SIZE = 60;
const MAX_LIMIT = 200; // the server's limit for one page

type ClipApi = Pick<Api, "clips" | "subscribeClips">;

export class ClipList extends ClipSubscription {
  clips: Clip[] = [];
  /** The number of clips that match, if the server has counted them. */
  total: number | null = null;
  loading = false;
  error: unknown = null;
  private cursor: string | null = null;
  private filter: ClipFilter = {};
  private hasFirstPage = false;
  /** Incremented for each new list, so that answers for an earlier one are ignored. */
  private generation = 0;
  /** Events during a request, whose answer may not include them yet. */
  private pendingEvents: ClipEvent[] = [];
  /** The clips may be out of date, and loading them again failed. */
  private outdated = false;

  /** `labelText` translates a label, for searches. */
  constructor(
    protected override readonly api: ClipApi,
    private readonly labelText: (label: string) => string = (label) => label,
  ) {
    super(api);
  }

  get complete(): boolean {
    return this.hasFirstPage && this.cursor === null;
  }

  get ready(): boolean {
    return this.hasFirstPage;
  }

  /** Load the first page for a filter. */
  async show(filter: ClipFilter): Promise<void> {
    this.generation += 1;
    this.filter = filter;
    this.cursor = null;
    this.hasFirstPage = false;
    this.loading = false;
    this.total = null;
    this.outdated = false;
    await this.loadMore();
  }

  /** Load all clips of the list again, keeping the current ones until then. */
  async refresh(): Promise<void> {
    if (!this.hasFirstPage) return this.show(this.filter);
    const generation = ++this.generation;
    this.loading = true;
    this.outdated = false;
    this.pendingEvents = [];
    this.error = null;
    this.changed();
    try {
      const clips: Clip[] = [];
      let cursor: string | null = null;
      let total: number | null = null;
      do {
        const left = this.clips.length - clips.length;
        const limit = Math.min(MAX_LIMIT, Math.max(FIRST_PAGE_SIZE, left));
        const page: ClipPage = await this.api.clips(this.filter, cursor, limit);
        if (generation !== this.generation) return;
        clips.push(...page.clips);
        cursor = page.cursor;
        total = page.total ?? total;
      } while (cursor !== null && clips.length < this.clips.length);
      this.clips = clips;
      this.cursor = cursor;
      this.total = total;
      this.loading = false;
      for (const event of this.pendingEvents) this.apply(event);
    } catch (error) {
      if (generation !== this.generation) return;
      this.error = error;
      this.outdated = true;
    }
    this.loading = false;
    this.changed();
  }

  /** Load again after an error, for example when the engine has started. */
  retry(): void {
    if (this.error) void this.loadMore();
  }

  /** Load the next page, unless the list is complete or a page is being loaded. */
  async loadMore(): Promise<void> {
    if (this.loading) return;
    if (this.outdated) return this.refresh();
    if (this.complete) return;
    const generation = this.generation;
    const first = !this.hasFirstPage;
    this.loading = true;
    this.pendingEvents = [];
    this.error = null;
    this.changed();
    try {
      const page = await this.api.clips(this.filter, this.cursor, first ? FIRST_PAGE_SIZE : PAGE_SIZE);
      if (generation !== this.generation) return;
      this.clips = first ? page.clips : mergeClips(this.clips, page.clips);
      this.cursor = page.cursor;
      this.total = page.total ?? this.total;
      this.hasFirstPage = true;
      this.loading = false;
      for (const event of this.pendingEvents) this.apply(event);
    } catch (error) {
      if (generation !== this.generation) return;
      this.error = error;
      if (first) this.clips = [];
    }
    this.loading = false;
    this.changed();
  }

  /** Load until a time is in the list. Return the index of the newest clip at or before it. */
  async loadUntil(at: number): Promise<number> {
    for (;;) {
      const index = this.clips.findIndex((clip) => clip.event <= at);
      if (index >= 0) return index;
      if (this.complete || this.error) return this.clips.length - 1;
      await this.loadMore();
    }
  }

  /** Remove deleted clips at once, before the server's event. */
  remove(ids: Iterable<string>): void {
    const removed = new Set(ids);
    const left = this.clips.filter((clip) => !removed.has(clip.id));
    if (left.length === this.clips.length) return;
    if (this.total !== null) this.total -= this.clips.length - left.length;
    this.clips = left;
    this.changed();
  }

  protected override handleEvent(event: ClipEvent): void {
    if (this.loading && !("stale" in event || "unavailable" in event)) this.pendingEvents.push(event);
    this.apply(event);
  }

  private apply(event: ClipEvent): void {
    if ("unavailable" in event) {
      // Events were lost while HomeSec reloaded.
      if (!event.unavailable) void this.refresh();
      return;
    }
    if ("stale" in event) {
      void this.refresh();
      return;
    }
    if ("removed" in event) {
      this.remove([event.removed]);
      return;
    }
    const { clip } = event;
    const index = this.clips.findIndex((known) => known.id === clip.id);
    if (index >= 0) {
      if (!matchesFilter(clip, this.filter, this.labelText)) {
        this.remove([clip.id]);
        return;
      }
      this.clips = this.clips.with(index, clip);
    } else {
      if (!this.hasFirstPage || !matchesFilter(clip, this.filter, this.labelText)) return;
      const last = this.clips.at(-1);
      // Older than the loaded clips: it comes with its page.
      if (!this.complete && last && isOlder(clip, last)) return;
      this.clips = mergeClips(this.clips, [clip]);
      if (this.total !== null) this.total += 1;
    }
    this.changed();
  }
}

function isOlder(clip: Clip, than: Clip): boolean {
  return clip.id < than.id; // ids start with the time
}

/** Merge two lists, newest first. For a clip in both, the second, newer list wins. */
function mergeClips(clips: Clip[], more: Clip[]): Clip[] {
  const last = clips.at(-1);
  const first = more[0];
  const fresh = new Set(more.map((clip) => clip.id));
  const kept = clips.some((clip) => fresh.has(clip.id))
    ? clips.filter((clip) => !fresh.has(clip.id))
    : clips;
  const all = [...kept, ...more];
  // The next page, which is the usual case, needs no sorting.
  if (last && first && kept === clips && isOlder(first, last)) return all;
  return all.sort((a, b) => (isOlder(a, b) ? 1 : -1));
}
