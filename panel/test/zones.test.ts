import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import type { Point, Zone } from "../src/data/shapes.ts";
import { areaOf, middleOf, moved, shifted, split } from "../src/layout/polygon.ts";
import { ZonesDraft } from "../src/state/zones.ts";
import { StandIn } from "./standin.ts";

const SQUARE: Point[] = [
  [0.2, 0.2],
  [0.4, 0.2],
  [0.4, 0.4],
  [0.2, 0.4],
];

describe("corners", () => {
  test("stay in the picture", () => {
    expect(moved(SQUARE, 0, [-1, 2])[0]).toEqual([0, 1]);
    expect(shifted(SQUARE, 5, -5)[0]).toEqual([0.8, 0]);
  });

  test("a zone that is moved keeps its shape at the edge", () => {
    expect(areaOf(shifted(SQUARE, -1, -1))).toBeCloseTo(areaOf(SQUARE));
  });

  test("a side is split in its middle, the last one too", () => {
    expect(split(SQUARE, 0)[1]).toEqual([0.3, 0.2]);
    expect(split(SQUARE, 3).at(-1)).toEqual([0.2, 0.3]);
    expect(middleOf(SQUARE, 3)[1]).toBeCloseTo(0.3);
  });

  test("what encloses nothing has no area", () => {
    expect(areaOf([[0, 0], [1, 1], [0.5, 0.5]])).toBe(0); // prettier-ignore
  });
});

describe("zones that are edited", () => {
  let standIn: StandIn;
  let draft: ZonesDraft;

  beforeEach(async () => {
    standIn = new StandIn({ clips: 0 });
    draft = new ZonesDraft(new Api(() => standIn.hass()), "door");
    await draft.load();
  });

  const drawn = (): void => {
    draft.draw();
    for (const corner of SQUARE) draft.addCorner(corner);
    draft.close("New");
  };

  test("are what the camera has, until something is changed", () => {
    expect(draft.zones.map((zone) => zone.name)).toEqual(["Path", "Road"]);
    expect([draft.ready, draft.dirty, draft.sound]).toEqual([true, false, true]);
  });

  test("a drawn one is chosen, to be named, and saved with the others", async () => {
    drawn();
    expect(draft.zone).toMatchObject({ name: "New", kind: "noted", polygon: SQUARE });
    draft.change({ name: "Gate", kind: "required", labels: ["person"], loiter_s: 5 });
    await draft.save();
    const saved = standIn.calls.find((call) => call.type === "homesec/zones/save")!;
    expect((saved["zones"] as Zone[]).at(-1)).toEqual({
      name: "Gate",
      kind: "required",
      labels: ["person"],
      loiter_s: 5,
      polygon: SQUARE,
    });
    expect(draft.dirty).toBe(false);
  });

  test("two corners are no zone", () => {
    draft.draw();
    draft.addCorner([0.1, 0.1]);
    draft.addCorner([0.2, 0.1]);
    expect(draft.close("New")).toBe(false);
    draft.dropCorner();
    expect(draft.drawing).toHaveLength(1);
    draft.cancel();
    expect(draft.zones).toHaveLength(2);
  });

  test("each change can be undone, a whole drag as one", () => {
    drawn();
    draft.change({ polygon: moved(SQUARE, 0, [0.1, 0.1]) });
    draft.change({ polygon: moved(SQUARE, 0, [0.05, 0.05]) }, { begun: true });
    draft.undo();
    expect(draft.zone!.polygon).toEqual(SQUARE);
    draft.undo();
    expect(draft.zones).toHaveLength(2);
    expect([draft.dirty, draft.canUndo]).toEqual([false, false]);
  });

  test("three corners is the least that is left", () => {
    drawn();
    draft.removeCorner(0);
    draft.removeCorner(0);
    expect(draft.zone!.polygon).toHaveLength(3);
  });

  test("a removed one is gone, and nothing is chosen", () => {
    draft.select(0);
    draft.remove();
    expect(draft.zones.map((zone) => zone.name)).toEqual(["Road"]);
    expect(draft.zone).toBeNull();
  });

  test.each([
    [{ name: " " }, "name_missing"],
    [{ name: "x".repeat(41) }, "name_long"],
    [{ name: "road" }, "name_twice"],
    [{ polygon: SQUARE.slice(0, 2) }, "corners_few"],
    [{ polygon: [[0, 0], [1, 1], [0.5, 0.5]] as Point[] }, "flat"], // prettier-ignore
  ])("%j is refused before it is sent: %s", (change, problem) => {
    drawn();
    draft.change(change);
    expect(draft.problem(2)).toBe(problem);
    expect(draft.sound).toBe(false);
  });
});
