/** State that elements observe in order to render again when it changes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

export class Observable {
  private readonly observers = new Set<() => void>();

  observe(observer: () => void): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  protected changed(): void {
    for (const observer of this.observers) observer();
  }
}

/** Observes as long as the element is connected. */
export class ObservableController implements ReactiveController {
  private stop: (() => void) | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly observed: () => Observable | undefined,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.stop ??= this.observed()?.observe(() => this.host.requestUpdate()) ?? null;
  }

  hostUpdate(): void {
    this.hostConnected(); // properties are set after the element was connected
  }

  hostDisconnected(): void {
    this.stop?.();
    this.stop = null;
  }
}
