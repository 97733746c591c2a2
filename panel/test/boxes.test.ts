import { describe, expect, test } from "vitest";

import type { ClipTrack, TimedBox } from "../src/data/types.ts";
import { boxesAt, segmentsOf } from "../src/layout/boxes.ts";

const box = (t: number, x: number): TimedBox => [t, x, 0.2, x + 0.1, 0.6, 0.9];
const walker: ClipTrack = { id: 1, label: "person", boxes: [box(2, 0.1), box(3, 0.3), box(9, 0.5)] };
const cat: ClipTrack = { id: 2, label: "cat", boxes: [box(2.5, 0.8)] };

describe("boxesAt", () => {
  test("interpolates between two boxes", () => {
    const [shown] = boxesAt([walker], 2.5);
    expect(shown!.x).toBeCloseTo(0.2);
    expect(shown!.width).toBeCloseTo(0.1);
  });

  test("returns nothing within a long gap", () => {
    expect(boxesAt([walker], 6)).toEqual([]);
    expect(boxesAt([walker], 3.2)).toHaveLength(1);
    expect(boxesAt([walker], 8.8)).toHaveLength(1);
    expect(boxesAt([walker], 100)).toEqual([]);
  });

  test("keeps the highest confidence of the track", () => {
    const scores = [0.4, 0.9, 0.5];
    const boxes = scores.map((score, n): TimedBox => [n, 0.1, 0.2, 0.3, 0.6, score]);
    const at = [0, 0.5, 1, 1.7, 2.2];
    const shown = at.map((t) => boxesAt([{ id: 1, label: "person", boxes }], t)[0]!.score);
    expect(shown).toEqual([0.9, 0.9, 0.9, 0.9, 0.9]);
  });

  test("returns one box per track", () => {
    expect(boxesAt([walker, cat], 2.5).map((shown) => shown.label)).toEqual(["person", "cat"]);
  });
});

describe("segmentsOf", () => {
  test("returns spans by label in order", () => {
    expect(segmentsOf([walker, cat])).toEqual([
      { label: "person", from: 2, to: 3 },
      { label: "cat", from: 2.5, to: 2.5 },
      { label: "person", from: 9, to: 9 },
    ]);
  });

  test("joins spans over a short gap", () => {
    const other: ClipTrack = { id: 3, label: "person", boxes: [box(4, 0), box(5, 0)] };
    expect(segmentsOf([walker, other])[0]).toEqual({ label: "person", from: 2, to: 5 });
  });
});
