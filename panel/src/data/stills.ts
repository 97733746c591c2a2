/**
 * Pictures that only somebody logged in may see, as addresses that an `<img>` can show.
 *
 * Few at a time, the latest asked for first (it is what is on the screen now), and those nobody waits
 * for any more are not fetched at all: a fast scroll through thousands of clips costs next to nothing.
 */

/** What the server scales stills to. */
const WIDTHS = [320, 480, 640];

/** A still's path as small as it may be to fill so many pixels of the page's. */
export function inWidth(path: string, width: number, ratio = devicePixelRatio): string {
  const enough = WIDTHS.find((each) => each >= width * ratio);
  return enough === undefined ? path : `${path}?width=${enough}`;
}

export type Fetch = (path: string) => Promise<Blob>;

interface Waiting {
  path: string;
  readers: Set<(address: string | null) => void>;
}

const AT_ONCE = 4;
const KEPT = 400;

export class Stills {
  private readonly kept = new Map<string, string>();
  private waiting: Waiting[] = [];
  private readonly running = new Map<string, Waiting>();

  constructor(
    private readonly fetch: Fetch,
    private readonly addresses: Pick<typeof URL, "createObjectURL" | "revokeObjectURL"> = URL,
    private readonly limit = KEPT,
  ) {}

  /** The address if the picture is here already, in whatever size. */
  peek(path: string): string | null {
    const sizes = [path, ...WIDTHS.toReversed().map((width) => `${path}?width=${width}`)];
    const known = sizes.find((each) => this.kept.has(each));
    return known === undefined ? null : this.kept.get(known)!;
  }

  /** Ask for a picture; the reader gets null if there is none. Returns the way to stop waiting. */
  load(path: string, reader: (address: string | null) => void): () => void {
    const kept = this.kept.get(path);
    if (kept !== undefined) {
      this.kept.delete(path); // to the end: used last
      this.kept.set(path, kept);
      reader(kept);
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
    return () => this.forget(entry, reader);
  }

  clear(): void {
    for (const address of this.kept.values()) this.addresses.revokeObjectURL(address);
    this.kept.clear();
    this.waiting = [];
  }

  private forget(entry: Waiting, reader: (address: string | null) => void): void {
    entry.readers.delete(reader);
    if (entry.readers.size === 0) this.waiting = this.waiting.filter((other) => other !== entry);
  }

  private next(): void {
    while (this.running.size < AT_ONCE) {
      const entry = this.waiting.pop();
      if (!entry) return;
      this.running.set(entry.path, entry);
      void this.run(entry);
    }
  }

  private async run(entry: Waiting): Promise<void> {
    let address: string | null = null;
    try {
      address = this.addresses.createObjectURL(await this.fetch(entry.path));
      this.keep(entry.path, address);
    } catch {
      address = null; // no still: the card says so
    }
    this.running.delete(entry.path);
    for (const reader of entry.readers) reader(address);
    this.next();
  }

  private keep(path: string, address: string): void {
    this.kept.set(path, address);
    for (const [oldest, its] of this.kept) {
      if (this.kept.size <= this.limit) break;
      this.addresses.revokeObjectURL(its);
      this.kept.delete(oldest);
    }
  }
}
