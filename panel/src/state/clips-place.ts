/** Where somebody is in the list of clips, so that "back" from a clip leads there and not to the top. */

import type { Api } from "../data/api.ts";
import { ClipList } from "./clips.ts";
import { clipFilter, readFilter } from "./filter.ts";

export class ClipsPlace {
  readonly list: ClipList;
  top = 0;
  focused: string | null = null;
  private shown: string | null = null;
  private following = false;

  /** `shownLabel`: as the person reads it. */
  constructor(
    api: Pick<Api, "clips" | "subscribeClips">,
    shownLabel?: (label: string) => string,
  ) {
    this.list = new ClipList(api, shownLabel);
  }

  /** Show what an address asks for, unless it is shown already. True: it is another list now. */
  show(search: string, now: number, zone: string): boolean {
    if (!this.following) {
      this.following = true;
      // What is wrong is said where the list is: it cannot be loaded either.
      void this.list.follow().catch(() => (this.following = false));
    }
    const filter = clipFilter(readFilter(search), now, zone);
    const wanted = JSON.stringify(filter); // "today" is another one tomorrow
    if (wanted === this.shown) return false;
    this.shown = wanted;
    this.top = 0;
    this.focused = null;
    void this.list.show(filter);
    return true;
  }

  end(): void {
    this.list.end();
    this.following = false;
    this.shown = null;
  }
}
