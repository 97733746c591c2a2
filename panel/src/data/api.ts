/** HomeSec's websocket commands, and the few actions of Home Assistant that the page uses. */

import type { Hass } from "../ha/hass.ts";
import type {
  ArmMode,
  Away,
  CameraZones,
  ClipDetail,
  ClipEvent,
  ClipFilter,
  ClipPage,
  House,
  Insight,
  Refusal,
  Timeline,
  Zone,
  ZonesPreview,
} from "./shapes.ts";

export type Unsubscribe = () => void;

const ARM_ACTION: Record<ArmMode, string> = {
  home: "alarm_arm_home",
  away: "alarm_arm_away",
  night: "alarm_arm_night",
  vacation: "alarm_arm_vacation",
  custom: "alarm_arm_custom_bypass",
};

/** A path of ours stays valid for as long as somebody may look at an open page. */
const SIGNED_FOR_S = 24 * 3600;

export class Api {
  /** `hass` is replaced at each change of a state, so it is asked for each time. */
  constructor(private readonly hass: () => Hass) {}

  subscribeHouse(on: (told: House | Away) => void): Promise<Unsubscribe> {
    return this.subscribe("homesec/house/subscribe", {}, on);
  }

  /** After the connection was lost, it says that what is shown may be out of date. */
  async subscribeClips(on: (event: ClipEvent) => void): Promise<Unsubscribe> {
    const { connection } = this.hass();
    const again = (): void => on({ unavailable: false });
    const stop = await this.subscribe("homesec/clips/subscribe", {}, on);
    connection.addEventListener("ready", again);
    return () => {
      connection.removeEventListener("ready", again);
      stop();
    };
  }

  clips(filter: ClipFilter, cursor: string | null, limit: number): Promise<ClipPage> {
    return this.call("homesec/clips/list", { ...filter, ...(cursor ? { cursor } : {}), limit });
  }

  clip(id: string, filter: ClipFilter): Promise<ClipDetail> {
    return this.call("homesec/clips/get", { clip_id: id, ...filter });
  }

  protect(ids: string[], on: boolean): Promise<unknown> {
    return this.call("homesec/clips/protect", { ids, protected: on });
  }

  delete(ids: string[]): Promise<{ deleted: string[]; refused: Refusal[] }> {
    return this.call("homesec/clips/delete", { ids });
  }

  export(ids: string[]): Promise<{ folder: string; exported: number; refused: Refusal[] }> {
    return this.call("homesec/clips/export", { ids });
  }

  timeline(from: number, to: number): Promise<Timeline> {
    return this.call("homesec/timeline", { from, to });
  }

  insight(from: number, to: number): Promise<Insight> {
    return this.call("homesec/insight", { from, to });
  }

  zones(cameraId: string): Promise<CameraZones> {
    return this.call("homesec/zones/get", { camera_id: cameraId });
  }

  saveZones(cameraId: string, zones: Zone[]): Promise<unknown> {
    return this.call("homesec/zones/save", { camera_id: cameraId, zones });
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
      expires: SIGNED_FOR_S,
    });
    return answer.path;
  }

  arm(entityId: string, mode: ArmMode, code: string | null): Promise<unknown> {
    return this.act("alarm_control_panel", ARM_ACTION[mode], entityId, code ? { code } : {});
  }

  /** Arm although a camera is offline: what it would see is not guarded. */
  armAnyway(entityId: string, mode: ArmMode, code: string | null): Promise<unknown> {
    return this.act("homesec", "arm", entityId, { mode, force: true, ...(code ? { code } : {}) });
  }

  disarm(entityId: string, code: string | null): Promise<unknown> {
    return this.act("alarm_control_panel", "alarm_disarm", entityId, code ? { code } : {});
  }

  /** No alerts of a camera for so long; 0 ends that. */
  snooze(entityId: string, minutes: number): Promise<unknown> {
    return this.act("homesec", "snooze", entityId, { duration: { minutes } });
  }

  private act(
    domain: string,
    action: string,
    entityId: string,
    data: Record<string, unknown> = {},
  ): Promise<unknown> {
    // We say what went wrong beside what was pressed; Home Assistant's own message would come twice.
    return this.hass().callService(domain, action, data, { entity_id: entityId }, false);
  }

  private call<T>(type: string, data: object): Promise<T> {
    return this.hass().callWS<T>({ type, ...data });
  }

  private async subscribe<T>(
    type: string,
    data: object,
    on: (message: T) => void,
  ): Promise<Unsubscribe> {
    const stop = await this.hass().connection.subscribeMessage(on, { type, ...data });
    // The connection may be gone, and the subscription with it.
    return () => void stop().catch(() => undefined);
  }
}
