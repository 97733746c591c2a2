/** Where somebody is in the list of clips, so that "back" from a clip leads there and not to the top. */

import type { Api } from "../data/api.ts";
import type { Day } from "../time/zone.ts";
import { ClipList } from "./clips.ts";
import { clipFilter, readFilter } from "./filter.ts";

export class ClipsPlace {
  readonly list: ClipList;
  top = 0;
  focused: string | null = null;
  private shown: string | null = null;
  private following = false;

  constructor(api: Pick<Api, "clips" | "subscribeClips">) {
    this.list = new ClipList(api);
  }

  /** Show what an address asks for, unless it is shown already. True: it is another list now. */
  show(search: string, day: Day, now: number, zone: string): boolean {
    if (!this.following) {
      this.following = true;
      // What is wrong is said where the list is: it cannot be loaded either.
      void this.list.follow().catch(() => (this.following = false));
    }
    // "Today" is another list tomorrow.
    const wanted = `${day}${search}`;
    if (wanted === this.shown) return false;
    this.shown = wanted;
    this.top = 0;
    this.focused = null;
    void this.list.show(clipFilter(readFilter(search), now, zone));
    return true;
  }

  end(): void {
    this.list.end();
    this.following = false;
    this.shown = null;
  }
}
