import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import { ClipStore } from "../src/state/clip.ts";
import { FakeBackend } from "./fake-backend.ts";
import { makeClip } from "./fake-data.ts";

const NOW = 1_790_000_000;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("ClipStore", () => {
  let backend: FakeBackend;
  let store: ClipStore;

  beforeEach(async () => {
    backend = new FakeBackend({ clips: 20, now: NOW });
    store = new ClipStore(new Api(() => backend.hass()));
    await store.subscribe();
  });

  test("show uses the filter for the neighbors", async () => {
    const people = backend.clips.filter((clip) => clip.label === "person");
    await store.show(people[1]!.id, { labels: ["person"] });
    expect(store.detail).toMatchObject({ next: people[0]!.id, previous: people[2]!.id });
  });

  test("loads tracks when the recording finishes", async () => {
    const growing = makeClip(900, NOW, { state: "recording", label: "person" });
    backend.emit(growing);
    await store.show(growing.id, {});
    backend.emit({ ...growing, duration: 50 });
    expect(store.detail!.clip.duration).toBe(50);
    const before = backend.calls.length;
    backend.emit({ ...growing, state: "saved" });
    await settled();
    expect(backend.calls.slice(before).map((call) => call.type)).toEqual(["homesec/clips/get"]);
    expect(store.detail!.clip.state).toBe("saved");
  });

  test("loads the new neighbor of the newest clip", async () => {
    await store.show(backend.clips[0]!.id, {});
    expect(store.detail!.next).toBeNull();
    backend.emit(makeClip(901, NOW + 1));
    await settled();
    expect(store.detail!.next).toBe("C000901");
  });

  test("loads a restored neighbor", async () => {
    const [newest, older] = backend.clips;
    await store.show(newest!.id, {});
    expect(store.detail!.previous).toBe(older!.id);
    backend.restore(makeClip(902, newest!.event - 1));
    await settled();
    expect(store.detail!.previous).toBe("C000902");
  });

  test("reports a clip deleted elsewhere", async () => {
    const { id } = backend.clips.find((clip) => !clip.protected)!;
    await store.show(id, {});
    await new Api(() => backend.hass()).delete([id], null);
    expect(store.deleted).toBe(true);
  });

  test("unknown clip is an error until the next clip", async () => {
    await store.show("nothing", {});
    expect(store.error).toMatchObject({ code: "not_found" });
    await store.show(backend.clips[3]!.id, {});
    expect(store.error).toBeNull();
  });
});
