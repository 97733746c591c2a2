/** The scroll position in the list of clips, to which "back" from a clip returns. */

import type { Api } from "../data/api.ts";
import { ClipList } from "./clips.ts";
import { clipFilter, readFilter } from "./filter.ts";

export class ScrollPosition {
  readonly list: ClipList;
  top = 0;
  focused: string | null = null;
  private shownFilter: string | null = null;
  private subscribed = false;

  /** `labelText` translates a label, for searches. */
  constructor(
    api: Pick<Api, "clips" | "subscribeClips">,
    labelText?: (label: string) => string,
  ) {
    this.list = new ClipList(api, labelText);
  }

  /** Show the list for a URL's query. Return whether it differs from the one shown. */
  show(search: string, now: number, zone: string): boolean {
    if (!this.subscribed) {
      this.subscribed = true;
      // The list shows the error, because it fails to load as well.
      void this.list.subscribe().catch(() => (this.subscribed = false));
    }
    const filter = clipFilter(readFilter(search), now, zone);
    const key = JSON.stringify(filter); // "today" changes at midnight
    if (key === this.shownFilter) return false;
    this.shownFilter = key;
    this.top = 0;
    this.focused = null;
    void this.list.show(filter);
    return true;
  }

  unsubscribe(): void {
    this.list.unsubscribe();
    this.subscribed = false;
    this.shownFilter = null;
  }
}
