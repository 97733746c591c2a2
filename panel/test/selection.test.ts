import { expect, test } from "vitest";

import { routePath, parseRoute } from "../src/router.ts";
import { Selection } from "../src/state/selection.ts";

const ORDER = [..."abcdef"];

test("toggle twice deselects", () => {
  const selection = new Selection();
  selection.toggle("a");
  selection.toggle("b");
  selection.toggle("a");
  expect([...selection.ids]).toEqual(["b"]);
  expect(selection.active).toBe(true);
});

test("extend selects the range in either direction", () => {
  const selection = new Selection();
  selection.toggle("e");
  selection.extend("c", ORDER);
  expect([...selection.ids].sort()).toEqual(["c", "d", "e"]);
});

test("extend without an anchor selects one clip", () => {
  const selection = new Selection();
  selection.extend("c", ORDER);
  expect([...selection.ids]).toEqual(["c"]);
});

test("deselect removes clips and end clears all", () => {
  const selection = new Selection();
  let told = 0;
  selection.observe(() => (told += 1));
  selection.begin("a");
  selection.toggle("b");
  selection.deselect(["a", "x"]);
  expect([...selection.ids]).toEqual(["b"]);
  selection.deselect(["x"]);
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
  expect(parseRoute(path)).toEqual(place);
});

test("parseRoute inverts routePath", () => {
  for (const place of [
    { view: "overview" },
    { view: "insight" },
    { view: "clip", id: "a/b" },
    { view: "zones", camera: "ä" },
  ] as const) {
    expect(parseRoute(routePath(place).slice("/homesec".length))).toEqual(place);
  }
});
