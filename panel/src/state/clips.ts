/** A list of clips, newest first, that grows as somebody scrolls and follows what happens. */

import type { Api } from "../data/api.ts";
import type { Clip, ClipEvent, ClipFilter, ClipPage } from "../data/shapes.ts";
import { belongs } from "./belongs.ts";
import { Following } from "./following.ts";

export const PAGE = 100;
const FIRST_PAGE = 60;
const MOST = 200; // in one answer

type ClipApi = Pick<Api, "clips" | "subscribeClips">;

export class ClipList extends Following {
  clips: Clip[] = [];
  /** How many there are in all, as far as the server counts them. */
  total: number | null = null;
  loading = false;
  error: unknown = null;
  private cursor: string | null = null;
  private filter: ClipFilter = {};
  private begun = false;
  /** Answers to what was asked before are not of this list any more. */
  private generation = 0;
  /** What was told while a page was on its way, which may not know of it yet. */
  private meanwhile: ClipEvent[] = [];
  /** What is shown may be out of date, and could not be asked for again. */
  private outdated = false;

  /** `shown`: a label as the person reads it, and searches for it. */
  constructor(
    protected override readonly api: ClipApi,
    private readonly shown: (label: string) => string = (label) => label,
  ) {
    super(api);
  }

  get complete(): boolean {
    return this.begun && this.cursor === null;
  }

  /** Whether the first answer is here. */
  get ready(): boolean {
    return this.begun;
  }

  /** Begin again with another filter. */
  async show(filter: ClipFilter): Promise<void> {
    this.generation += 1;
    this.filter = filter;
    this.cursor = null;
    this.begun = false;
    this.loading = false;
    this.total = null;
    this.outdated = false;
    await this.more();
  }

  /** Ask again for as much as is shown; until it is here, that stays, and whoever looks where they are. */
  async refresh(): Promise<void> {
    if (!this.begun) return this.show(this.filter);
    const generation = ++this.generation;
    this.loading = true;
    this.outdated = false;
    this.meanwhile = [];
    this.error = null;
    this.changed();
    try {
      const clips: Clip[] = [];
      let cursor: string | null = null;
      let total: number | null = null;
      do {
        const left = this.clips.length - clips.length;
        const limit = Math.min(MOST, Math.max(FIRST_PAGE, left));
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
      for (const event of this.meanwhile) this.apply(event);
    } catch (error) {
      if (generation !== this.generation) return;
      this.error = error;
      this.outdated = true;
    }
    this.loading = false;
    this.changed();
  }

  /** What could not be asked while the engine started can be asked now. */
  recover(): void {
    if (this.error) void this.more();
  }

  /** Load the next page, unless all is here or one is on its way. */
  async more(): Promise<void> {
    if (this.loading) return;
    if (this.outdated) return this.refresh();
    if (this.complete) return;
    const generation = this.generation;
    const first = !this.begun;
    this.loading = true;
    this.meanwhile = [];
    this.error = null;
    this.changed();
    try {
      const page = await this.api.clips(this.filter, this.cursor, first ? FIRST_PAGE : PAGE);
      if (generation !== this.generation) return;
      this.clips = first ? page.clips : merged(this.clips, page.clips);
      this.cursor = page.cursor;
      this.total = page.total ?? this.total;
      this.begun = true;
      this.loading = false;
      for (const event of this.meanwhile) this.apply(event);
    } catch (error) {
      if (generation !== this.generation) return;
      this.error = error;
      if (first) this.clips = [];
    }
    this.loading = false;
    this.changed();
  }

  /** Load until a moment is in the list, or all is; return the first clip from it or before. */
  async reach(at: number): Promise<number> {
    for (;;) {
      const index = this.clips.findIndex((clip) => clip.event <= at);
      if (index >= 0) return index;
      if (this.complete || this.error) return this.clips.length - 1;
      await this.more();
    }
  }

  /** Take what was deleted out at once, before the server tells. */
  remove(ids: Iterable<string>): void {
    const gone = new Set(ids);
    const left = this.clips.filter((clip) => !gone.has(clip.id));
    if (left.length === this.clips.length) return;
    if (this.total !== null) this.total -= this.clips.length - left.length;
    this.clips = left;
    this.changed();
  }

  protected override take(event: ClipEvent): void {
    if (this.loading && !("stale" in event || "unavailable" in event)) this.meanwhile.push(event);
    this.apply(event);
  }

  private apply(event: ClipEvent): void {
    if ("unavailable" in event) {
      // Back again: what happened meanwhile was not told.
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
      if (!belongs(clip, this.filter, this.shown)) {
        this.remove([clip.id]);
        return;
      }
      this.clips = this.clips.with(index, clip);
    } else {
      if (!this.begun || !belongs(clip, this.filter, this.shown)) return;
      const last = this.clips.at(-1);
      // Older than what is loaded: it comes with its page.
      if (!this.complete && last && older(clip, last)) return;
      this.clips = merged(this.clips, [clip]);
      if (this.total !== null) this.total += 1;
    }
    this.changed();
  }
}

function older(clip: Clip, than: Clip): boolean {
  return clip.id < than.id; // ids begin with the time
}

/** Both, newest first, each once; the second one wins, being the later answer. */
function merged(clips: Clip[], more: Clip[]): Clip[] {
  const last = clips.at(-1);
  const first = more[0];
  const fresh = new Set(more.map((clip) => clip.id));
  const kept = clips.some((clip) => fresh.has(clip.id))
    ? clips.filter((clip) => !fresh.has(clip.id))
    : clips;
  const all = [...kept, ...more];
  // The usual case, the next page, is in order as it is.
  if (last && first && kept === clips && older(first, last)) return all;
  return all.sort((a, b) => (older(a, b) ? 1 : -1));
}
