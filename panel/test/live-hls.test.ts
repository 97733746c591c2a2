/** HLS, against a fake Home Assistant, browser, and hls.js. */

import { beforeEach, describe, expect, test, vi } from "vitest";

import { openHls } from "../src/live/hls.ts";
import type { HlsOptions } from "../src/live/hls.ts";
import { element, ENTITY, FakeVideo, Reports, settled } from "./fake-video.ts";

type Handler = (event: string, data: object) => void;

class FakeHls {
  static readonly Events = {
    MANIFEST_PARSED: "parsed",
    ERROR: "error",
    INIT_PTS_FOUND: "offset",
    FRAG_CHANGED: "fragment",
  };
  static supported = true;
  static last: FakeHls;
  readonly handlers: Record<string, Handler> = {};
  source = "";
  media: unknown = null;
  destroyed = false;

  static isSupported(): boolean {
    return FakeHls.supported;
  }

  constructor(readonly config: unknown) {
    FakeHls.last = this;
  }

  on(event: string, handler: Handler): void {
    this.handlers[event] = handler;
  }

  loadSource(url: string): void {
    this.source = url;
  }

  attachMedia(media: unknown): void {
    this.media = media;
  }

  destroy(): void {
    this.destroyed = true;
  }

  emit(event: string, data: object = {}): void {
    this.handlers[event]?.(event, data);
  }

  fail(fatal: boolean, details = ""): void {
    this.emit("error", { fatal, details });
  }
}

describe("openHls", () => {
  let video: FakeVideo;
  let reports: Reports;
  let controller: AbortController;
  const silenced = vi.fn();
  const stop = (): void => controller.abort();
  const load = async (): Promise<never> => FakeHls as never;

  beforeEach(() => {
    video = new FakeVideo();
    reports = new Reports();
    FakeHls.supported = true;
    controller = new AbortController();
    silenced.mockReset();
  });

  const open = (change: Partial<HlsOptions> = {}) =>
    openHls({
      hass: { callWS: async <T>() => ({ url: "/api/hls/t/master_playlist.m3u8" }) as T },
      entity: ENTITY,
      video: element(video),
      report: reports,
      signal: controller.signal,
      silenced,
      load,
      ...change,
    });

  test("plays with hls.js when the playlist is there", async () => {
    await open();
    expect(FakeHls.last.source).toBe("/api/hls/t/master_playlist.m3u8");
    expect(FakeHls.last.media).toBe(video);
    expect(video.plays).toBe(0);
    FakeHls.last.emit("parsed");
    await settled();
    expect(reports.playing).toHaveBeenCalled();
  });

  test("only an error that hls.js can't get over is a failure", async () => {
    await open();
    FakeHls.last.fail(false);
    expect(reports.failed).not.toHaveBeenCalled();
    FakeHls.last.fail(true);
    expect(reports.failed).toHaveBeenCalled();
    expect(reports.unplayable).not.toHaveBeenCalled();
  });

  test("says that the browser lacks the codec", async () => {
    await open();
    FakeHls.last.fail(true, "manifestIncompatibleCodecsError");
    expect(reports.unplayable).toHaveBeenCalled();
    expect(reports.failed).not.toHaveBeenCalled();
  });

  test("tells which time of live video is shown", async () => {
    await open();
    const liveT = reports.timed.mock.lastCall![0];
    expect(liveT()).toBeNull();
    const timestampOffsets = [{ baseTime: 63_000_000, timescale: 90_000 }];
    FakeHls.last.emit("offset", { timestampOffsets });
    expect(liveT()).toBeNull(); // nothing is shown yet
    FakeHls.last.emit("fragment", { frag: { cc: 0 } });
    video.currentTime = 2.5;
    expect(liveT()).toBe(702.5);
  });

  test("tells the time across a discontinuity", async () => {
    await open();
    const liveT = reports.timed.mock.lastCall![0];
    const timestampOffsets = [undefined, { baseTime: 100, timescale: 10 }, { baseTime: 7, timescale: 1 }];
    FakeHls.last.emit("offset", { timestampOffsets });
    FakeHls.last.emit("fragment", { frag: { cc: 1 } });
    expect(liveT()).toBe(10);
    FakeHls.last.emit("fragment", { frag: { cc: 2 } });
    expect(liveT()).toBe(7);
    FakeHls.last.emit("fragment", { frag: { cc: 3 } });
    expect(liveT()).toBeNull();
  });

  test("stop lets go of the stream", async () => {
    await open();
    FakeHls.last.emit("parsed");
    await settled();
    reports.playing.mockReset();
    stop();
    expect(FakeHls.last.destroyed).toBe(true);
    expect(video.loads).toBe(1);
    video.dispatchEvent(new Event("playing"));
    video.dispatchEvent(new Event("error"));
    expect(reports.playing).not.toHaveBeenCalled();
    expect(reports.failed).not.toHaveBeenCalled();
  });

  test.each([
    ["hls.js isn't supported", { load }],
    ["hls.js can't be loaded", { load: () => Promise.reject(new Error("offline")) }],
  ])("is played by the browser itself where %s", async (_name, change) => {
    FakeHls.supported = false;
    video.native = "maybe";
    await open(change);
    await settled();
    expect(video.src).toBe("/api/hls/t/master_playlist.m3u8");
    expect(reports.playing).toHaveBeenCalled();
    expect(reports.timed).not.toHaveBeenCalled();
    stop();
    expect(video.src).toBe("");
  });

  test("leaves the element to its successor if it's ended while it opens", async () => {
    const opening = open();
    stop();
    video.src = "another";
    await expect(opening).rejects.toThrow();
    expect(video.src).toBe("another");
    expect(video.loads).toBe(0);
  });

  test("rejects where nothing plays it", async () => {
    FakeHls.supported = false;
    await expect(open()).rejects.toThrow();
    await expect(open({ load: () => Promise.reject(new Error("offline")) })).rejects.toThrow();
  });

  test("rejects where the camera has no stream", async () => {
    const hass = { callWS: () => Promise.reject({ code: "start_stream_failed" }) };
    await expect(open({ hass })).rejects.toMatchObject({ code: "start_stream_failed" });
  });
});
