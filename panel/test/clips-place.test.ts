import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import { ClipsPlace } from "../src/state/clips-place.ts";
import { StandIn } from "./standin.ts";

const NOW = 1_790_000_000;
const DAY_S = 86_400;
const ZONE = "Europe/Berlin";
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("the place in the list of clips", () => {
  let standIn: StandIn;
  let place: ClipsPlace;
  const show = (search: string, at = NOW): boolean => place.show(search, at, ZONE);

  beforeEach(() => {
    standIn = new StandIn({ clips: 300, now: NOW });
    place = new ClipsPlace(new Api(() => standIn.hass()));
  });

  test("is kept while a clip is looked at", async () => {
    expect(show("?camera=door")).toBe(true);
    await settled();
    place.top = 900;
    expect(show("?camera=door")).toBe(false);
    expect(place.top).toBe(900);
    expect(standIn.calls.filter((call) => call.type === "homesec/clips/list")).toHaveLength(1);
  });

  test("is the top of another list, and of today's tomorrow", async () => {
    show("?days=today");
    place.top = 900;
    expect(show("?days=today", NOW + DAY_S)).toBe(true);
    expect(place.top).toBe(0);
    expect(show("")).toBe(true);
    await settled();
    expect(place.list.total).toBe(300);
  });

  test("stays at midnight where the day makes no difference", () => {
    for (const search of ["", "?from=2026-11-20&to=2026-11-21"]) {
      show(search);
      place.top = 900;
      expect(show(search, NOW + DAY_S)).toBe(false);
      expect(place.top).toBe(900);
    }
  });

  test("is forgotten when the page is left", async () => {
    show("");
    await settled();
    place.end();
    expect(show("")).toBe(true);
  });
});
