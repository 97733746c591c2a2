/** Generated clips, cameras, and the system's state, and the English texts. */

import type { Camera, Clip, DeletedClip, Problem, SystemState, Zone } from "../src/data/types.ts";
import english from "../../custom_components/homesec/translations/en.json" with { type: "json" };

export const CAMERAS: [string, string][] = [
  ["door", "Front door"],
  ["drive", "Drive"],
  ["garden", "Garden"],
];
const LABELS = ["person", "person", "person", "cat", "car", null];

/** Return a seeded random number generator (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function makeClip(number: number, started: number, change: Partial<Clip> = {}): Clip {
  const random = seeded(number);
  const [camera_id, camera] = CAMERAS[Math.floor(random() * CAMERAS.length)]!;
  const label = LABELS[Math.floor(random() * LABELS.length)] ?? null;
  const id = `C${String(number).padStart(6, "0")}`;
  return {
    id,
    camera_id,
    camera,
    state: "saved",
    trigger: label ? "presence" : "manual",
    started,
    event: started,
    duration: 8 + Math.floor(random() * 60),
    label,
    score: label ? 0.5 + random() / 2 : null,
    sensor: null,
    zones: camera_id === "drive" ? ["Path"] : [],
    protected: random() < 0.05,
    local: true,
    cloud: number % 7 ? "stored" : "waiting",
    progress: number % 7 ? null : 0.4,
    bytes: 3_000_000,
    width: 1920,
    height: 1080,
    error: null,
    film: `/api/homesec/clip/${id}.mp4`,
    still: `/api/homesec/clip/${id}.jpg`,
    ...change,
  };
}

export function makeDeleted(clip: Clip, at: number, change: Partial<DeletedClip> = {}): DeletedClip {
  return { ...clip, deleted: at, deleted_by: "Ada", expires: at + 7 * 86_400, ...change };
}

export function makeCamera(id: string, name: string, change: Partial<Camera> = {}): Camera {
  return {
    id,
    name,
    device_id: id,
    entity_id: `camera.${id}`,
    image_entity_id: `image.${id}`,
    source_entity_id: id === "door" ? "camera.doorbell" : null,
    health: "running",
    error: null,
    error_placeholders: {},
    tamper: null,
    activity: "record",
    detection: true,
    disabled: false,
    presences: [],
    recording: false,
    recording_manually: false,
    records: true,
    snoozed_until: null,
    labels: ["person", "cat", "car"],
    zones: id === "drive" ? ["Path", "Road"] : [],
    ...change,
  };
}

export function makeProblem(key: string, change: Partial<Problem> = {}): Problem {
  return {
    id: key,
    key,
    repair: false,
    severity: "error",
    placeholders: {},
    error: null,
    error_placeholders: {},
    link: "/config/repairs",
    ignored: false,
    camera_id: null,
    ...change,
  };
}

export interface SystemOptions {
  zone: string;
  admin: boolean;
  now: number;
  /** The alarm's PIN, or null for none. */
  code: string | null;
  /** How many clips there are. */
  clips: number;
}

/** Return a system of three cameras: one detects people, one is lost. */
export function makeSystem({ zone, admin, now, code, clips }: SystemOptions): SystemState {
  return {
    ready: true,
    alarm: {
      entity_id: "alarm_control_panel.home",
      state: "disarmed",
      mode: "disarmed",
      changed_by: "Ada",
      delay_ends_at: null,
      code_arm_required: true,
      code_format: code === null ? null : "number",
      modes: ["home", "away", "night", "vacation", "custom"],
      triggered_by: null,
      cause: null,
      bypassed: [],
    },
    cameras: [
      makeCamera("door", "Front door", {
        recording: true,
        presences: [{ label: "person", count: 2, since: now - 20, zones: [], sensor: null }],
      }),
      makeCamera("drive", "Drive"),
      makeCamera("garden", "Garden", { health: "lost", error: "no_route" }),
    ],
    storage: {
      clips,
      bytes: 48_000_000_000,
      cloud_clips: clips - 20,
      cloud_bytes: 46_000_000_000,
      deleted_clips: 0,
      deleted_bytes: 0,
      keeps_deleted: true,
      uploads: { jobs: 3, bytes: 12_000_000, oldest_at: now - 90, error: null },
      disk_low: false,
    },
    problems: [
      makeProblem("camera_lost", {
        placeholders: { camera: "Garden" },
        camera_id: "garden",
        error: "no_route",
        link: "/config/devices/device/garden",
      }),
    ],
    user: { may_control: admin, is_admin: admin },
    time_zone: zone,
    external_url: "https://home.example.org",
  };
}

export const ZONES: Zone[] = [
  {
    name: "Path",
    kind: "required",
    polygon: [
      [0.3, 0.4],
      [0.65, 0.4],
      [0.8, 1],
      [0.2, 1],
    ],
    labels: ["person"],
    loiter_s: 0,
  },
  {
    name: "Road",
    kind: "mask",
    polygon: [
      [0, 0],
      [1, 0],
      [1, 0.25],
      [0, 0.3],
    ],
    labels: [],
    loiter_s: 0,
  },
];

type Tree = { [key: string]: string | Tree };

/** Return the texts of a category, such as `config_panel`, as Home Assistant sends them. */
export function textResources(category: string): Record<string, string> {
  const texts = (english as unknown as Record<string, Tree>)[category] ?? {};
  return flattened(`component.homesec.${category}`, texts);
}

function flattened(prefix: string, tree: Tree): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") flat[`${prefix}.${key}`] = value;
    else Object.assign(flat, flattened(`${prefix}.${key}`, value));
  }
  return flat;
}
