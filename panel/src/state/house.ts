/** The house as it is now: the alarm, the cameras, the storage. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { Camera, House } from "../data/shapes.ts";
import { Observed } from "./observed.ts";

export class HouseStore extends Observed {
  house: House | null = null;
  /** HomeSec is being reloaded, or was removed; what is shown is how it was. */
  away = false;
  error: unknown = null;
  private stop: Unsubscribe | null = null;
  private wanted = false;

  constructor(private readonly api: Api) {
    super();
  }

  async start(): Promise<void> {
    this.wanted = true;
    try {
      const stop = await this.api.subscribeHouse((told) => {
        if ("unavailable" in told) this.away = told.unavailable;
        else {
          this.house = told;
          this.away = false;
        }
        this.error = null;
        this.changed();
      });
      if (this.wanted) this.stop = stop;
      else stop();
    } catch (error) {
      this.error = error;
      this.changed();
    }
  }

  end(): void {
    this.wanted = false;
    this.stop?.();
    this.stop = null;
  }

  camera(id: string): Camera | undefined {
    return this.house?.cameras.find((camera) => camera.id === id);
  }
}
