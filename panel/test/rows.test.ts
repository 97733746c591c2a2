import { describe, expect, test } from "vitest";

import { columnsFor, layOut, rowOf, visibleRows } from "../src/layout/rows.ts";
import { hourTicks, marksOf } from "../src/layout/spans.ts";
import { makeClip } from "./fake-data.ts";

const SIZES = { columns: 4, cardHeight: 200, dayHeight: 44 };
const DAY = 86_400;
const dayOf = (at: number): string => String(Math.floor(at / DAY));
const clips = (...days: number[]) => days.map((day, index) => makeClip(index, day * DAY + 10));

describe("rows of the grid", () => {
  test("each day starts with a heading row", () => {
    const { rows, height } = layOut(clips(9, 9, 9, 9, 9, 8), SIZES, dayOf);
    expect(rows.map((row) => row.kind)).toEqual(["day", "cards", "cards", "day", "cards"]);
    expect(rows.map((row) => row.top)).toEqual([0, 44, 244, 444, 488]);
    expect(height).toBe(688);
  });

  test("visibleRows returns only rows in view", () => {
    const layout = layOut(
      Array.from({ length: 10_000 }, (_, index) => makeClip(index, 1e9 - index * 3000)),
      SIZES,
      dayOf,
    );
    const rows = visibleRows(layout, 100_000, 101_000);
    expect(rows.length).toBeLessThan(8);
    expect(rows[0]!.top).toBeLessThanOrEqual(100_000);
    expect(rows.at(-1)!.top + rows.at(-1)!.height).toBeGreaterThanOrEqual(101_000);
    expect(visibleRows(layout, layout.height + 1, layout.height + 500)).toEqual([]);
  });

  test("rowOf returns the row of a clip", () => {
    const layout = layOut(clips(9, 9, 9, 9, 9, 8), SIZES, dayOf);
    expect(rowOf(layout, 4)!.top).toBe(244);
    expect(rowOf(layout, 6)).toBeUndefined();
  });

  test("columnsFor returns at least one column", () => {
    expect(columnsFor(336, 156, 12)).toBe(2);
    expect(columnsFor(100, 156, 12)).toBe(1);
    expect(columnsFor(1256, 220, 12)).toBe(5);
  });
});

describe("a day's timeline", () => {
  const span = (started: number, ended: number, state: "saved" | "recording" = "saved") => ({
    id: String(started),
    started,
    ended,
    label: "person",
    state,
  });

  test("marksOf merges close clips", () => {
    const marks = marksOf([span(500, 510), span(100, 110), span(112, 120)], 0, 1000, 0.01, 900);
    expect(marks.map((mark) => mark.spans.length)).toEqual([2, 1]);
    expect(marks[0]!.left).toBeCloseTo(0.1);
    expect(marks[0]!.width).toBeCloseTo(0.02);
  });

  test("marksOf clamps to the day and extends a recording to now", () => {
    const marks = marksOf([span(-50, 20), span(800, 801, "recording")], 0, 1000, 0.001, 900);
    expect(marks[0]).toMatchObject({ left: 0, width: 0.02 });
    expect(marks[1]!.width).toBeCloseTo(0.1);
  });

  test("hourTicks handles days of 23 and 25 hours", () => {
    expect(hourTicks(0, 24 * 3600)).toHaveLength(9);
    expect(hourTicks(0, 23 * 3600)).toHaveLength(8);
  });
});
