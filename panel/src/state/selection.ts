/** The clips selected for an action. */

import { Observable } from "./observable.ts";

export class Selection extends Observable {
  active = false;
  readonly ids = new Set<string>();
  /** Start of a range that the shift key extends. */
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

  /** Select all clips between the last one selected and this one, in the order shown. */
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

  /** Deselect clips. */
  deselect(ids: Iterable<string>): void {
    let changed = false;
    for (const id of ids) changed = this.ids.delete(id) || changed;
    if (changed) this.changed();
  }
}
