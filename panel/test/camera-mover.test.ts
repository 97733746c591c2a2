import { beforeEach, describe, expect, test } from "vitest";

import { Api } from "../src/data/api.ts";
import type { Unsubscribe } from "../src/data/api.ts";
import { CameraMover } from "../src/state/camera-mover.ts";
import { isPinMissing } from "../src/state/pin-entry.ts";
import { FakeBackend } from "./fake-backend.ts";

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("CameraMover", () => {
  let backend: FakeBackend;
  let api: Api;
  let errors: unknown[];
  let now: number;
  let mover: CameraMover;

  beforeEach(() => {
    backend = new FakeBackend({ clips: 0 });
    api = new Api(() => backend.hass());
    errors = [];
    now = 0;
    mover = new CameraMover(
      api,
      (error) => errors.push(error),
      () => now,
    );
  });

  test("knows where the camera can move, and its positions", async () => {
    await mover.show("drive");
    expect(mover.directions).toEqual(["left", "right", "up", "down", "zoom_in"]);
    expect(mover.positions.map(({ name }) => name)).toEqual(["Gate", "Street"]);
    await mover.show("door");
    expect([mover.directions, mover.positions]).toEqual([[], []]);
    const asked = backend.calls.filter(({ type }) => type === "homesec/cameras/positions");
    expect(asked.length).toBe(1); // a camera that can't move isn't asked for them
  });

  test("shows no answer for a camera that isn't shown any more", async () => {
    const late = mover.show("drive");
    await mover.show("door");
    await late;
    expect(mover.directions).toEqual([]);
  });

  test("moves as long as the button is held", async () => {
    await mover.show("drive");
    mover.hold("left");
    await settled();
    expect([mover.held, backend.moving]).toEqual(["left", "left"]);
    mover.release();
    await settled();
    expect([mover.held, backend.moving]).toEqual([null, null]);
  });

  test("stops a movement that begins after the release", async () => {
    await mover.show("drive");
    const begin: ((stop: Unsubscribe) => void)[] = [];
    let stopped = 0;
    api.move = () => new Promise((resolve) => begin.push(resolve));
    mover.hold("up");
    mover.release();
    begin[0]!(() => (stopped += 1));
    await settled();
    expect(stopped).toBe(1);
  });

  test("stops when another direction or camera follows", async () => {
    await mover.show("drive");
    mover.hold("left");
    await settled();
    mover.hold("right");
    await settled();
    expect(mover.held).toBe("right");
    await mover.show("door");
    await settled();
    expect([mover.held, backend.moving]).toEqual([null, null]);
  });

  test("reports a movement that is refused, and asks for a PIN once", async () => {
    backend.change({ alarm: { ...backend.system.alarm, state: "armed", mode: "away" } });
    await mover.show("drive");
    mover.hold("left");
    await settled();
    expect(errors.map(isPinMissing)).toEqual([true]);
    expect(mover.held).toBeNull();
    await expect(mover.allow("9999")).rejects.toMatchObject({ translation_key: "wrong_code" });
    expect(mover.isPermitted).toBe(false);
    await mover.allow("1234");
    expect(mover.isPermitted).toBe(true);
    mover.hold("left");
    await settled();
    expect([errors.length, backend.moving]).toEqual([1, "left"]);
    now += 119_000;
    expect(mover.isPermitted).toBe(false);
  });

  test("goes to a position, and ends the movement before", async () => {
    await mover.show("drive");
    mover.hold("left");
    await mover.goTo("2");
    await settled();
    expect(backend.moving).toBeNull();
    expect(backend.calls.at(-1)).toMatchObject({ camera_id: "drive", position: "2" });
  });

  test("has no buttons for a camera that doesn't tell", async () => {
    api.directions = () => Promise.reject({ code: "not_found" });
    await mover.show("drive");
    expect([mover.directions, errors]).toEqual([[], []]);
    api.directions = () => Promise.resolve({ directions: ["left"] });
    api.positions = () => Promise.reject({ code: "home_assistant_error" });
    await mover.show("door");
    expect([mover.directions, mover.positions]).toEqual([["left"], []]);
  });
});

test("a movement isn't begun again after a lost connection", async () => {
  const backend = new FakeBackend({ clips: 0 });
  const hass = backend.hass();
  const options: unknown[] = [];
  const { subscribeMessage } = hass.connection;
  hass.connection.subscribeMessage = (callback, message, given) => {
    options.push(given);
    return subscribeMessage(callback, message, given);
  };
  await new Api(() => hass).move("drive", "left");
  expect(options).toEqual([{ resubscribe: false }]);
});
