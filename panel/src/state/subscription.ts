/** A subscription to the events of all clips, from `subscribe` to `unsubscribe`. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { ClipEvent } from "../data/types.ts";
import { Observable } from "./observable.ts";

export abstract class ClipSubscription extends Observable {
  private stop: Unsubscribe | null = null;
  private isSubscribed = false;

  constructor(protected readonly api: Pick<Api, "subscribeClips">) {
    super();
  }

  async subscribe(): Promise<void> {
    this.isSubscribed = true;
    const stop = await this.api.subscribeClips((event) => this.handleEvent(event));
    if (this.isSubscribed) this.stop = stop;
    else stop();
  }

  unsubscribe(): void {
    this.isSubscribed = false;
    this.stop?.();
    this.stop = null;
  }

  protected abstract handleEvent(event: ClipEvent): void;
}
