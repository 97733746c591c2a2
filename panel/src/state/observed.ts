/** Something that elements watch: they render again when it says that it changed. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Observed {
  private readonly watchers = new Set<() => void>();

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  protected changed(): void {
    for (const watcher of this.watchers) watcher();
  }
}

/** Watches as long as the element is on the page. */
export class Watch implements ReactiveController {
  private stop: (() => void) | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly observed: () => Observed | undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.stop ??= this.observed()?.watch(() => this.host.requestUpdate()) ?? null;
  }

  hostUpdate(): void {
    this.hostConnected(); // what it watches is a property, which is set after it was connected
  }

  hostDisconnected(): void {
    this.stop?.();
    this.stop = null;
  }
}
