/** The current state of the alarm, the cameras, and the storage. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { Camera, SystemState } from "../data/types.ts";
import { Observable } from "./observable.ts";

export class SystemStore extends Observable {
  state: SystemState | null = null;
  /** HomeSec is reloading or was removed, so the state may be out of date. */
  unavailable = false;
  error: unknown = null;
  private stop: Unsubscribe | null = null;
  private isSubscribed = false;

  constructor(private readonly api: Api) {
    super();
  }

  async subscribe(): Promise<void> {
    this.isSubscribed = true;
    try {
      const stop = await this.api.subscribeSystem((message) => {
        if ("unavailable" in message) this.unavailable = message.unavailable;
        else {
          this.state = message;
          this.unavailable = false;
        }
        this.error = null;
        this.changed();
      });
      if (this.isSubscribed) this.stop = stop;
      else stop();
    } catch (error) {
      this.error = error;
      this.changed();
    }
  }

  unsubscribe(): void {
    this.isSubscribed = false;
    this.stop?.();
    this.stop = null;
  }

  /** Return the camera after another (`step` 1) or before it (-1), around the ends. */
  neighbor(id: string, step: 1 | -1): Camera | null {
    const cameras = this.state?.cameras ?? [];
    const index = cameras.findIndex((camera) => camera.id === id);
    if (index < 0 || cameras.length < 2) return null;
    return cameras.at((index + step) % cameras.length) ?? null;
  }

  camera(id: string): Camera | undefined {
    return this.state?.cameras.find((camera) => camera.id === id);
  }
}
