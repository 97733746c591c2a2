import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { LiveReport, StreamType } from "../src/live/player.ts";
import { LivePlayer } from "../src/live/player.ts";

interface Opened {
  type: StreamType;
  report: LiveReport;
  signal: AbortSignal;
  refused: boolean;
}

/** A camera whose videos do what a test says. */
class Camera {
  types: StreamType[] | Error = ["web_rtc", "hls"];
  refused: StreamType[] = [];
  readonly opened: Opened[] = [];
  readonly player = new LivePlayer({
    types: async () => {
      if (this.types instanceof Error) throw this.types;
      return this.types;
    },
    open: async (type, report, signal) => {
      const opened: Opened = { type, report, signal, refused: this.refused.includes(type) };
      this.opened.push(opened);
      await Promise.resolve();
      if (opened.refused) throw new Error("refused");
    },
  });

  get tried(): StreamType[] {
    return this.opened.map(({ type }) => type);
  }

  get last(): Opened {
    return this.opened.at(-1)!;
  }

  get running(): number {
    return this.opened.filter(({ refused, signal }) => !refused && !signal.aborted).length;
  }
}

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);

describe("LivePlayer", () => {
  let camera: Camera;

  beforeEach(() => {
    vi.useFakeTimers();
    camera = new Camera();
  });

  afterEach(() => {
    camera.player.stop();
    vi.useRealTimers();
  });

  test("tells the time of what plays, and of nothing else", async () => {
    camera.player.start();
    await pass(0);
    const first = camera.last.report;
    first.timed(() => 42);
    first.playing();
    expect(camera.player.liveT()).toBe(42);
    first.failed();
    expect(camera.player.liveT()).toBeNull();
    first.timed(() => 43);
    expect(camera.player.liveT()).toBeNull();
  });

  test("plays the best stream type", async () => {
    const changes: (StreamType | null)[] = [];
    camera.player.observe(() => changes.push(camera.player.playing));
    camera.player.start();
    await pass(0);
    expect(camera.player.playing).toBeNull();
    camera.last.report.playing();
    await pass(600);
    expect(camera.player.playing).toBe("web_rtc");
    expect(camera.tried).toEqual(["web_rtc"]);
    expect(changes).toEqual(["web_rtc"]);
  });

  test("tries the next type where one is refused", async () => {
    camera.refused = ["web_rtc"];
    camera.player.start();
    await pass(0);
    expect(camera.tried).toEqual(["web_rtc", "hls"]);
    camera.last.report.playing();
    expect(camera.player.playing).toBe("hls");
  });

  test("tries the next type where no picture comes in time, and ends the first", async () => {
    camera.player.start();
    await pass(11);
    expect(camera.tried).toEqual(["web_rtc", "hls"]);
    expect(camera.running).toBe(1);
    camera.opened[0]!.report.playing(); // too late
    expect(camera.player.playing).toBeNull();
  });

  test("begins again after a pause where no type works", async () => {
    camera.types = ["hls"];
    camera.refused = ["hls"];
    camera.player.start();
    await pass(0);
    expect(camera.tried).toHaveLength(1);
    await pass(2);
    expect(camera.tried).toHaveLength(2);
    await pass(2);
    expect(camera.tried).toHaveLength(2); // the pause got longer
    await pass(2);
    expect(camera.tried).toHaveLength(3);
    await pass(3600);
    expect(camera.tried.length).toBeLessThan(50);
    camera.refused = [];
    await pass(120);
    camera.last.report.playing();
    expect(camera.player.playing).toBe("hls");
  });

  test("doesn't try again what the browser can't play, until it's started again", async () => {
    camera.player.start();
    await pass(0);
    camera.last.report.unplayable();
    await pass(0);
    camera.last.report.playing();
    camera.last.report.failed();
    await pass(2);
    expect(camera.tried).toEqual(["web_rtc", "hls", "hls"]);
    camera.last.report.unplayable();
    await pass(3600);
    expect(camera.tried).toHaveLength(3);
    camera.player.start();
    await pass(0);
    expect(camera.tried.at(-1)).toBe("web_rtc");
  });

  test("leaves a camera without video alone", async () => {
    camera.types = [];
    camera.player.start();
    await pass(3600);
    expect(camera.tried).toEqual([]);
    expect(camera.player.playing).toBeNull();
  });

  test("asks again if a camera doesn't say what it offers", async () => {
    camera.types = new Error("Camera is off");
    camera.player.start();
    await pass(0);
    camera.types = ["hls"];
    await pass(2);
    expect(camera.tried).toEqual(["hls"]);
  });

  test("begins again when video that has played fails", async () => {
    camera.player.start();
    await pass(0);
    camera.last.report.playing();
    await pass(60);
    camera.last.report.failed();
    expect(camera.player.playing).toBeNull();
    expect(camera.running).toBe(0);
    await pass(2);
    expect(camera.tried).toEqual(["web_rtc", "web_rtc"]);
  });

  test("pauses longer each time for video that ends soon after it began", async () => {
    camera.player.start();
    await pass(0);
    for (let round = 0; round < 4; round += 1) {
      camera.last.report.playing();
      camera.last.report.failed();
      const tried = camera.tried.length;
      await pass(2 * 2 ** round - 1);
      expect(camera.tried).toHaveLength(tried);
      await pass(1);
      expect(camera.tried).toHaveLength(tried + 1);
    }
  });

  test("stop ends the video and all that was planned", async () => {
    camera.player.start();
    await pass(0);
    camera.last.report.playing();
    camera.player.stop();
    expect(camera.player.playing).toBeNull();
    expect(camera.running).toBe(0);
    camera.last.report.failed();
    await pass(3600);
    expect(camera.tried).toEqual(["web_rtc"]);
  });

  test("video that opens after the end isn't used", async () => {
    camera.player.start();
    await vi.waitFor(() => expect(camera.opened).toHaveLength(1), { interval: 0 });
    camera.player.stop();
    await pass(0);
    expect(camera.running).toBe(0);
  });

  test("never has two videos at once, whatever happens", async () => {
    // Each seed is another order of events.
    for (let seed = 1; seed <= 200; seed += 1) {
      camera = new Camera();
      let state = seed;
      const pick = (below: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % below;
      };
      camera.player.start();
      for (let step = 0; step < 40; step += 1) {
        const any = camera.opened[pick(Math.max(1, camera.opened.length))];
        switch (pick(6)) {
          case 0:
            any?.report.failed();
            break;
          case 1:
            any?.report.playing();
            break;
          case 2:
            camera.player.start();
            break;
          case 3:
            if (!pick(3)) camera.player.stop();
            break;
          case 4:
            camera.refused = pick(2) ? [] : ["web_rtc"];
            break;
          default:
            await pass(pick(30));
        }
        await pass(0);
        expect(camera.running, `seed ${seed}, step ${step}`).toBeLessThanOrEqual(1);
        if (camera.player.playing) expect(camera.running, `seed ${seed}`).toBe(1);
      }
      camera.player.stop();
      await pass(0);
      expect(camera.running, `seed ${seed}`).toBe(0);
    }
  });
});
