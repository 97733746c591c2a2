/** Polygons of zones, as fractions of the picture. */

import type { Point } from "../data/types.ts";

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
/** Round to thousandths, which keeps the settings readable. */
const rounded = (value: number): number => Math.round(clamp(value) * 1000) / 1000;

export function clampPoint(point: Point): Point {
  return [rounded(point[0]), rounded(point[1])];
}

export function moveCorner(polygon: readonly Point[], index: number, to: Point): Point[] {
  return polygon.map((corner, each) => (each === index ? clampPoint(to) : corner));
}

/** Move the polygon as far as the edges of the picture allow. */
export function movePolygon(polygon: readonly Point[], dx: number, dy: number): Point[] {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const x = Math.min(Math.max(dx, -Math.min(...xs)), 1 - Math.max(...xs));
  const y = Math.min(Math.max(dy, -Math.min(...ys)), 1 - Math.max(...ys));
  return polygon.map(([px, py]) => clampPoint([px + x, py + y]));
}

/** Add a corner in the middle of the side that starts at `index`. */
export function splitSide(polygon: readonly Point[], index: number): Point[] {
  const middle = sideMiddle(polygon, index);
  return [...polygon.slice(0, index + 1), clampPoint(middle), ...polygon.slice(index + 1)];
}

export function sideMiddle(polygon: readonly Point[], index: number): Point {
  const [x1, y1] = polygon[index]!;
  const [x2, y2] = polygon[(index + 1) % polygon.length]!;
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

/** Return the mean of the corners, where the name is shown. */
export function centerOf(polygon: readonly Point[]): Point {
  const sum = polygon.reduce<Point>(([x, y], corner) => [x + corner[0], y + corner[1]], [0, 0]);
  return [sum[0] / polygon.length, sum[1] / polygon.length];
}

/** Return the share of the picture that the polygon covers. */
export function areaOf(polygon: readonly Point[]): number {
  let twice = 0;
  polygon.forEach(([x1, y1], index) => {
    const [x2, y2] = polygon[(index + 1) % polygon.length]!;
    twice += x1 * y2 - x2 * y1;
  });
  return Math.abs(twice) / 2;
}
