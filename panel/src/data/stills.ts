/**
 * Loads stills, which need authentication, and returns URLs for `<img>`.
 *
 * Few are loaded at a time, the latest request first. Requests that were canceled before their turn,
 * such as those of a fast scroll, aren't sent.
 */

/** Widths that the server offers. */
const WIDTHS = [320, 480, 640];

/** Return the path of the smallest still that fills `width` CSS pixels. */
export function stillUrl(path: string, width: number, ratio = devicePixelRatio): string {
  const enough = WIDTHS.find((each) => each >= width * ratio);
  return enough === undefined ? path : `${path}?width=${enough}`;
}

export type Fetch = (path: string) => Promise<Blob>;

interface Waiting {
  path: string;
  readers: Set<(url: string | null) => void>;
}

const MAX_CONCURRENT = 4;
const CACHE_SIZE = 400;

export class StillLoader {
  private readonly cache = new Map<string, string>();
  private waiting: Waiting[] = [];
  private readonly running = new Map<string, Waiting>();

  constructor(
    private readonly fetch: Fetch,
    private readonly urls: Pick<typeof URL, "createObjectURL" | "revokeObjectURL"> = URL,
    private readonly limit = CACHE_SIZE,
  ) {}

  /** Return the URL of a cached still, in any size. */
  peek(path: string): string | null {
    const sizes = [path, ...WIDTHS.toReversed().map((width) => `${path}?width=${width}`)];
    const known = sizes.find((each) => this.cache.has(each));
    return known === undefined ? null : this.cache.get(known)!;
  }

  /** Load a still. The reader gets its URL, or null on failure. Return a function that cancels. */
  load(path: string, reader: (url: string | null) => void): () => void {
    const cached = this.cache.get(path);
    if (cached !== undefined) {
      this.cache.delete(path); // to the end: least recently used comes first
      this.cache.set(path, cached);
      reader(cached);
      return () => undefined;
    }
    let entry =
      this.running.get(path) ?? this.waiting.find((candidate) => candidate.path === path);
    if (!entry) {
      entry = { path, readers: new Set() };
      this.waiting.push(entry);
    }
    entry.readers.add(reader);
    this.next();
    return () => this.cancel(entry, reader);
  }

  clear(): void {
    for (const url of this.cache.values()) this.urls.revokeObjectURL(url);
    this.cache.clear();
    this.waiting = [];
  }

  private cancel(entry: Waiting, reader: (url: string | null) => void): void {
    entry.readers.delete(reader);
    if (entry.readers.size === 0) this.waiting = this.waiting.filter((other) => other !== entry);
  }

  private next(): void {
    while (this.running.size < MAX_CONCURRENT) {
      const entry = this.waiting.pop();
      if (!entry) return;
      this.running.set(entry.path, entry);
      void this.run(entry);
    }
  }

  private async run(entry: Waiting): Promise<void> {
    let url: string | null = null;
    try {
      url = this.urls.createObjectURL(await this.fetch(entry.path));
      this.store(entry.path, url);
    } catch {
      url = null; // the card shows a placeholder
    }
    this.running.delete(entry.path);
    for (const reader of entry.readers) reader(url);
    this.next();
  }

  private store(path: string, url: string): void {
    this.cache.set(path, url);
    for (const [oldest, url] of this.cache) {
      if (this.cache.size <= this.limit) break;
      this.urls.revokeObjectURL(url);
      this.cache.delete(oldest);
    }
  }
}
