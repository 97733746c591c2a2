/** HomeSec's websocket commands and the actions of Home Assistant that the page uses. */

import type { Hass } from "../ha/hass.ts";
import type {
  ArmMode,
  CameraZones,
  ClipDetail,
  ClipEvent,
  ClipFilter,
  ClipPage,
  DeletedPage,
  Direction,
  LastPicture,
  Refusal,
  StoredPosition,
  SystemState,
  Timeline,
  Unavailable,
  VisitStatistics,
  Zone,
  ZonesPreview,
} from "./types.ts";

export type Unsubscribe = () => void;

/** As long as a page is likely to stay open. */
const SIGNED_PATH_LIFETIME_S = 24 * 3600;

/** Return the field for a PIN. Only in HomeSec's own commands: Home Assistant stores those of actions. */
function withPin(pin: string | null): { password?: string } {
  return pin ? { password: pin } : {};
}

export class Api {
  /** `hass` returns the current object: Home Assistant replaces it with every state change. */
  constructor(private readonly hass: () => Hass) {}

  subscribeSystem(on: (message: SystemState | Unavailable) => void): Promise<Unsubscribe> {
    return this.subscribe("homesec/house/subscribe", {}, on);
  }

  /** Subscribe to clip events. After a lost connection, report that events may be missing. */
  async subscribeClips(on: (event: ClipEvent) => void): Promise<Unsubscribe> {
    const { connection } = this.hass();
    const reportLoss = (): void => on({ unavailable: false });
    const stop = await this.subscribe("homesec/clips/subscribe", {}, on);
    connection.addEventListener("ready", reportLoss);
    return () => {
      connection.removeEventListener("ready", reportLoss);
      stop();
    };
  }

  clips(filter: ClipFilter, cursor: string | null, limit: number): Promise<ClipPage> {
    return this.call("homesec/clips/list", { ...filter, ...(cursor ? { cursor } : {}), limit });
  }

  clip(id: string, filter: ClipFilter): Promise<ClipDetail> {
    return this.call("homesec/clips/get", { clip_id: id, ...filter });
  }

  protect(ids: string[], on: boolean, pin: string | null): Promise<unknown> {
    return this.call("homesec/clips/protect", { ids, protected: on, ...withPin(pin) });
  }

  delete(
    ids: string[],
    pin: string | null,
  ): Promise<{ deleted: string[]; refused: Refusal[]; restorable: boolean }> {
    return this.call("homesec/clips/delete", { ids, ...withPin(pin) });
  }

  deletedClips(cursor: string | null, limit: number): Promise<DeletedPage> {
    return this.call("homesec/deleted/list", { ...(cursor ? { cursor } : {}), limit });
  }

  restore(ids: string[]): Promise<{ restored: string[]; refused: Refusal[] }> {
    return this.call("homesec/deleted/restore", { ids });
  }

  /** Delete clips in Recently deleted forever. */
  purge(ids: string[], pin: string | null): Promise<{ purged: string[]; refused: Refusal[] }> {
    return this.call("homesec/deleted/purge", { ids, ...withPin(pin) });
  }

  export(ids: string[]): Promise<{ folder: string; exported: number; refused: Refusal[] }> {
    return this.call("homesec/clips/export", { ids });
  }

  timeline(from: number, to: number): Promise<Timeline> {
    return this.call("homesec/timeline", { from, to });
  }

  visitStatistics(from: number, to: number): Promise<VisitStatistics> {
    return this.call("homesec/insight", { from, to });
  }

  zones(cameraId: string): Promise<CameraZones> {
    return this.call("homesec/zones/get", { camera_id: cameraId });
  }

  saveZones(cameraId: string, zones: Zone[], pin: string | null): Promise<unknown> {
    return this.call("homesec/zones/save", { camera_id: cameraId, zones, ...withPin(pin) });
  }

  previewZones(
    cameraId: string,
    zones: Zone[],
    on: (preview: ZonesPreview) => void,
  ): Promise<Unsubscribe> {
    return this.subscribe("homesec/zones/preview", { camera_id: cameraId, zones }, on);
  }

  async signed(path: string): Promise<string> {
    const answer = await this.call<{ path: string }>("auth/sign_path", {
      path,
      expires: SIGNED_PATH_LIFETIME_S,
    });
    return answer.path;
  }

  /** Arm. `force`: also without the cameras that are offline. */
  arm(mode: ArmMode, pin: string | null, { force = false } = {}): Promise<unknown> {
    return this.call("homesec/alarm/arm", { mode, force, ...withPin(pin) });
  }

  disarm(pin: string | null): Promise<unknown> {
    return this.call("homesec/alarm/disarm", withPin(pin));
  }

  /** Snooze a camera's alerts. 0 ends the snooze. */
  snooze(cameraId: string, seconds: number, pin: string | null): Promise<unknown> {
    const fields = { cameras: [cameraId], duration_s: seconds };
    return this.call("homesec/cameras/snooze", { ...fields, ...withPin(pin) });
  }

  setDetection(cameraId: string, on: boolean, pin: string | null): Promise<unknown> {
    return this.call("homesec/cameras/detection", { camera_id: cameraId, on, ...withPin(pin) });
  }

  /** Turn a camera on that's off in the alarm's present mode. */
  turnOn(cameraId: string): Promise<unknown> {
    return this.call("homesec/cameras/turn_on", { camera_id: cameraId });
  }

  /** Start or end a manual recording. */
  record(cameraId: string, on: boolean, pin: string | null): Promise<unknown> {
    return this.call("homesec/cameras/record", { camera_id: cameraId, on, ...withPin(pin) });
  }

  lastPicture(cameraId: string): Promise<LastPicture> {
    return this.call("homesec/cameras/picture", { camera_id: cameraId });
  }

  /** Return where a camera can move. */
  directions(cameraId: string): Promise<{ directions: Direction[] }> {
    return this.call("homesec/cameras/directions", { camera_id: cameraId });
  }

  positions(cameraId: string): Promise<{ positions: StoredPosition[] }> {
    return this.call("homesec/cameras/positions", { camera_id: cameraId });
  }

  /** Move a camera until it's unsubscribed. */
  move(cameraId: string, direction: Direction): Promise<Unsubscribe> {
    const fields = { camera_id: cameraId, direction };
    // After a lost connection, the button may have been released.
    return this.subscribe("homesec/cameras/move", fields, () => undefined, { resubscribe: false });
  }

  goTo(cameraId: string, position: string): Promise<unknown> {
    return this.call("homesec/cameras/go_to", { camera_id: cameraId, position });
  }

  /** Let this page move a camera for some seconds while the alarm is armed. */
  allowMoves(cameraId: string, pin: string | null): Promise<{ seconds: number }> {
    return this.call("homesec/cameras/allow_moves", { camera_id: cameraId, ...withPin(pin) });
  }

  private call<T>(type: string, data: object): Promise<T> {
    return this.hass().callWS<T>({ type, ...data });
  }

  private async subscribe<T>(
    type: string,
    data: object,
    on: (message: T) => void,
    options: { resubscribe?: boolean } = {},
  ): Promise<Unsubscribe> {
    const { connection } = this.hass();
    const stop = await connection.subscribeMessage(on, { type, ...data }, options);
    // Fails if the connection was lost, and the subscription with it.
    return () => void stop().catch(() => undefined);
  }
}
