/** What hears of each clip that begins, changes or goes, from `follow` to `end`. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { ClipEvent } from "../data/shapes.ts";
import { Observed } from "./observed.ts";

export abstract class Following extends Observed {
  private stop: Unsubscribe | null = null;
  private wanted = false;

  constructor(protected readonly api: Pick<Api, "subscribeClips">) {
    super();
  }

  async follow(): Promise<void> {
    this.wanted = true;
    const stop = await this.api.subscribeClips((event) => this.take(event));
    if (this.wanted) this.stop = stop;
    else stop();
  }

  end(): void {
    this.wanted = false;
    this.stop?.();
    this.stop = null;
  }

  protected abstract take(event: ClipEvent): void;
}
