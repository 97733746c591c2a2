import { describe, expect, test } from "vitest";

import { loadResources, Texts } from "../src/texts/texts.ts";
import type { Locale } from "../src/ha/hass.ts";
import { duration, Format, profileZone } from "../src/time/format.ts";
import { FakeBackend } from "./fake-backend.ts";
import { makeProblem, textResources } from "./fake-data.ts";

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
    expect(texts.named("tamper", "covered")).toBe("Covered: check the lens");
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

describe("text of a problem", () => {
  const keys = (group: string): string[] => {
    const names = Object.keys(textResources(group)).map((path) => path.split(".")[3]!);
    return [...new Set(names)];
  };
  const placeholders = { camera: "Garden", recipient: "Ann", progress: "40" };

  test.each(keys("issues"))("of the repair %s has a title without gaps", (key) => {
    const english = textResources("issues");
    const named = english[`component.homesec.issues.${key}.title`]!.matchAll(/\{(\w+)\}/g);
    const values = Object.fromEntries([...named].map(([, name]) => [name, "Garden"]));
    const problem = makeProblem(key, { repair: true, placeholders: values });
    const { title, detail } = texts.trouble(problem);
    expect(title).toMatch(/^[^{}]+$/);
    expect(title).not.toMatch(/needs your attention/);
    if (detail !== null) expect(detail).not.toMatch(/[{}]|^Submit|\n/);
  });

  test("of a repair that comes later is its own or a general one", () => {
    const later = new Texts(
      {
        "component.homesec.issues.new_one.title": "{camera} is upside down",
        "component.homesec.issues.new_one.description": "Turn [it](https://x.org) *over*.\n\nMore.",
        "component.homesec.config_panel.problems.unknown": "Attention",
      },
      "en",
    );
    const known = makeProblem("new_one", { repair: true, placeholders });
    expect(later.trouble(known)).toEqual({
      title: "Garden is upside down",
      detail: "Turn it over.",
    });
    expect(later.trouble(makeProblem("other", { repair: true })).title).toBe("Attention");
  });

  test("of a state has the reason", () => {
    const lost = makeProblem("camera_lost", { placeholders, error: "no_route" });
    expect(texts.trouble(lost)).toEqual({
      title: "Camera Garden is offline",
      detail: "Nothing responds at its address.",
    });
    const uploads = makeProblem("uploads_failing", { error: "storage_unreachable" });
    expect(texts.trouble(uploads).detail).toMatch(/internet/);
    expect(texts.trouble(makeProblem("starting", { error: "unheard_of" })).detail).toBeNull();
  });
});

describe("the user's profile", () => {
  const AT = Date.parse("2026-11-25T02:55:14Z") / 1000;
  const made = (change: Partial<Locale>, zone = "UTC"): Format => {
    const locale: Locale = { language: "en", time_format: "language", ...change };
    return new Format({ language: "en", locale }, zone);
  };

  test.each<[Partial<Locale>, string, string, string]>([
    [{ time_format: "12" }, "2:55:14\u00a0AM", "2\u00a0AM", "12\u00a0AM"],
    [{ time_format: "24" }, "02:55:14", "02:55", "00:00"],
    [{ time_format: "language" }, "2:55:14\u00a0AM", "2\u00a0AM", "12\u00a0AM"],
    [{ language: "de", time_format: "language" }, "02:55:14", "02:55", "00:00"],
    [{ language: "de", time_format: "12" }, "2:55:14\u00a0AM", "2\u00a0AM", "12\u00a0AM"],
  ])("%j sets the clock, also of axes", (change, time, hour, axis) => {
    const format = made(change);
    expect(format.time(AT, { seconds: true })).toBe(time);
    expect(format.hour(AT)).toMatch(hour.replace("\u00a0AM", "\u00a0"));
    expect(format.hourOfDay(0)).toMatch(axis.replace("\u00a0AM", "\u00a0"));
    expect(format.hourOfDay(24)).toBe(format.hourOfDay(0));
  });

  test("no time can be broken between two lines", () => {
    for (const language of ["en", "en-GB", "de", "fr", "ko", "bg"]) {
      for (const time_format of ["12", "24", "language", "system"] as const) {
        const format = made({ language, time_format });
        for (const text of [format.time(AT), format.hour(AT), format.hourOfDay(13)]) {
          expect(text).not.toMatch(/[ \u202f]/);
        }
      }
    }
  });

  test.each<[Locale["number_format"], string, string, string]>([
    ["language", "12,345", "1.5\u00a0MB", "87%"],
    ["comma_decimal", "12,345", "1.5\u00a0MB", "87%"],
    ["decimal_comma", "12.345", "1,5\u00a0MB", "87%"],
    ["quote_decimal", "12'345", "1.5\u00a0MB", "87%"],
    ["none", "12345", "1.5\u00a0MB", "87%"],
  ])("%s sets how numbers are written", (number_format, number, size, share) => {
    const format = made({ number_format: number_format! });
    expect(format.number(12_345).replace("’", "'")).toBe(number);
    expect(format.bytes(1_500_000)).toBe(size);
    expect(format.percent(0.87)).toBe(share);
  });

  test("units are those of the language", () => {
    expect(made({ language: "de" }).percent(0.87)).toBe("87\u00a0%");
    expect(made({ language: "fr", number_format: "comma_decimal" }).bytes(1_500_000)).toBe(
      "1.5\u00a0Mo",
    );
  });

  test.each<[string | undefined, number]>([
    ["monday", 0],
    ["sunday", 6],
    ["saturday", 5],
  ])("a week that begins on %s", (first_weekday, first) => {
    const { weekdays } = made({ first_weekday: first_weekday! });
    expect(weekdays[0]).toBe(first);
    expect([...weekdays].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("sets the time zone", () => {
    const browser = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(profileZone({ time_zone: "server" }, "Asia/Tokyo")).toBe("Asia/Tokyo");
    expect(profileZone({ time_zone: "local" }, "Asia/Tokyo")).toBe(browser);
    expect(profileZone({}, "Asia/Tokyo")).toBe("Asia/Tokyo");
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

  test("names the day of what comes later than a day from now", () => {
    expect(format.until(NOW + 3600, NOW)).toBe("14:00");
    expect(format.until(NOW + 86_399, NOW)).toBe("12:59");
    expect(format.until(NOW + 10 * 86_400, NOW)).toBe("Sat, Dec 5, 13:00");
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
    [0, "0\u00a0bytes"],
    [1_500_000, "1.5\u00a0MB"],
    [48_000_000_000, "48\u00a0GB"],
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
