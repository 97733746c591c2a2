import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import type { Point, Zone } from "../src/data/types.ts";
import { areaOf, sideMiddle, moveCorner, movePolygon, splitSide } from "../src/layout/polygon.ts";
import { ZonesDraft } from "../src/state/zones.ts";
import { FakeBackend } from "./fake-backend.ts";

const SQUARE: Point[] = [
  [0.2, 0.2],
  [0.4, 0.2],
  [0.4, 0.4],
  [0.2, 0.4],
];

describe("polygon", () => {
  test("clampPoint keeps corners in the picture", () => {
    expect(moveCorner(SQUARE, 0, [-1, 2])[0]).toEqual([0, 1]);
    expect(movePolygon(SQUARE, 5, -5)[0]).toEqual([0.8, 0]);
  });

  test("movePolygon keeps the shape at the edge", () => {
    expect(areaOf(movePolygon(SQUARE, -1, -1))).toBeCloseTo(areaOf(SQUARE));
  });

  test("splitSide adds a corner in the middle of a side", () => {
    expect(splitSide(SQUARE, 0)[1]).toEqual([0.3, 0.2]);
    expect(splitSide(SQUARE, 3).at(-1)).toEqual([0.2, 0.3]);
    expect(sideMiddle(SQUARE, 3)[1]).toBeCloseTo(0.3);
  });

  test("areaOf a line is 0", () => {
    expect(areaOf([[0, 0], [1, 1], [0.5, 0.5]])).toBe(0); // prettier-ignore
  });
});

describe("ZonesDraft", () => {
  let backend: FakeBackend;
  let draft: ZonesDraft;

  beforeEach(async () => {
    backend = new FakeBackend({ clips: 0 });
    draft = new ZonesDraft(new Api(() => backend.hass()), "door");
    await draft.load();
  });

  const drawn = (): void => {
    draft.draw();
    for (const corner of SQUARE) draft.addCorner(corner);
    draft.close("New");
  };

  test("is unchanged after loading", () => {
    expect(draft.zones.map((zone) => zone.name)).toEqual(["Path", "Road"]);
    expect([draft.ready, draft.isDirty, draft.isValid]).toEqual([true, false, true]);
  });

  test("selects a drawn zone and saves it with the others", async () => {
    drawn();
    expect(draft.zone).toMatchObject({ name: "New", kind: "noted", polygon: SQUARE });
    draft.change({ name: "Gate", kind: "required", labels: ["person"], loiter_s: 5 });
    await draft.save();
    const saved = backend.calls.find((call) => call.type === "homesec/zones/save")!;
    expect((saved["zones"] as Zone[]).at(-1)).toEqual({
      name: "Gate",
      kind: "required",
      labels: ["person"],
      loiter_s: 5,
      polygon: SQUARE,
    });
    expect(draft.isDirty).toBe(false);
  });

  test("does not close a zone of two corners", () => {
    draft.draw();
    draft.addCorner([0.1, 0.1]);
    draft.addCorner([0.2, 0.1]);
    expect(draft.close("New")).toBe(false);
    draft.removeLastCorner();
    expect(draft.drawing).toHaveLength(1);
    draft.cancel();
    expect(draft.zones).toHaveLength(2);
  });

  test("undoes each change, and a whole drag as one", () => {
    drawn();
    draft.change({ polygon: moveCorner(SQUARE, 0, [0.1, 0.1]) });
    draft.change({ polygon: moveCorner(SQUARE, 0, [0.05, 0.05]) }, { continued: true });
    draft.undo();
    expect(draft.zone!.polygon).toEqual(SQUARE);
    draft.undo();
    expect(draft.zones).toHaveLength(2);
    expect([draft.isDirty, draft.canUndo]).toEqual([false, false]);
  });

  test("keeps at least three corners", () => {
    drawn();
    draft.removeCorner(0);
    draft.removeCorner(0);
    expect(draft.zone!.polygon).toHaveLength(3);
  });

  test("removes the selected zone", () => {
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
    expect(draft.isValid).toBe(false);
  });
});
