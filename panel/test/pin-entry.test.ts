import { expect, test, vi } from "vitest";

import { Api } from "../src/data/api.ts";
import { isPinMissing, PinEntry } from "../src/state/pin-entry.ts";
import { FakeBackend } from "./fake-backend.ts";

const PIN = "1234";

function armedHouse(): { backend: FakeBackend; api: Api; disarm: (pin: string) => Promise<void> } {
  const backend = new FakeBackend({ clips: 0, code: PIN });
  backend.change({ alarm: { ...backend.system.alarm, state: "armed", mode: "away" } });
  const api = new Api(() => backend.hass());
  return { backend, api, disarm: async (pin) => void (await api.disarm(pin)) };
}

function type(entry: PinEntry, pin: string): Promise<void> {
  for (const digit of pin) entry.add(digit);
  return entry.submit();
}

test("right PIN carries out the action and is forgotten", async () => {
  const { backend, disarm } = armedHouse();
  const entry = new PinEntry(disarm);
  await type(entry, PIN);
  expect(await entry.done).toBe(true);
  expect(backend.system.alarm.state).toBe("disarmed");
  expect(entry.pin).toBe("");
});

test("wrong PIN is refused in place, and the next one is accepted", async () => {
  const { backend, disarm } = armedHouse();
  const entry = new PinEntry(disarm);
  await type(entry, "9999");
  expect(entry.error).toMatchObject({ translation_key: "wrong_code" });
  expect([entry.pin, entry.isBusy, backend.system.alarm.state]).toEqual(["", false, "armed"]);
  await type(entry, PIN);
  expect(await entry.done).toBe(true);
  expect(entry.error).toBe(null);
});

test("lockout is shown in place", async () => {
  const { disarm } = armedHouse();
  const entry = new PinEntry(disarm);
  for (let tries = 0; tries < 6; tries += 1) await type(entry, "9999");
  expect(entry.error).toMatchObject({
    translation_key: "locked_out",
    translation_placeholders: { minutes: "1" },
  });
});

test("other errors end the entry", async () => {
  const entry = new PinEntry(() => Promise.reject(new Error("no connection")));
  const failed = expect(entry.done).rejects.toThrow("no connection");
  await type(entry, PIN);
  await failed;
  expect(entry.error).toBe(null);
});

test("canceled entry carries out nothing", async () => {
  const { backend, disarm } = armedHouse();
  const entry = new PinEntry(disarm);
  entry.add("1");
  entry.cancel();
  expect(await entry.done).toBe(false);
  expect([entry.pin, backend.system.alarm.state]).toEqual(["", "armed"]);
});

test("erase removes the last digit, and an empty PIN is not sent", async () => {
  const action = vi.fn(async () => undefined);
  const entry = new PinEntry(action);
  entry.enter("12");
  entry.erase();
  expect(entry.pin).toBe("1");
  entry.erase();
  await entry.submit();
  expect(action).not.toHaveBeenCalled();
});

test("second submit while the first is under way sends nothing", async () => {
  const action = vi.fn(async () => undefined);
  const entry = new PinEntry(action);
  entry.enter(PIN);
  const first = entry.submit();
  entry.enter(PIN);
  await entry.submit();
  await first;
  expect(action).toHaveBeenCalledTimes(1);
});

test("action without a PIN that needs one reports a missing PIN", async () => {
  const { api } = armedHouse();
  const error: unknown = await api.disarm(null).catch((reason: unknown) => reason);
  expect(isPinMissing(error)).toBe(true);
  expect(isPinMissing(new Error("code_missing"))).toBe(false);
});

test("PIN travels only in HomeSec's own commands, in a field that logs leave out", async () => {
  const { backend, api } = armedHouse();
  await api.disarm(PIN);
  await api.arm("away", PIN);
  expect(backend.actions).toEqual([]);
  const sent = backend.calls.filter((call) => JSON.stringify(call).includes(PIN));
  expect(sent).toEqual([
    { type: "homesec/alarm/disarm", password: PIN },
    { type: "homesec/alarm/arm", mode: "away", force: false, password: PIN },
  ]);
});

test("what weakens an armed alarm is refused without a PIN, and done with it", async () => {
  const { backend, api } = armedHouse();
  const ids = ["clip"];
  const actions: ((pin: string | null) => Promise<unknown>)[] = [
    (pin) => api.snooze("door", 60, pin),
    (pin) => api.setDetection("door", false, pin),
    (pin) => api.protect(ids, false, pin),
    (pin) => api.saveZones("door", [], pin),
    (pin) => api.delete(ids, pin),
  ];
  for (const action of actions) {
    const error: unknown = await action(null).catch((reason: unknown) => reason);
    expect(isPinMissing(error)).toBe(true);
    await action(PIN);
  }
  const [door] = backend.system.cameras;
  expect(door).toMatchObject({ detection: false, snoozed_until: expect.any(Number) });
  expect(backend.actions).toEqual([]);
});
