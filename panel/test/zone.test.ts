import { describe, expect, test } from "vitest";

import { dayFinder } from "../src/layout/day-finder.ts";
import { addDays, dayBounds, dayOf, startOfDay } from "../src/time/zone.ts";

const at = (iso: string): number => Date.parse(iso) / 1000;
const HOUR = 3600;

describe("days in Home Assistant's time zone", () => {
  test("dayOf returns the local day", () => {
    expect(dayOf(at("2026-11-25T23:30:00Z"), "Europe/Berlin")).toBe("2026-11-26");
    expect(dayOf(at("2026-11-25T23:30:00Z"), "America/New_York")).toBe("2026-11-25");
  });

  test("startOfDay returns local midnight", () => {
    expect(startOfDay("2026-11-25", "Europe/Berlin")).toBe(at("2026-11-24T23:00:00Z"));
    expect(startOfDay("2026-07-01", "Asia/Kolkata")).toBe(at("2026-06-30T18:30:00Z"));
  });

  test.each([
    ["2026-03-29", 23],
    ["2026-03-30", 24],
    ["2026-10-25", 25],
  ])("%s has %i hours in Berlin", (day, hours) => {
    const { from, to } = dayBounds(day, "Europe/Berlin");
    expect((to - from) / HOUR).toBe(hours);
  });

  test("startOfDay after a skipped midnight", () => {
    // Chile springs forward at midnight.
    const from = startOfDay("2026-09-06", "America/Santiago");
    expect(dayOf(from, "America/Santiago")).toBe("2026-09-06");
    expect(dayOf(from - 1, "America/Santiago")).toBe("2026-09-05");
  });

  test("dayBounds are contiguous for two years", () => {
    for (const zone of ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"]) {
      for (let day = "2025-12-25"; day < "2027-12-31"; day = addDays(day, 1)) {
        const from = startOfDay(day, zone);
        expect([dayOf(from - 1, zone), dayOf(from, zone)]).toEqual([addDays(day, -1), day]);
      }
    }
  });

  test("dayFinder returns the same as dayOf", () => {
    const find = dayFinder("Europe/Berlin");
    for (let t = at("2026-10-24T00:00:00Z"); t < at("2026-10-27T00:00:00Z"); t += HOUR / 2) {
      expect(find(t)).toBe(dayOf(t, "Europe/Berlin"));
    }
  });
});
