import { describe, expect, test } from "vitest";

import { nextMorning } from "../src/state/snooze.ts";
import { dayOf } from "../src/time/zone.ts";

const at = (text: string): number => Date.parse(text) / 1000;

describe("until morning", () => {
  test.each([
    ["in the evening, the next day", "2026-11-25T22:00:00+01:00", "2026-11-26T07:00:00+01:00"],
    ["after midnight, the same day", "2026-11-26T01:30:00+01:00", "2026-11-26T07:00:00+01:00"],
    ["in the morning, the next day", "2026-11-26T07:00:00+01:00", "2026-11-27T07:00:00+01:00"],
    ["a moment before, the next day", "2026-11-26T06:59:00+01:00", "2026-11-27T07:00:00+01:00"],
    ["when the clocks go back", "2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"],
    ["when the clocks go forward", "2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00"],
  ])("%s", (_name, now, morning) => {
    expect(nextMorning(at(now), "Europe/Berlin")).toBe(at(morning));
  });

  test.each(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"])(
    "is seven o'clock and at most a day and a quarter of an hour away in %s",
    (zone) => {
      const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "short" });
      for (let now = at("2026-01-01T00:00:00Z"); now < at("2027-01-01T00:00:00Z"); now += 9973) {
        const morning = nextMorning(now, zone);
        expect(format.format(morning * 1000)).toBe("07:00");
        expect(morning - now).toBeGreaterThanOrEqual(15 * 60);
        expect(morning - now).toBeLessThanOrEqual(25 * 3600 + 15 * 60);
        expect(dayOf(morning, zone) >= dayOf(now, zone)).toBe(true);
      }
    },
  );
});
