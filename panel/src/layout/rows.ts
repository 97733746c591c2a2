/** Lays out the list of clips as rows of known height, so that only visible rows are rendered. */

import type { Clip } from "../data/types.ts";

export type Row =
  | { kind: "day"; key: string; top: number; height: number; at: number }
  | { kind: "cards"; key: string; top: number; height: number; first: number; count: number };

export interface Sizes {
  columns: number;
  cardHeight: number;
  dayHeight: number;
}

export interface Layout {
  rows: Row[];
  height: number;
}

/** Lay out clips, with a heading for each day. */
export function layOut(clips: readonly Clip[], sizes: Sizes, dayOf: (at: number) => string): Layout {
  const rows: Row[] = [];
  let top = 0;
  for (let first = 0; first < clips.length; ) {
    const at = clips[first]!.event;
    const day = dayOf(at);
    rows.push({ kind: "day", key: day, top, height: sizes.dayHeight, at });
    top += sizes.dayHeight;
    let end = first;
    while (end < clips.length && dayOf(clips[end]!.event) === day) end += 1;
    for (; first < end; first += sizes.columns) {
      const count = Math.min(sizes.columns, end - first);
      const key = `${day}/${clips[first]!.id}`;
      rows.push({ kind: "cards", key, top, height: sizes.cardHeight, first, count });
      top += sizes.cardHeight;
    }
    first = end;
  }
  return { rows, height: top };
}

/** Return the rows that are at least partly between two heights. */
export function visibleRows(layout: Layout, from: number, to: number): Row[] {
  const { rows } = layout;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle]!;
    if (row.top + row.height <= from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < rows.length && rows[end]!.top < to) end += 1;
  return rows.slice(low, end);
}

/** Return the row of the clip at an index. */
export function rowOf(layout: Layout, index: number): Row | undefined {
  return layout.rows.find(
    (row) => row.kind === "cards" && index >= row.first && index < row.first + row.count,
  );
}

/** Return how many columns of a minimum width fit. */
export function columnsFor(width: number, narrowest: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
}
