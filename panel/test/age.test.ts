import { describe, expect, it } from "vitest";

import { Format } from "../src/time/format.ts";

const format = new Format(
  { language: "en", locale: { language: "en", time_format: "24" } },
  "Europe/Berlin",
);
const NOW = 1_800_000_000;

describe("ago", () => {
  it.each([
    [0, "now"],
    [59, "now"],
    [-5, "now"], // the clocks of browser and server differ
    [60, "1 minute ago"],
    [3599, "59 minutes ago"],
    [7200, "2 hours ago"],
    [86_400, "yesterday"],
    [40 * 86_400, "last month"],
    [800 * 86_400, "2 years ago"],
  ])("formats %d seconds as %s", (age, text) => {
    expect(format.ago(NOW - age, NOW)).toBe(text);
  });
});
