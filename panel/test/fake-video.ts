/** A video element without a browser, and what live video reports of it. */

import { vi } from "vitest";

export const ENTITY = "camera.door";
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

export function refusal(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** As much of a video element as is used. */
export class FakeVideo extends EventTarget {
  muted = false;
  src = "";
  srcObject: unknown = null;
  currentTime = 0;
  loads = 0;
  plays = 0;
  native = "";
  /** What `play` is refused with, one for each call. */
  refusals: Error[] = [];

  async play(): Promise<void> {
    this.plays += 1;
    const refused = this.refusals.shift();
    if (refused) throw refused;
    this.dispatchEvent(new Event("playing"));
  }

  load(): void {
    this.loads += 1;
  }

  canPlayType(): string {
    return this.native;
  }

  removeAttribute(name: string): void {
    if (name === "src") this.src = "";
  }
}

/** What live video has reported. */
export class Reports {
  readonly playing = vi.fn();
  readonly failed = vi.fn();
  readonly unplayable = vi.fn();
  readonly timed = vi.fn<(liveT: () => number | null) => void>();
}

export const element = (video: FakeVideo): HTMLVideoElement => video as unknown as HTMLVideoElement;
