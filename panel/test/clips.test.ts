import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import type { ClipPage } from "../src/data/types.ts";
import { ClipList } from "../src/state/clips.ts";
import { FakeBackend } from "./fake-backend.ts";
import { makeClip } from "./fake-data.ts";

const NOW = 1_790_000_000;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("ClipList", () => {
  let backend: FakeBackend;
  let list: ClipList;

  beforeEach(async () => {
    backend = new FakeBackend({ clips: 1000, now: NOW });
    list = new ClipList(new Api(() => backend.hass()));
    await list.subscribe();
    await list.show({});
  });

  test("starts with the newest clips and the total", () => {
    expect(list.clips[0]!.id).toBe(backend.clips[0]!.id);
    expect(list.total).toBe(1000);
    expect(list.complete).toBe(false);
  });

  test("loads all clips once and in order", async () => {
    while (!list.complete) await list.loadMore();
    expect(list.clips.map((clip) => clip.id)).toEqual(backend.clips.map((clip) => clip.id));
    await list.loadMore(); // nothing more to ask for
    expect(backend.calls.filter((call) => call.type === "homesec/clips/list")).toHaveLength(11);
  });

  test("requests a page once for concurrent calls", async () => {
    await Promise.all([list.loadMore(), list.loadMore(), list.loadMore()]);
    expect(backend.calls.filter((call) => call.type === "homesec/clips/list")).toHaveLength(2);
  });

  test("adds a new clip at the top", () => {
    const clip = makeClip(5000, NOW + 1);
    backend.emit(clip);
    expect(list.clips[0]).toEqual(clip);
    expect(list.total).toBe(1001);
  });

  test("keeps the position of a changed clip", () => {
    const clip = { ...list.clips[3]!, protected: true };
    backend.emit(clip);
    expect(list.clips[3]).toEqual(clip);
    expect(list.total).toBe(1000);
  });

  test("reloads after HomeSec was reloaded", async () => {
    backend.clips.shift();
    backend.reload();
    await new Promise((resolve) => setTimeout(resolve));
    expect(list.clips[0]!.id).toBe(backend.clips[0]!.id);
    expect(list.total).toBe(999);
  });

  test("reloads after a lost connection only while subscribed", async () => {
    backend.clips.shift();
    backend.reconnect();
    await new Promise((resolve) => setTimeout(resolve));
    expect(list.total).toBe(999);
    const before = backend.calls.length;
    list.unsubscribe();
    backend.reconnect();
    expect(backend.calls).toHaveLength(before);
  });

  test("refresh includes restored clips and keeps the length", async () => {
    while (list.clips.length < 400) await list.loadMore();
    const shown = list.clips.length;
    const seen: number[] = [];
    list.observe(() => seen.push(list.clips.length));
    const before = backend.calls.length;
    backend.restore(makeClip(5000, backend.clips[100]!.event - 1), makeClip(5001, NOW - 10_000_000));
    await settled();
    expect(list.clips.findIndex((clip) => clip.id === "C005000")).toBe(101);
    expect(list.total).toBe(1002);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(shown);
    expect(backend.calls.length - before).toBe(3); // 200 at a time
    while (!list.complete) await list.loadMore();
    expect(list.clips.map((clip) => clip.id)).toEqual(backend.clips.map((clip) => clip.id));
  });

  test("failed refresh keeps the clips and is retried", async () => {
    let fails = false;
    const api = new Api(() => backend.hass());
    const shaky = new ClipList({
      clips: async (...asked) => {
        if (fails) throw { message: "no" };
        return api.clips(...asked);
      },
      subscribeClips: async () => () => undefined,
    });
    await shaky.show({});
    fails = true;
    backend.restore(makeClip(5000, backend.clips[3]!.event - 1));
    await shaky.refresh();
    expect(shaky.error).toEqual({ message: "no" });
    expect(shaky.clips).toHaveLength(60);
    fails = false;
    shaky.retry();
    await settled();
    expect(shaky.error).toBeNull();
    expect(shaky.clips[4]!.id).toBe("C005000");
  });

  test("search matches the translated label", async () => {
    const german = new ClipList(
      new Api(() => backend.hass()),
      (label) => (label === "cat" ? "Katze" : label),
    );
    await german.subscribe();
    for (const text of [" katze", "cat", "KATZE"]) {
      await german.show({ text });
      backend.emit(makeClip(6000, NOW + 5, { label: "cat" }));
      expect(german.clips[0]?.id).toBe("C006000");
      backend.emit(makeClip(6000, NOW + 5, { label: "dog" }));
      expect(german.clips.map((clip) => clip.id)).not.toContain("C006000");
    }
  });

  test("ignores an event for a clip older than the loaded ones", () => {
    const before = list.clips.length;
    backend.emit(makeClip(0, NOW - 10_000_000));
    expect(list.clips).toHaveLength(before);
  });

  test("removes a clip that no longer matches the filter", async () => {
    await list.show({ labels: ["cat"] });
    const before = list.clips.length;
    backend.emit(makeClip(5000, NOW + 1, { label: "person" }));
    expect(list.clips).toHaveLength(before);
    backend.emit({ ...list.clips[0]!, label: "dog" });
    expect(list.clips).toHaveLength(before - 1);
  });

  test("removes a clip deleted elsewhere", async () => {
    const [first, second] = list.clips.filter((clip) => !clip.protected);
    await list.loadMore();
    await new Api(() => backend.hass()).delete([first!.id, second!.id], null);
    expect(list.clips.map((clip) => clip.id)).not.toContain(first!.id);
    expect(list.total).toBe(backend.clips.length);
  });

  test("merges an event that arrives during a request", async () => {
    const loading = list.show({});
    backend.emit(makeClip(5000, NOW + 1));
    await loading;
    expect(list.clips.filter((clip) => clip.id === "C005000")).toHaveLength(1);
  });

  test("ignores the answer for an earlier filter", async () => {
    const answers: ((page: ClipPage) => void)[] = [];
    const slow = new ClipList({
      clips: () => new Promise((resolve) => answers.push(resolve)),
      subscribeClips: async () => () => undefined,
    });
    const first = slow.show({ labels: ["cat"] });
    const second = slow.show({ labels: ["dog"] });
    const dog = makeClip(2, NOW, { label: "dog" });
    answers[1]!({ clips: [dog], cursor: null, total: 1 });
    answers[0]!({ clips: [makeClip(1, NOW, { label: "cat" })], cursor: null, total: 1 });
    await Promise.all([first, second]);
    expect(slow.clips).toEqual([dog]);
  });

  test("reports an error and retries the same page", async () => {
    let fails = true;
    const shaky = new ClipList({
      clips: async () => {
        if (fails) throw { message: "no" };
        return { clips: [makeClip(1, NOW)], cursor: null, total: 1 };
      },
      subscribeClips: async () => () => undefined,
    });
    await shaky.show({});
    expect(shaky.error).toEqual({ message: "no" });
    fails = false;
    shaky.retry();
    await new Promise((resolve) => setTimeout(resolve));
    expect(shaky.error).toBeNull();
    expect(shaky.clips).toHaveLength(1);
  });

  test("loadUntil loads all pages before the time", async () => {
    const wanted = backend.clips[700]!;
    const index = await list.loadUntil(wanted.started);
    expect(list.clips[index]).toEqual(wanted);
    expect(await list.loadUntil(0)).toBe(999);
  });
});
