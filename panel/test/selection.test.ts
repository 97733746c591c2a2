import { expect, test } from "vitest";

import { pathOf, readPlace } from "../src/router.ts";
import { Selection } from "../src/state/selection.ts";

const ORDER = [..."abcdef"];

test("choosing twice is not choosing", () => {
  const selection = new Selection();
  selection.toggle("a");
  selection.toggle("b");
  selection.toggle("a");
  expect([...selection.ids]).toEqual(["b"]);
  expect(selection.active).toBe(true);
});

test("with shift, all between are chosen, in either direction", () => {
  const selection = new Selection();
  selection.toggle("e");
  selection.extend("c", ORDER);
  expect([...selection.ids].sort()).toEqual(["c", "d", "e"]);
});

test("with shift and nothing chosen before, one is chosen", () => {
  const selection = new Selection();
  selection.extend("c", ORDER);
  expect([...selection.ids]).toEqual(["c"]);
});

test("what is deleted is not chosen any more; the end forgets all", () => {
  const selection = new Selection();
  let told = 0;
  selection.watch(() => (told += 1));
  selection.begin("a");
  selection.toggle("b");
  selection.forget(["a", "x"]);
  expect([...selection.ids]).toEqual(["b"]);
  selection.forget(["x"]);
  selection.end();
  expect([selection.size, selection.active, told]).toEqual([0, false, 4]);
});

test.each([
  ["", { view: "overview" }],
  ["/", { view: "overview" }],
  ["/clips", { view: "clips" }],
  ["/clip/01K0", { view: "clip", id: "01K0" }],
  ["/clip/", { view: "overview" }],
  ["/zones/a%20b", { view: "zones", camera: "a b" }],
  ["/insight", { view: "insight" }],
  ["/nonsense", { view: "overview" }],
])("the path %j shows %j", (path, place) => {
  expect(readPlace(path)).toEqual(place);
});

test("paths lead back to their places", () => {
  for (const place of [
    { view: "overview" },
    { view: "insight" },
    { view: "clip", id: "a/b" },
    { view: "zones", camera: "ä" },
  ] as const) {
    expect(readPlace(pathOf(place).slice("/homesec".length))).toEqual(place);
  }
});
