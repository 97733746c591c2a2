import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import type { PreviewBox, ZonesPreview } from "../src/data/types.ts";
import { snapshotName } from "../src/layout/snapshot-name.ts";
import { swipeStep } from "../src/layout/swipe.ts";
import { parseRoute, routePath } from "../src/router.ts";
import { LiveBoxes } from "../src/state/live-boxes.ts";
import { SystemStore } from "../src/state/system.ts";
import { FakeBackend } from "./fake-backend.ts";

const NOW = 1_790_000_000;

describe("swipeStep", () => {
  const swipe = (x: number, y: number, ms = 200) =>
    swipeStep({ x: 200, y: 200, at: 0 }, { x: 200 + x, y: 200 + y, at: ms });

  test("follows the finger to the next and the previous camera", () => {
    expect(swipe(-120, 10)).toBe(1);
    expect(swipe(120, -10)).toBe(-1);
  });

  test("is none for a tap, for scrolling, and for a slow finger", () => {
    expect(swipe(5, 2)).toBe(0);
    expect(swipe(-80, 70)).toBe(0);
    expect(swipe(0, -300)).toBe(0);
    expect(swipe(-200, 0, 2000)).toBe(0);
  });
});

describe("the route of a live view", () => {
  test("survives any id", () => {
    for (const id of ["01J", "a b/c?d#e", "ä"]) {
      const path = routePath({ view: "camera", id });
      expect(parseRoute(path.replace("/homesec", ""))).toEqual({ view: "camera", id });
    }
  });

  test("needs an id", () => {
    expect(parseRoute("/camera")).toEqual({ view: "overview" });
  });
});

describe("SystemStore.neighbor", () => {
  test("goes around the ends", async () => {
    const backend = new FakeBackend({ clips: 0, now: NOW });
    const store = new SystemStore(new Api(() => backend.hass()));
    expect(store.neighbor("door", 1)).toBeNull();
    await store.subscribe();
    expect(store.neighbor("door", 1)?.id).toBe("drive");
    expect(store.neighbor("garden", 1)?.id).toBe("door");
    expect(store.neighbor("door", -1)?.id).toBe("garden");
    expect(store.neighbor("gone", 1)).toBeNull();
    backend.change({ cameras: backend.system.cameras.slice(0, 1) });
    expect(store.neighbor("door", 1)).toBeNull();
  });
});

describe("snapshotName", () => {
  test("has the camera and the local time, and fits every file system", () => {
    expect(snapshotName("Front door", NOW, "Europe/Berlin")).toBe(
      "Front door 2026-09-21 16.13.20.jpg",
    );
    expect(snapshotName('a/b\\c:"d"', NOW, "UTC")).toBe("a_b_c__d_ 2026-09-21 14.13.20.jpg");
  });
});

describe("LiveBoxes", () => {
  let send: ((preview: ZonesPreview | { unavailable: boolean }) => void)[];
  let stopped: number;
  let refused: unknown;
  let boxes: LiveBoxes;
  let now: number;
  const box = (score: number): PreviewBox => {
    return { label: "person", score, box: [0, 0, 1, 1], counts: true, zones: [] };
  };
  const preview = (score: number, live_t?: number): void =>
    send.at(-1)!({ at: 0, live_t, boxes: [box(score)] });
  const scores = (liveT: number | null = null): number[] =>
    boxes.current(liveT).map(({ score }) => score);

  beforeEach(() => {
    send = [];
    stopped = 0;
    refused = null;
    now = 1000;
    const api = {
      zones: async () => ({ zones: [], labels: [], picture: "" }),
      previewZones: async (_camera: string, _zones: unknown, on: unknown) => {
        if (refused) throw refused;
        send.push(on as (typeof send)[number]);
        return () => void (stopped += 1);
      },
    };
    boxes = new LiveBoxes(api, () => now);
  });

  test("are the newest", async () => {
    await boxes.follow("door");
    expect(scores()).toEqual([]);
    preview(0.5);
    now += 1;
    preview(0.6);
    expect(scores()).toEqual([0.6]);
  });

  test("wait for the picture that they are of", async () => {
    await boxes.follow("door");
    preview(0.5, 998.9);
    now += 1;
    preview(0.6, 999.9);
    now += 1;
    preview(0.7, 0.9);
    now += 6; // so late is the video
    expect(scores(999)).toEqual([0.5]);
    expect(scores(999.6)).toEqual([0.6]);
    expect(scores(1000.1)).toEqual([0.6]); // a stream's times go on above the period
    expect(scores(1001)).toEqual([0.7]);
    expect(scores(1002.5)).toEqual([0.7]); // the detector isn't as far yet
    expect(scores(1003)).toEqual([]); // nothing is known of this picture
    expect(scores(997)).toEqual([]);
    now += 60;
    preview(0.8, 70);
    expect(scores(1000.1)).toEqual([]);
  });

  test("without a time match no video that is late", async () => {
    await boxes.follow("door");
    preview(0.5);
    expect(scores(5)).toEqual([]);
    expect(scores()).toEqual([0.5]);
  });

  test("are only of what counts", async () => {
    await boxes.follow("door");
    send[0]!({ at: 0, boxes: [box(0.9), { ...box(0.2), counts: false }] });
    expect(scores()).toEqual([0.9]);
  });

  test("go when no more come", async () => {
    await boxes.follow("door");
    preview(0.5);
    now += 3;
    expect(scores()).toEqual([]);
  });

  test("are forgotten with another camera, and while HomeSec reloads", async () => {
    await boxes.follow("door");
    preview(0.6);
    send[0]!({ unavailable: true });
    expect(scores()).toEqual([]);
    preview(0.7);
    await boxes.follow("drive");
    expect(stopped).toBe(1);
    expect(scores()).toEqual([]);
    send[0]!({ at: 0, boxes: [box(0.8)] }); // of the first camera
    expect(scores()).toEqual([]);
    await boxes.follow(null);
    expect(stopped).toBe(2);
  });

  test("a subscription that begins too late is ended", async () => {
    const following = boxes.follow("door");
    await boxes.follow(null);
    await following;
    expect(send.length - stopped).toBe(0);
  });

  test("can be asked for again after a refusal", async () => {
    refused = { code: "unauthorized" };
    await expect(boxes.follow("door")).rejects.toMatchObject({ code: "unauthorized" });
    refused = null;
    await boxes.follow("door");
    preview(0.5);
    expect(scores()).toEqual([0.5]);
  });
});
