import { describe, expect, test } from "vitest";

import { matchesFilter } from "../src/state/filters-match.ts";
import type { Filter } from "../src/state/filter.ts";
import { clipFilter, EVERYTHING, filterSearch, readFilter } from "../src/state/filter.ts";
import { makeClip } from "./fake-data.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z") / 1000;
const ZONE = "Europe/Berlin";
const ALL_SET: Filter = {
  range: { kind: "days", from: "2026-11-01", to: "2026-11-03" },
  cameras: ["a", "b c"],
  labels: ["person"],
  zones: ["Path & gate"],
  protectedOnly: true,
  text: "red car",
};

describe("filter in the URL", () => {
  test.each([
    EVERYTHING,
    ALL_SET,
    { ...EVERYTHING, range: { kind: "yesterday" as const } },
    { ...EVERYTHING, text: "ä?&=" },
  ])("comes back as it went (%#)", (filter) => {
    expect(readFilter(filterSearch(filter))).toEqual(filter);
  });

  test("invalid values are ignored", () => {
    expect(readFilter("?days=never&from=x&camera=&protected=yes")).toEqual(EVERYTHING);
  });

  test("reversed days are swapped", () => {
    const { range } = readFilter("?from=2026-11-03&to=2026-11-01");
    expect(range).toEqual({ kind: "days", from: "2026-11-01", to: "2026-11-03" });
  });

  test("no filter gives an empty query", () => {
    expect(clipFilter(EVERYTHING, NOW, ZONE)).toEqual({});
  });

  test("days become times, including the last day", () => {
    const yesterday = clipFilter({ ...EVERYTHING, range: { kind: "yesterday" } }, NOW, ZONE);
    expect(yesterday.from).toBe(Date.parse("2026-11-23T23:00:00Z") / 1000);
    expect(yesterday.to).toBe(Date.parse("2026-11-24T23:00:00Z") / 1000);
    const week = clipFilter({ ...EVERYTHING, range: { kind: "week" } }, NOW, ZONE);
    expect((week.to! - week.from!) / 86_400).toBe(7);
  });
});

describe("matchesFilter", () => {
  const clip = makeClip(1, NOW, {
    camera_id: "door",
    camera: "Front door",
    label: "person",
    zones: ["Path"],
    protected: false,
  });

  test.each([
    [{}, true],
    [{ from: NOW, to: NOW + 1 }, true],
    [{ to: NOW }, false],
    [{ cameras: ["drive"] }, false],
    [{ labels: ["cat"] }, false],
    [{ zones: ["Path", "Road"] }, true],
    [{ zones: ["Road"] }, false],
    [{ protected: true }, false],
    [{ text: "DOOR person" }, true],
    [{ text: "door cat" }, false],
  ])("%j: %s", (filter, expected) => {
    expect(matchesFilter(clip, filter)).toBe(expected);
  });
});
