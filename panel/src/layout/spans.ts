/** Positions of a day's clips on its timeline, as fractions of the width. */

import type { Span } from "../data/types.ts";

export interface Mark {
  left: number;
  width: number;
  spans: Span[];
}

/** Return marks, merging spans that are closer than `apart`. */
export function marksOf(
  spans: readonly Span[],
  from: number,
  to: number,
  apart: number,
  until: number,
): Mark[] {
  const share = (at: number): number => Math.min(1, Math.max(0, (at - from) / (to - from)));
  const marks: Mark[] = [];
  const inOrder = [...spans].sort((a, b) => a.started - b.started);
  for (const span of inOrder) {
    const left = share(span.started);
    // A clip that is being recorded lasts until now.
    const right = share(span.state === "recording" ? Math.max(until, span.ended) : span.ended);
    const last = marks.at(-1);
    if (last && left - (last.left + last.width) < apart) {
      last.width = Math.max(last.width, right - last.left);
      last.spans.push(span);
    } else marks.push({ left, width: Math.max(0, right - left), spans: [span] });
  }
  return marks;
}

/** Return every third hour of a day, which can have 23 to 25 hours. */
export function hourTicks(from: number, to: number): number[] {
  const ticks = [];
  for (let at = from; at <= to; at += 3 * 3600) ticks.push(at);
  return ticks;
}
