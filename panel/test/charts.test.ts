import { expect, test } from "vitest";

import { stacksOf, strength, totalsOf } from "../src/layout/charts.ts";

const DAYS = [
  { day: "2026-11-01", camera_id: "door", label: "person", count: 2 },
  { day: "2026-11-01", camera_id: "drive", label: "cat", count: 1 },
  { day: "2026-11-03", camera_id: "door", label: "cat", count: 5 },
];

test("stacksOf returns a stack for every day, including empty days", () => {
  const { keys, stacks, highest } = stacksOf(DAYS, "label", "2026-10-31", "2026-11-03");
  expect(keys).toEqual(["cat", "person"]);
  expect(stacks.map((stack) => stack.total)).toEqual([0, 3, 0, 5]);
  expect(stacks[1]!.parts).toEqual([
    { key: "cat", count: 1 },
    { key: "person", count: 2 },
  ]);
  expect(highest).toBe(5);
});

test("stacksOf stacks by camera", () => {
  const { keys, stacks } = stacksOf(DAYS, "camera_id", "2026-11-01", "2026-11-01");
  expect(keys).toEqual(["door", "drive"]);
  expect(stacks).toHaveLength(1);
});

test("stacksOf without visits returns empty stacks", () => {
  expect(stacksOf([], "label", "2026-11-01", "2026-11-02").highest).toBe(0);
  expect(strength(0, 0)).toBe(0);
});

test("totalsOf sorts cameras and labels by count", () => {
  const totals = totalsOf(DAYS);
  expect(totals.rows).toEqual(["door", "drive"]);
  expect(totals.columns).toEqual(["cat", "person"]);
  expect(totals.count("door", "cat")).toBe(5);
  expect(totals.count("drive", "person")).toBe(0);
});
