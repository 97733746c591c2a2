/** Data for the charts. */

import type { VisitStatistics } from "../data/types.ts";
import type { Day } from "../time/zone.ts";
import { addDays } from "../time/zone.ts";

export type Series = "label" | "camera_id";

export interface Stack {
  day: Day;
  total: number;
  parts: { key: string; count: number }[];
}

/** Return a stack for every day of a span, with its parts in the order of `keys`. */
export function stacksOf(
  days: VisitStatistics["days"],
  by: Series,
  from: Day,
  to: Day,
): { keys: string[]; stacks: Stack[]; highest: number } {
  const totals = new Map<string, number>();
  const byDay = new Map<Day, Map<string, number>>();
  for (const entry of days) {
    const key = entry[by];
    totals.set(key, (totals.get(key) ?? 0) + entry.count);
    const counts = byDay.get(entry.day) ?? new Map<string, number>();
    counts.set(key, (counts.get(key) ?? 0) + entry.count);
    byDay.set(entry.day, counts);
  }
  const keys = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key);
  const stacks: Stack[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const counts = byDay.get(day);
    const parts = keys
      .map((key) => ({ key, count: counts?.get(key) ?? 0 }))
      .filter((part) => part.count > 0);
    stacks.push({ day, parts, total: parts.reduce((sum, part) => sum + part.count, 0) });
  }
  return { keys, stacks, highest: Math.max(0, ...stacks.map((stack) => stack.total)) };
}

export interface Totals {
  rows: string[];
  columns: string[];
  count: (row: string, column: string) => number;
}

/** Count visits by camera and label. */
export function totalsOf(days: VisitStatistics["days"]): Totals {
  const counts = new Map<string, number>();
  const rows = new Map<string, number>();
  const columns = new Map<string, number>();
  for (const { camera_id: camera, label, count } of days) {
    const key = JSON.stringify([camera, label]);
    counts.set(key, (counts.get(key) ?? 0) + count);
    rows.set(camera, (rows.get(camera) ?? 0) + count);
    columns.set(label, (columns.get(label) ?? 0) + count);
  }
  const byCount = (totals: Map<string, number>): string[] =>
    [...totals].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  return {
    rows: byCount(rows),
    columns: byCount(columns),
    count: (row, column) => counts.get(JSON.stringify([row, column])) ?? 0,
  };
}

/** Return a cell's color strength, 0 to 1: the square root, so that one busy hour doesn't dim all others. */
export function strength(count: number, highest: number): number {
  return highest > 0 ? Math.sqrt(count / highest) : 0;
}
