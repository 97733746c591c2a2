import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import type { ClipPage } from "../src/data/shapes.ts";
import { ClipList } from "../src/state/clips.ts";
import { makeClip, StandIn } from "./standin.ts";

const NOW = 1_790_000_000;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("a list of clips", () => {
  let standIn: StandIn;
  let list: ClipList;

  beforeEach(async () => {
    standIn = new StandIn({ clips: 1000, now: NOW });
    list = new ClipList(new Api(() => standIn.hass()));
    await list.follow();
    await list.show({});
  });

  test("begins with the newest and knows how many there are", () => {
    expect(list.clips[0]!.id).toBe(standIn.clips[0]!.id);
    expect(list.total).toBe(1000);
    expect(list.complete).toBe(false);
  });

  test("grows to the end, each clip once and in order", async () => {
    while (!list.complete) await list.more();
    expect(list.clips.map((clip) => clip.id)).toEqual(standIn.clips.map((clip) => clip.id));
    await list.more(); // nothing more to ask for
    expect(standIn.calls.filter((call) => call.type === "homesec/clips/list")).toHaveLength(11);
  });

  test("a page is asked for once, however often the view asks", async () => {
    await Promise.all([list.more(), list.more(), list.more()]);
    expect(standIn.calls.filter((call) => call.type === "homesec/clips/list")).toHaveLength(2);
  });

  test("a new clip appears at the top by itself", () => {
    const clip = makeClip(5000, NOW + 1);
    standIn.tell(clip);
    expect(list.clips[0]).toEqual(clip);
    expect(list.total).toBe(1001);
  });

  test("a clip that changes stays where it is", () => {
    const clip = { ...list.clips[3]!, protected: true };
    standIn.tell(clip);
    expect(list.clips[3]).toEqual(clip);
    expect(list.total).toBe(1000);
  });

  test("after a reload of HomeSec it is asked for anew", async () => {
    standIn.clips.shift();
    standIn.reload();
    await new Promise((resolve) => setTimeout(resolve));
    expect(list.clips[0]!.id).toBe(standIn.clips[0]!.id);
    expect(list.total).toBe(999);
  });

  test("after the connection was lost, too; but not once nobody looks any more", async () => {
    standIn.clips.shift();
    standIn.reconnect();
    await new Promise((resolve) => setTimeout(resolve));
    expect(list.total).toBe(999);
    const asked = standIn.calls.length;
    list.end();
    standIn.reconnect();
    expect(standIn.calls).toHaveLength(asked);
  });

  test("clips that were found again are there, and what is shown stays as far as it went", async () => {
    while (list.clips.length < 400) await list.more();
    const shown = list.clips.length;
    const seen: number[] = [];
    list.watch(() => seen.push(list.clips.length));
    const asked = standIn.calls.length;
    standIn.find(makeClip(5000, standIn.clips[100]!.event - 1), makeClip(5001, NOW - 10_000_000));
    await settled();
    expect(list.clips.findIndex((clip) => clip.id === "C005000")).toBe(101);
    expect(list.total).toBe(1002);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(shown);
    expect(standIn.calls.length - asked).toBe(3); // 200 at a time
    while (!list.complete) await list.more();
    expect(list.clips.map((clip) => clip.id)).toEqual(standIn.clips.map((clip) => clip.id));
  });

  test("what could not be asked for again stays, and is asked for when it can be", async () => {
    let fails = false;
    const api = new Api(() => standIn.hass());
    const shaky = new ClipList({
      clips: async (...asked) => {
        if (fails) throw { message: "no" };
        return api.clips(...asked);
      },
      subscribeClips: async () => () => undefined,
    });
    await shaky.show({});
    fails = true;
    standIn.find(makeClip(5000, standIn.clips[3]!.event - 1));
    await shaky.refresh();
    expect(shaky.error).toEqual({ message: "no" });
    expect(shaky.clips).toHaveLength(60);
    fails = false;
    shaky.recover();
    await settled();
    expect(shaky.error).toBeNull();
    expect(shaky.clips[4]!.id).toBe("C005000");
  });

  test("words are looked for in the label as it is shown, too", async () => {
    const german = new ClipList(
      new Api(() => standIn.hass()),
      (label) => (label === "cat" ? "Katze" : label),
    );
    await german.follow();
    for (const text of [" katze", "cat", "KATZE"]) {
      await german.show({ text });
      standIn.tell(makeClip(6000, NOW + 5, { label: "cat" }));
      expect(german.clips[0]?.id).toBe("C006000");
      standIn.tell(makeClip(6000, NOW + 5, { label: "dog" }));
      expect(german.clips.map((clip) => clip.id)).not.toContain("C006000");
    }
  });

  test("a clip older than what is loaded waits for its page", () => {
    const before = list.clips.length;
    standIn.tell(makeClip(0, NOW - 10_000_000));
    expect(list.clips).toHaveLength(before);
  });

  test("what does not belong to the filter stays out, and leaves when it ceases to", async () => {
    await list.show({ labels: ["cat"] });
    const before = list.clips.length;
    standIn.tell(makeClip(5000, NOW + 1, { label: "person" }));
    expect(list.clips).toHaveLength(before);
    standIn.tell({ ...list.clips[0]!, label: "dog" });
    expect(list.clips).toHaveLength(before - 1);
  });

  test("what is removed anywhere disappears here", async () => {
    const [first, second] = list.clips.filter((clip) => !clip.protected);
    await list.more();
    await new Api(() => standIn.hass()).delete([first!.id, second!.id]);
    expect(list.clips.map((clip) => clip.id)).not.toContain(first!.id);
    expect(list.total).toBe(standIn.clips.length);
  });

  test("a clip told of while its page is on the way is there once", async () => {
    const loading = list.show({});
    standIn.tell(makeClip(5000, NOW + 1));
    await loading;
    expect(list.clips.filter((clip) => clip.id === "C005000")).toHaveLength(1);
  });

  test("the answer to a filter that was left comes too late", async () => {
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

  test("a failure is told and the same page can be asked for again", async () => {
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
    shaky.recover();
    await new Promise((resolve) => setTimeout(resolve));
    expect(shaky.error).toBeNull();
    expect(shaky.clips).toHaveLength(1);
  });

  test("a moment is reached, however many pages lie before it", async () => {
    const wanted = standIn.clips[700]!;
    const index = await list.reach(wanted.started);
    expect(list.clips[index]).toEqual(wanted);
    expect(await list.reach(0)).toBe(999);
  });
});
