import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import { ScrollPosition } from "../src/state/scroll-position.ts";
import { FakeBackend } from "./fake-backend.ts";

const NOW = 1_790_000_000;
const DAY_S = 86_400;
const ZONE = "Europe/Berlin";
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("ScrollPosition", () => {
  let backend: FakeBackend;
  let place: ScrollPosition;
  const show = (search: string, at = NOW): boolean => place.show(search, at, ZONE);

  beforeEach(() => {
    backend = new FakeBackend({ clips: 300, now: NOW });
    place = new ScrollPosition(new Api(() => backend.hass()));
  });

  test("is kept while a clip is shown", async () => {
    expect(show("?camera=door")).toBe(true);
    await settled();
    place.top = 900;
    expect(show("?camera=door")).toBe(false);
    expect(place.top).toBe(900);
    expect(backend.calls.filter((call) => call.type === "homesec/clips/list")).toHaveLength(1);
  });

  test("is reset for another filter and at midnight", async () => {
    show("?days=today");
    place.top = 900;
    expect(show("?days=today", NOW + DAY_S)).toBe(true);
    expect(place.top).toBe(0);
    expect(show("")).toBe(true);
    await settled();
    expect(place.list.total).toBe(300);
  });

  test("is kept at midnight if the filter has no relative day", () => {
    for (const search of ["", "?from=2026-11-20&to=2026-11-21"]) {
      show(search);
      place.top = 900;
      expect(show(search, NOW + DAY_S)).toBe(false);
      expect(place.top).toBe(900);
    }
  });

  test("is reset when the page is closed", async () => {
    show("");
    await settled();
    place.unsubscribe();
    expect(show("")).toBe(true);
  });
});
