import { beforeEach, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import { parseRoute, routePath } from "../src/router.ts";
import { DeletedList, PAGE_SIZE, daysLeft } from "../src/state/deleted.ts";
import { FakeBackend } from "./fake-backend.ts";
import { makeClip, makeDeleted } from "./fake-data.ts";

const NOW = 1_800_000_000;
const DAY_S = 86_400;

let backend: FakeBackend;
let list: DeletedList;

beforeEach(async () => {
  backend = new FakeBackend({ clips: 5, now: NOW });
  backend.clips.forEach((clip) => (clip.protected = false));
  list = new DeletedList(new Api(() => backend.hass()));
  await list.subscribe();
});

const ids = (): string[] => list.clips.map((clip) => clip.id);
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function fill(count: number): void {
  backend.deleted = Array.from({ length: count }, (_, n) => makeDeleted(makeClip(n, NOW), NOW - n));
}

test("an empty list is complete once it is loaded", async () => {
  expect(list.complete).toBe(false);
  await list.refresh();
  expect([list.total, list.complete, list.clips]).toEqual([0, true, []]);
});

test("loads page by page to the end", async () => {
  fill(PAGE_SIZE + 5);
  await list.refresh();
  expect([list.clips.length, list.complete, list.total]).toEqual([PAGE_SIZE, false, PAGE_SIZE + 5]);
  await list.loadMore();
  expect(ids()).toEqual(backend.deleted.map((clip) => clip.id));
  expect(list.complete).toBe(true);
});

test("a clip that is deleted meanwhile appears", async () => {
  await list.refresh();
  const { id } = backend.clips[0]!;
  await backend.hass().callWS({ type: "homesec/clips/delete", ids: [id] });
  await later();
  expect(ids()).toEqual([id]);
});

test("a restored clip leaves the list and is listed among the clips", async () => {
  fill(3);
  await list.refresh();
  const [first, ...others] = ids();
  expect(await list.restore([first!])).toEqual([]);
  expect(ids()).toEqual(others);
  expect(list.total).toBe(2);
  expect(backend.clips.some((clip) => clip.id === first)).toBe(true);
});

test("a clip restored on another page leaves the list", async () => {
  fill(2);
  await list.refresh();
  const [first, second] = ids();
  await backend.hass().callWS({ type: "homesec/deleted/restore", ids: [first] });
  expect(ids()).toEqual([second]);
});

test("a purged clip is gone, and a missing one is refused", async () => {
  fill(2);
  await list.refresh();
  const [first, second] = ids();
  expect(await list.purge([first!, "x"], null)).toEqual([{ id: "x", error: "clip_not_found" }]);
  await later();
  expect(ids()).toEqual([second]);
});

test("while the alarm is triggered, a purge is refused and the clip stays", async () => {
  fill(1);
  await list.refresh();
  backend.change({ alarm: { ...backend.system.alarm, state: "triggered" } });
  await expect(list.purge(ids(), null)).rejects.toMatchObject({ translation_key: "purge_held" });
  expect(list.clips).toHaveLength(1);
});

test("the PIN of a purge is sent as a password", async () => {
  fill(1);
  await list.refresh();
  await list.purge(ids(), "1234");
  expect(backend.calls.find((call) => call.type === "homesec/deleted/purge")).toMatchObject({
    password: "1234",
  });
});

test("an error is kept until the list is loaded", async () => {
  const failing = new DeletedList({
    deletedClips: () => Promise.reject(new Error("no")),
    restore: () => Promise.reject(new Error("no")),
    purge: () => Promise.reject(new Error("no")),
    subscribeClips: () => Promise.resolve(() => undefined),
  });
  await failing.refresh();
  expect([failing.error, failing.loading]).toEqual([new Error("no"), false]);
});

test.each([
  [7 * DAY_S, 7],
  [6 * DAY_S + 1, 7],
  [1, 1],
  [0, 0],
  [-5, 0],
])("a clip that expires in %i s has %i days left", (seconds, days) => {
  const clip = makeDeleted(makeClip(1, NOW), NOW, { expires: NOW + seconds });
  expect(daysLeft(clip, NOW)).toBe(days);
});

test("a protected clip has no days left to count", () => {
  expect(daysLeft(makeDeleted(makeClip(1, NOW), NOW, { expires: null }), NOW)).toBeNull();
});

test("Recently deleted has a URL", () => {
  expect(routePath({ view: "deleted" })).toBe("/homesec/deleted");
  expect(parseRoute("/deleted")).toEqual({ view: "deleted" });
});
