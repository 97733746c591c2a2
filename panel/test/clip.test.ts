import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import { ClipStore } from "../src/state/clip.ts";
import { makeClip, StandIn } from "./standin.ts";

const NOW = 1_790_000_000;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("a clip that is looked at", () => {
  let standIn: StandIn;
  let store: ClipStore;

  beforeEach(async () => {
    standIn = new StandIn({ clips: 20, now: NOW });
    store = new ClipStore(new Api(() => standIn.hass()));
    await store.follow();
  });

  test("has its neighbours within the filter that it was found with", async () => {
    const people = standIn.clips.filter((clip) => clip.label === "person");
    await store.show(people[1]!.id, { labels: ["person"] });
    expect(store.detail).toMatchObject({ next: people[0]!.id, previous: people[2]!.id });
  });

  test("follows a recording, and asks who was where when it is finished", async () => {
    const growing = makeClip(900, NOW, { state: "recording", label: "person" });
    standIn.tell(growing);
    await store.show(growing.id, {});
    standIn.tell({ ...growing, duration: 50 });
    expect(store.detail!.clip.duration).toBe(50);
    const asked = standIn.calls.length;
    standIn.tell({ ...growing, state: "saved" });
    await settled();
    expect(standIn.calls.slice(asked).map((call) => call.type)).toEqual(["homesec/clips/get"]);
    expect(store.detail!.clip.state).toBe("saved");
  });

  test("learns of a newer one to go on to", async () => {
    await store.show(standIn.clips[0]!.id, {});
    expect(store.detail!.next).toBeNull();
    standIn.tell(makeClip(901, NOW + 1));
    await settled();
    expect(store.detail!.next).toBe("C000901");
  });

  test("learns of a neighbour that was found again", async () => {
    const [newest, older] = standIn.clips;
    await store.show(newest!.id, {});
    expect(store.detail!.previous).toBe(older!.id);
    standIn.find(makeClip(902, newest!.event - 1));
    await settled();
    expect(store.detail!.previous).toBe("C000902");
  });

  test("says when it was deleted elsewhere", async () => {
    const { id } = standIn.clips.find((clip) => !clip.protected)!;
    await store.show(id, {});
    await new Api(() => standIn.hass()).delete([id]);
    expect(store.gone).toBe(true);
  });

  test("an unknown one is an error; the next one forgets it", async () => {
    await store.show("nothing", {});
    expect(store.error).toMatchObject({ code: "not_found" });
    await store.show(standIn.clips[3]!.id, {});
    expect(store.error).toBeNull();
  });
});
