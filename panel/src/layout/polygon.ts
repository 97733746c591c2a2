/** Corners of a zone, in shares of the picture. */

import type { Point } from "../data/shapes.ts";

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
/** Nobody draws finer than a thousandth, and settings stay readable. */
const rounded = (value: number): number => Math.round(clamp(value) * 1000) / 1000;

export function inside(point: Point): Point {
  return [rounded(point[0]), rounded(point[1])];
}

export function moved(polygon: readonly Point[], index: number, to: Point): Point[] {
  return polygon.map((corner, each) => (each === index ? inside(to) : corner));
}

/** Move all of it, as far as the picture's edges allow. */
export function shifted(polygon: readonly Point[], dx: number, dy: number): Point[] {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const x = Math.min(Math.max(dx, -Math.min(...xs)), 1 - Math.max(...xs));
  const y = Math.min(Math.max(dy, -Math.min(...ys)), 1 - Math.max(...ys));
  return polygon.map(([px, py]) => inside([px + x, py + y]));
}

/** A corner more, in the middle of the side that begins at `index`. */
export function split(polygon: readonly Point[], index: number): Point[] {
  const middle = middleOf(polygon, index);
  return [...polygon.slice(0, index + 1), inside(middle), ...polygon.slice(index + 1)];
}

export function middleOf(polygon: readonly Point[], index: number): Point {
  const [x1, y1] = polygon[index]!;
  const [x2, y2] = polygon[(index + 1) % polygon.length]!;
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

/** Where its name is written: the middle of its corners. */
export function centreOf(polygon: readonly Point[]): Point {
  const sum = polygon.reduce<Point>(([x, y], corner) => [x + corner[0], y + corner[1]], [0, 0]);
  return [sum[0] / polygon.length, sum[1] / polygon.length];
}

/** The share of the picture that it encloses. */
export function areaOf(polygon: readonly Point[]): number {
  let twice = 0;
  polygon.forEach(([x1, y1], index) => {
    const [x2, y2] = polygon[(index + 1) % polygon.length]!;
    twice += x1 * y2 - x2 * y1;
  });
  return Math.abs(twice) / 2;
}
