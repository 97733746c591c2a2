/** Boxes of tracks at a time of a video, and the time spans in which tracks are visible. */

import type { ClipTrack, TimedBox } from "../data/types.ts";

export interface ShownBox {
  track: ClipTrack["id"];
  label: string;
  /** The track's highest confidence, so that the number doesn't flicker. */
  score: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Segment {
  label: string;
  from: number;
  to: number;
}

/** Longest gap between two boxes of a track to interpolate over. */
const MAX_GAP_S = 1.2;
/** How long a box is shown before and after its own time. */
const LINGER_S = 0.3;

export function boxesAt(tracks: readonly ClipTrack[], at: number): ShownBox[] {
  const shown = [];
  for (const { id, label, boxes } of tracks) {
    const box = boxAt(boxes, at);
    if (!box) continue;
    const [, x1, y1, x2, y2] = box;
    const score = Math.max(...boxes.map((each) => each[5]));
    shown.push({ track: id, label, score, x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
  }
  return shown;
}

function boxAt(boxes: readonly TimedBox[], at: number): TimedBox | null {
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle]![0] <= at) low = middle + 1;
    else high = middle;
  }
  const before = boxes[low - 1];
  const after = boxes[low];
  if (before && after && after[0] - before[0] <= MAX_GAP_S) {
    const share = (at - before[0]) / (after[0] - before[0]);
    return before.map((value, index) => value + (after[index]! - value) * share) as TimedBox;
  }
  if (before && at - before[0] <= LINGER_S) return before;
  if (after && after[0] - at <= LINGER_S) return after;
  return null;
}

/** Return the spans in which each label is visible, joined over gaps of up to `gap` seconds. */
export function segmentsOf(tracks: readonly ClipTrack[], gap = 2): Segment[] {
  const byLabel = new Map<string, number[]>();
  for (const { label, boxes } of tracks) {
    const times = byLabel.get(label) ?? [];
    for (const [t] of boxes) times.push(t);
    byLabel.set(label, times);
  }
  const segments: Segment[] = [];
  for (const [label, times] of byLabel) {
    let last: Segment | null = null;
    for (const t of times.sort((a, b) => a - b)) {
      if (last && t - last.to <= gap) last.to = t;
      else segments.push((last = { label, from: t, to: t }));
    }
  }
  return segments.sort((a, b) => a.from - b.from);
}
