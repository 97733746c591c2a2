/** Which clips are chosen for an action on several. */

import { Observed } from "./observed.ts";

export class Selection extends Observed {
  active = false;
  readonly ids = new Set<string>();
  /** Where a range begins that is chosen with the shift key. */
  private anchor: string | null = null;

  get size(): number {
    return this.ids.size;
  }

  begin(id: string | null = null): void {
    this.active = true;
    if (id !== null) {
      this.ids.add(id);
      this.anchor = id;
    }
    this.changed();
  }

  end(): void {
    this.active = false;
    this.ids.clear();
    this.anchor = null;
    this.changed();
  }

  toggle(id: string): void {
    this.active = true;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = id;
    this.changed();
  }

  /** Choose all from the one chosen last to this one, in the order they are shown. */
  extend(id: string, order: readonly string[]): void {
    const from = this.anchor === null ? -1 : order.indexOf(this.anchor);
    const to = order.indexOf(id);
    if (from < 0 || to < 0) {
      this.toggle(id);
      return;
    }
    this.active = true;
    for (const each of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.ids.add(each);
    this.changed();
  }

  /** Forget those that are gone. */
  forget(ids: Iterable<string>): void {
    let forgot = false;
    for (const id of ids) forgot = this.ids.delete(id) || forgot;
    if (forgot) this.changed();
  }
}
