import { describe, expect, test } from "vitest";

import { loadResources, Texts } from "../src/texts/texts.ts";
import { duration, Format } from "../src/time/format.ts";
import { FakeBackend } from "./fake-backend.ts";

const texts = new Texts(await loadResources(new FakeBackend({ clips: 0 }).hass()), "en");

describe("Texts", () => {
  test("fills in placeholders", () => {
    expect(texts.get("alarm.armed", { mode: "Night" })).toBe("Armed: Night");
  });

  test("uses the singular and the plural", () => {
    expect(texts.count("clips.count", 1, { n: "1" })).toBe("1 clip");
    expect(texts.count("clips.count", 10_000, { n: "10,000" })).toBe("10,000 clips");
  });

  test("falls back to the other form for missing plural forms", () => {
    const russian = new Texts(
      { "component.homesec.config_panel.clips.count.other": "{n} клипов" },
      "ru",
    );
    expect(russian.count("clips.count", 3, { n: "3" })).toBe("3 клипов");
  });

  test("translates known names and returns unknown ones", () => {
    expect(texts.label("person")).toBe("Person");
    expect(texts.label("zebra")).toBe("zebra");
    expect(texts.named("health", "lost")).toBe("Offline");
    expect(texts.problem("storage_quota")).toMatch(/quota/);
  });
});

describe("text of an error", () => {
  test("uses the translation of the error's key", () => {
    const error = {
      message: "x",
      translation_domain: "homesec",
      translation_key: "camera_not_found",
      translation_placeholders: { camera: "Attic" },
    };
    expect(texts.error(error)).toMatch(/Attic/);
  });

  test.each([
    [{ code: "unauthorized", message: "Unauthorized" }, /permission/],
    [{ code: "not_found", message: "?" }, /no longer exists/],
    [{ code: "home_assistant_error", message: "Broken" }, /^Broken$/],
    [undefined, /went wrong/],
  ])("%j", (error, expected) => {
    expect(texts.error(error)).toMatch(expected);
  });
});

describe("Format", () => {
  const format = new Format(
    { language: "en", locale: { language: "en", time_format: "24" } },
    "Europe/Berlin",
  );
  const NOW = Date.parse("2026-11-25T12:00:00Z") / 1000;

  test("uses Home Assistant's time zone", () => {
    expect(format.time(NOW)).toBe("13:00");
    expect(format.time(NOW, { seconds: true })).toBe("13:00:00");
    expect(format.day(NOW)).toBe("Wednesday, November 25");
  });

  test("returns a key for today and yesterday", () => {
    expect(format.relativeDay(NOW, NOW).key).toBe("today");
    expect(format.relativeDay(NOW - 86_400, NOW).key).toBe("yesterday");
    expect(format.relativeDay(NOW - 2 * 86_400, NOW).key).toBeNull();
  });

  test("weekday 0 is Monday", () => {
    expect([0, 6].map((index) => format.weekday(index))).toEqual(["Mon", "Sun"]);
  });

  test.each([
    [0, "0 bytes"],
    [1_500_000, "1.5 MB"],
    [48_000_000_000, "48 GB"],
  ])("%i bytes are %s", (bytes, said) => {
    expect(format.bytes(bytes)).toBe(said);
  });

  test.each([
    [0.4, "0:00"],
    [83, "1:23"],
    [3723, "1:02:03"],
  ])("%f seconds are %s", (seconds, said) => {
    expect(duration(seconds)).toBe(said);
  });
});
