/** A fake Home Assistant that answers HomeSec's websocket commands with generated clips. */

import type { Hass, HassError } from "../src/ha/hass.ts";
import type {
  ArmMode,
  Camera,
  Clip,
  ClipEvent,
  ClipFilter,
  DeletedClip,
  DeletedPage,
  SystemState,
} from "../src/data/types.ts";
import { matchesFilter } from "../src/state/filters-match.ts";
import {
  CAMERAS,
  makeClip,
  makeDeleted,
  makeSystem,
  seeded,
  textResources,
  ZONES,
} from "./fake-data.ts";

type Message = { type: string; [key: string]: unknown };
type Listener = (message: unknown) => void;
type Answer = (message: Message) => unknown;

export interface FakeBackendOptions {
  clips?: number;
  now?: number;
  zone?: string;
  admin?: boolean;
  /** The alarm's PIN, or null for none. */
  code?: string | null;
}

function missing(ids: string[], found: Clip[]): { id: string; error: string }[] {
  const known = new Set(found.map(({ id }) => id));
  return ids.filter((id) => !known.has(id)).map((id) => ({ id, error: "clip_not_found" }));
}

function refusal(key: string, placeholders: Record<string, string> = {}): HassError {
  return {
    code: "service_validation_error",
    message: key,
    translation_domain: "homesec",
    translation_key: key,
    translation_placeholders: placeholders,
  };
}

export class FakeBackend {
  readonly clips: Clip[];
  deleted: DeletedClip[] = [];
  system: SystemState;
  readonly calls: Message[] = [];
  readonly actions: { action: string; data: Record<string, unknown> }[] = [];
  private readonly systemListeners = new Set<(system: SystemState) => void>();
  private readonly clipListeners = new Set<(event: ClipEvent) => void>();
  private readonly connectListeners = new Set<() => void>();
  private readonly answers: Record<string, Answer>;
  private readonly now: number;
  private readonly code: string | null;
  /** Where the camera moves that can. */
  moving: string | null = null;
  private movesAllowed = false;
  private wrongTries = 0;

  constructor({
    clips = 300,
    now = Date.now() / 1000,
    zone = "Europe/Berlin",
    admin = true,
    code = "1234",
  }: FakeBackendOptions = {}) {
    this.now = now;
    this.code = code;
    const random = seeded(1);
    let at = now - 600;
    this.clips = Array.from({ length: clips }, (_, index) => {
      const clip = makeClip(clips - index, at);
      at -= 60 + random() * 5000;
      return clip;
    });
    this.system = makeSystem({ zone, admin, now, code, clips: this.clips.length });
    this.answers = this.makeAnswers();
  }

  /** Return the panel's `hass` object. */
  hass(): Hass {
    return {
      language: "en",
      locale: { language: "en", time_format: "24" },
      connected: true,
      states: Object.fromEntries(
        CAMERAS.map(([id]) => [
          `camera.${id}`,
          {
            entity_id: `camera.${id}`,
            state: "recording",
            attributes: { entity_picture: `/api/camera_proxy/camera.${id}?token=x` },
          },
        ]),
      ),
      callWS: async <T>(message: Message) => {
        this.calls.push(message);
        const answer = this.answers[message.type];
        if (!answer) throw { code: "unknown_command", message: `No ${message.type}` };
        return structuredClone(answer(message)) as T;
      },
      callService: async (_domain, action, data = {}) => {
        this.actions.push({ action, data });
        return {};
      },
      fetchWithAuth: (path) => fetch(path),
      connection: {
        addEventListener: (_event, callback) => void this.connectListeners.add(callback),
        removeEventListener: (_event, callback) => void this.connectListeners.delete(callback),
        subscribeMessage: async <T>(callback: (message: T) => void, message: Message) => {
          this.calls.push(message);
          return this.subscribe(message, callback as Listener);
        },
      },
    };
  }

  /** Add or change a clip and send its event. */
  emit(clip: Clip): void {
    const index = this.clips.findIndex((known) => known.id === clip.id);
    if (index >= 0) this.clips[index] = clip;
    else this.clips.unshift(clip);
    for (const listener of this.clipListeners) listener({ clip });
  }

  /** Simulate a new connection after a lost one. */
  reconnect(): void {
    for (const callback of this.connectListeners) callback();
  }

  /** Add clips, as rebuilding the index does. */
  restore(...clips: Clip[]): void {
    this.clips.push(...clips);
    this.clips.sort((a, b) => b.event - a.event);
    for (const listener of this.clipListeners) listener({ stale: true });
  }

  /** Simulate a reload of HomeSec. */
  reload(): void {
    for (const unavailable of [true, false]) {
      for (const listener of [...this.clipListeners, ...this.systemListeners]) {
        (listener as Listener)({ unavailable });
      }
    }
    this.change({});
  }

  change(change: Partial<SystemState>): void {
    this.system = { ...this.system, ...change };
    for (const listener of this.systemListeners) listener(structuredClone(this.system));
  }

  private subscribe(message: Message, callback: Listener): () => Promise<void> {
    const stops: (() => void)[] = [];
    if (message.type === "homesec/house/subscribe") {
      this.systemListeners.add(callback);
      callback(structuredClone(this.system));
      stops.push(() => this.systemListeners.delete(callback));
    } else if (message.type === "homesec/clips/subscribe") {
      this.clipListeners.add(callback);
      stops.push(() => this.clipListeners.delete(callback));
    } else if (message.type === "homesec/zones/preview") {
      callback({
        at: this.now,
        boxes: [
          { label: "person", score: 0.88, box: [0.42, 0.3, 0.55, 0.9], counts: true, zones: ["Path"] },
          { label: "cat", score: 0.61, box: [0.1, 0.75, 0.2, 0.88], counts: false, zones: [] },
        ],
      });
    } else if (message.type === "homesec/cameras/move") {
      if (!this.movesAllowed) this.guard(message);
      this.moving = String(message["direction"]);
      stops.push(() => (this.moving = null));
    } else throw { code: "unknown_command", message: `No ${message.type}` };
    return async () => stops.forEach((stop) => stop());
  }

  /** Arm or disarm, with the PIN in `password`. */
  private setAlarm(mode: SystemState["alarm"]["mode"], { password, force }: Message): unknown {
    if (this.wrongTries >= 5) throw refusal("locked_out", { minutes: "1" });
    if (this.code !== null && !password) throw refusal("code_missing");
    if (this.code !== null && password !== this.code) {
      this.wrongTries += 1;
      throw refusal("wrong_code");
    }
    if (mode === "vacation" && !force) throw refusal("camera_offline", { cameras: "Garden" });
    const state = mode === "disarmed" ? "disarmed" : "armed";
    this.change({ alarm: { ...this.system.alarm, state, mode, changed_by: "Ada" } });
    return {};
  }

  /** Refuse what weakens an armed alarm, without the PIN in `password`. */
  private guard({ password }: Message): void {
    if (this.code === null || this.system.alarm.state === "disarmed") return;
    if (!password) throw refusal("guard_code_missing");
    if (password !== this.code) throw refusal("wrong_code");
  }

  private changeCameras(ids: string[], change: Partial<Camera>): unknown {
    const cameras = this.system.cameras.map((each) =>
      ids.includes(each.id) ? { ...each, ...change } : each,
    );
    this.change({ cameras });
    return {};
  }

  private makeAnswers(): Record<string, Answer> {
    return {
      "frontend/get_translations": ({ category }) => ({
        resources: textResources(String(category)),
      }),
      "camera/capabilities": ({ entity_id }) => ({
        frontend_stream_types: [],
        two_way_audio: entity_id === "camera.doorbell",
      }),
      "auth/sign_path": ({ path }) => ({ path: `${String(path)}?authSig=x` }),
      "homesec/alarm/arm": (message) => this.setAlarm(message["mode"] as ArmMode, message),
      "homesec/alarm/disarm": (message) => this.setAlarm("disarmed", message),
      "homesec/clips/list": (message) => this.page(message as Message & ClipFilter),
      "homesec/clips/get": ({ clip_id: id, ...filter }) =>
        this.detail(String(id), filter as ClipFilter),
      "homesec/clips/protect": (message) => {
        const { ids, protected: on } = message;
        if (!on) this.guard(message);
        for (const clip of this.those(ids)) this.emit({ ...clip, protected: Boolean(on) });
        return {};
      },
      "homesec/clips/delete": (message) => {
        this.guard(message);
        return this.remove(message["ids"] as string[]);
      },
      "homesec/cameras/snooze": (message) => {
        const { cameras, duration_s } = message;
        if (duration_s) this.guard(message);
        const until = duration_s ? this.now + Number(duration_s) : null;
        return this.changeCameras(cameras as string[], { snoozed_until: until });
      },
      "homesec/cameras/detection": (message) => {
        const { camera_id, on } = message;
        if (!on) this.guard(message);
        return this.changeCameras([String(camera_id)], { detection: Boolean(on) });
      },
      "homesec/cameras/turn_on": ({ camera_id }) =>
        this.changeCameras([String(camera_id)], { detection: true, health: "running" }),
      "homesec/cameras/record": (message) => {
        const { camera_id, on } = message;
        if (!on) this.guard(message);
        const recording = Boolean(on);
        return this.changeCameras([String(camera_id)], { recording, recording_manually: recording });
      },
      "homesec/cameras/picture": () => ({ at: this.now - 420, path: "/api/homesec/camera/x/1.jpg" }),
      "homesec/cameras/directions": ({ camera_id }) => ({
        directions: camera_id === "drive" ? ["left", "right", "up", "down", "zoom_in"] : [],
      }),
      "homesec/cameras/positions": () => ({
        positions: [
          { id: "1", name: "Gate" },
          { id: "2", name: "Street" },
        ],
      }),
      "homesec/cameras/go_to": (message) => {
        if (!this.movesAllowed) this.guard(message);
        return {};
      },
      "homesec/cameras/allow_moves": (message) => {
        this.guard(message);
        this.movesAllowed = true;
        return { seconds: 120 };
      },
      "homesec/deleted/list": (message) => this.deletedPage(message),
      "homesec/deleted/restore": ({ ids }) => this.undelete(ids as string[]),
      "homesec/deleted/purge": ({ ids }) => this.purge(ids as string[]),
      "homesec/clips/export": ({ ids }) => ({
        folder: "/media/homesec-export",
        exported: (ids as string[]).length,
        refused: [],
      }),
      "homesec/timeline": ({ from, to }) => this.timeline(Number(from), Number(to)),
      "homesec/insight": ({ from, to }) => this.insight(Number(from), Number(to)),
      "homesec/zones/get": () => ({
        zones: ZONES,
        labels: ["person", "cat", "car"],
        picture: "/api/camera_proxy/camera.door",
      }),
      "homesec/zones/save": (message) => {
        this.guard(message);
        return {};
      },
    };
  }

  private page(message: Message & ClipFilter): unknown {
    const matching = this.matching(message);
    const cursor = message["cursor"];
    const first = cursor ? matching.findIndex((clip) => clip.id === cursor) + 1 : 0;
    const clips = matching.slice(first, first + Number(message["limit"] ?? 200));
    const more = first + clips.length < matching.length;
    return { clips, cursor: more ? clips.at(-1)?.id : null, total: matching.length };
  }

  private matching(filter: ClipFilter): Clip[] {
    return this.clips.filter((clip) => matchesFilter(clip, filter));
  }

  private detail(id: string, filter: ClipFilter): unknown {
    const clip = this.clips.find((known) => known.id === id);
    if (!clip) throw { code: "not_found", message: "No such clip" };
    const matching = this.matching(filter);
    const index = matching.findIndex((known) => known.id === id);
    const boxes = Array.from({ length: clip.duration * 2 }, (_, half) => {
      const x = 0.05 + (0.7 * half) / (clip.duration * 2);
      return [half / 2 + 4, x, 0.35, x + 0.12, 0.85, 0.8];
    }).filter(([t]) => t! < clip.duration - 2);
    return {
      clip,
      tracks: clip.label ? [{ id: 1, label: clip.label, boxes }] : [],
      previous: matching[index + 1]?.id ?? null,
      next: matching[index - 1]?.id ?? null,
    };
  }

  private those(ids: unknown): Clip[] {
    return this.clips.filter((clip) => (ids as string[]).includes(clip.id));
  }

  private remove(ids: string[]): unknown {
    const refused = this.those(ids).filter((clip) => clip.protected);
    const kept = new Set(refused.map((clip) => clip.id));
    const deleted = ids.filter((id) => !kept.has(id));
    for (const id of deleted) {
      const index = this.clips.findIndex((clip) => clip.id === id);
      const [clip] = index >= 0 ? this.clips.splice(index, 1) : [];
      if (clip) this.deleted.unshift(makeDeleted(clip, Date.now() / 1000));
      for (const listener of this.clipListeners) listener({ removed: id });
    }
    const problems = refused.map(({ id }) => ({ id, error: "clip_protected" }));
    return { deleted, refused: problems, restorable: true };
  }

  private deletedPage(message: Message): DeletedPage {
    const limit = Number(message["limit"]);
    const first = this.deleted.findIndex((clip) => clip.id === message["cursor"]) + 1;
    const clips = this.deleted.slice(first, first + limit);
    const more = first + clips.length < this.deleted.length;
    return {
      clips,
      cursor: more ? (clips.at(-1)?.id ?? null) : null,
      total: message["cursor"] ? null : this.deleted.length,
      purge_held: this.system.alarm.state === "triggered",
    };
  }

  /** Take clips out of Recently deleted; return them. */
  private takeDeleted(ids: string[]): DeletedClip[] {
    const taken = this.deleted.filter((clip) => ids.includes(clip.id));
    this.deleted = this.deleted.filter((clip) => !ids.includes(clip.id));
    return taken;
  }

  private undelete(ids: string[]): unknown {
    const restored = this.takeDeleted(ids);
    for (const { deleted: _at, deleted_by: _by, expires: _expires, ...clip } of restored) {
      this.clips.push(clip);
      this.emit(clip);
    }
    this.clips.sort((a, b) => b.event - a.event);
    return { restored: restored.map(({ id }) => id), refused: missing(ids, restored) };
  }

  private purge(ids: string[]): unknown {
    if (this.system.alarm.state === "triggered") throw refusal("purge_held");
    const purged = this.takeDeleted(ids);
    for (const { id } of purged) for (const listener of this.clipListeners) listener({ removed: id });
    return { purged: purged.map(({ id }) => id), refused: missing(ids, purged) };
  }

  private timeline(from: number, to: number): unknown {
    const those = this.matching({ from, to });
    return {
      cameras: CAMERAS.map(([camera_id]) => ({
        camera_id,
        spans: those
          .filter((clip) => clip.camera_id === camera_id)
          .map(({ id, started, duration, label, state }) => ({
            id,
            started,
            ended: started + duration,
            label,
            state,
          })),
      })),
    };
  }

  private insight(from: number, to: number): unknown {
    const days = new Map<string, { day: string; camera_id: string; label: string; count: number }>();
    const hours = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
    for (const clip of this.matching({ from, to })) {
      const when = new Date(clip.event * 1000);
      const day = when.toISOString().slice(0, 10);
      const label = clip.label ?? "motion";
      const key = `${day}/${clip.camera_id}/${label}`;
      const entry = days.get(key) ?? { day, camera_id: clip.camera_id, label, count: 0 };
      days.set(key, { ...entry, count: entry.count + 1 });
      hours[(when.getUTCDay() + 6) % 7]![when.getUTCHours()]! += 1;
    }
    return { days: [...days.values()], hours };
  }
}
