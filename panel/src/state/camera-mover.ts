/** Moves a camera while a button is held. */

import type { Api, Unsubscribe } from "../data/api.ts";
import type { Direction, StoredPosition } from "../data/types.ts";
import { Observable } from "./observable.ts";

type MoveApi = Pick<Api, "directions" | "positions" | "move" | "goTo" | "allowMoves">;

/** A permit isn't used in its last moments, in which the movement would be refused. */
const SLACK_MS = 5000;

export class CameraMover extends Observable {
  /** Where the camera can move; none while that isn't known. */
  directions: Direction[] = [];
  positions: StoredPosition[] = [];
  held: Direction | null = null;
  private cameraId = "";
  private movement: Promise<Unsubscribe> | null = null;
  private permittedUntil = 0;

  constructor(
    private readonly api: MoveApi,
    private readonly report: (error: unknown) => void,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  /** Find out how a camera can be moved, and stop the one before. */
  async show(cameraId: string): Promise<void> {
    if (cameraId === this.cameraId) return;
    this.release();
    Object.assign(this, { cameraId, directions: [], positions: [], permittedUntil: 0 });
    this.changed();
    // A camera that doesn't tell can't be moved. Why isn't worth a message to who only watches.
    const { directions } = await this.api.directions(cameraId).catch(() => ({ directions: [] }));
    if (this.cameraId !== cameraId || !directions.length) return;
    this.directions = directions;
    this.changed();
    const { positions } = await this.api.positions(cameraId).catch(() => ({ positions: [] }));
    if (this.cameraId !== cameraId) return;
    this.positions = positions;
    this.changed();
  }

  /** Whether a PIN was given that is still good. */
  get isPermitted(): boolean {
    return this.now() < this.permittedUntil;
  }

  /** Use a PIN for the next moves. Throws if it is refused. */
  async allow(pin: string | null): Promise<void> {
    const { seconds } = await this.api.allowMoves(this.cameraId, pin);
    this.permittedUntil = this.now() + seconds * 1000 - SLACK_MS;
  }

  /** Move until `release`. */
  hold(direction: Direction): void {
    this.release();
    const movement = this.api.move(this.cameraId, direction);
    this.movement = movement;
    this.held = direction;
    this.changed();
    movement.catch((error: unknown) => {
      if (this.movement === movement) this.release();
      this.report(error);
    });
  }

  /** Stop; also a movement that hasn't begun yet. */
  release(): void {
    const { movement } = this;
    this.movement = null;
    if (!movement) return;
    this.held = null;
    this.changed();
    void movement.then(
      (stop) => stop(),
      () => undefined, // it never began
    );
  }

  async goTo(position: string): Promise<void> {
    this.release();
    await this.api.goTo(this.cameraId, position);
  }
}
