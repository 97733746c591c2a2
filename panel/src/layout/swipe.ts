/** Tells a swipe to the side from a tap and from scrolling. */

export interface Touch {
  x: number;
  y: number;
  /** In milliseconds. */
  at: number;
}

const SHORTEST = 60; // CSS pixels
const SLOWEST_MS = 700;

/** Return 1 for a swipe to the left, which shows what comes next, -1 to the right, and else 0. */
export function swipeStep(start: Touch, end: Touch): -1 | 0 | 1 {
  const across = end.x - start.x;
  const down = end.y - start.y;
  if (end.at - start.at > SLOWEST_MS) return 0;
  if (Math.abs(across) < SHORTEST || Math.abs(across) < 2 * Math.abs(down)) return 0;
  return across < 0 ? 1 : -1;
}
