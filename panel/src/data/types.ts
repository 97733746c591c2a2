/** The messages of HomeSec's websocket commands. Times are in epoch seconds. */

export type ArmMode = "home" | "away" | "night" | "vacation" | "custom";
export type AlarmState = "disarmed" | "arming" | "armed" | "pending" | "triggered";

export interface Alarm {
  entity_id: string | null;
  state: AlarmState;
  mode: ArmMode | "disarmed";
  changed_by: string | null;
  delay_ends_at: number | null;
  code_arm_required: boolean;
  code_format: "number" | "text" | null;
  modes: ArmMode[];
  triggered_by: string | null;
  /** What triggered the alarm, while it is pending or triggered. */
  cause: AlarmCause | null;
  bypassed: string[];
}

export interface AlarmCause {
  /** The camera's name, or the user's who triggered it by hand. */
  by: string | null;
  camera_id: string | null;
  camera: string | null;
  label: string | null;
  /** The trusted sensor that reported it. */
  sensor: string | null;
  /** When it was first seen. */
  at: number;
  zones: string[];
  clip_id: string | null;
  /** Path of the picture with the boxes. */
  still: string | null;
}

/** Something that is wrong. */
export interface Problem {
  id: string;
  /** Of its text: in `issues` for a repair of Home Assistant, otherwise in `problems`. */
  key: string;
  repair: boolean;
  severity: "critical" | "error" | "warning";
  placeholders: Record<string, string>;
  /** Key of the error behind it. */
  error: string | null;
  error_placeholders: Record<string, string>;
  /** Where to fix it; null if the user may not open that page. */
  link: string | null;
  /** The user chose to ignore this repair. */
  ignored: boolean;
  /** The camera that it's about. */
  camera_id: string | null;
}

export interface PresenceSeen {
  label: string;
  count: number;
  since: number;
  zones: string[];
  /** The trusted sensor whose report it began with. */
  sensor: string | null;
}

export type Tampering = "covered" | "moved" | "blurred" | "frozen" | "dark";

export interface Camera {
  id: string;
  name: string;
  device_id: string | null;
  entity_id: string | null;
  image_entity_id: string | null;
  /** The entity that it gets its pictures from; null: none. */
  source_entity_id: string | null;
  /** off, connecting, running, or lost. */
  health: string;
  error: string | null;
  /** What the error's text has placeholders for. */
  error_placeholders: Record<string, string>;
  /** How it's tampered with. */
  tamper: Tampering | null;
  activity: string;
  /** Whether its detection is turned on. */
  detection: boolean;
  /** Whether its device is disabled in Home Assistant. */
  disabled: boolean;
  presences: PresenceSeen[];
  recording: boolean;
  recording_manually: boolean;
  /** Whether what it detects is recorded, in the modes in which it's active. */
  records: boolean;
  snoozed_until: number | null;
  labels: string[];
  zones: string[];
}

export type Direction = "left" | "right" | "up" | "down" | "zoom_in" | "zoom_out";

/** A position that is stored in a camera. */
export interface StoredPosition {
  id: string;
  name: string;
}

/** The last picture of a camera that's off or lost; null: there is none. */
export interface LastPicture {
  at: number | null;
  path: string | null;
}

export interface Uploads {
  jobs: number;
  bytes: number;
  oldest_at: number | null;
  error: string | null;
}

export interface Storage {
  clips: number;
  bytes: number;
  cloud_clips: number;
  cloud_bytes: number;
  deleted_clips: number;
  deleted_bytes: number;
  /** Whether deleted clips can be restored for a while. */
  keeps_deleted: boolean;
  uploads: Uploads | null;
  disk_low: boolean;
}

export interface SystemState {
  /** Whether the engine is running. */
  ready: boolean;
  alarm: Alarm;
  cameras: Camera[];
  storage: Storage;
  problems: Problem[];
  user: { may_control: boolean; is_admin: boolean };
  time_zone: string;
  /** For links that are opened elsewhere. */
  external_url: string | null;
}

export type ClipState = "recording" | "saved" | "failed" | "missing";
export type CloudState = "none" | "waiting" | "stored" | "dropped";

export interface Clip {
  id: string;
  camera_id: string;
  camera: string;
  state: ClipState;
  trigger: "presence" | "manual" | "motion";
  /** When the video starts, including the pre-roll. */
  started: number;
  /** When the event happened. */
  event: number;
  duration: number;
  label: string | null;
  score: number | null;
  /** The trusted sensor that reported it. */
  sensor: string | null;
  zones: string[];
  protected: boolean;
  local: boolean;
  cloud: CloudState;
  progress: number | null;
  bytes: number;
  width: number;
  height: number;
  error: string | null;
  film: string | null;
  still: string | null;
}

export interface ClipFilter {
  from?: number;
  to?: number;
  cameras?: string[];
  labels?: string[];
  zones?: string[];
  protected?: boolean;
  text?: string;
}

export interface ClipPage {
  clips: Clip[];
  cursor: string | null;
  total: number | null;
}

/** A clip in Recently deleted. */
export interface DeletedClip extends Clip {
  deleted: number;
  /** The user's name; null: an automation. */
  deleted_by: string | null;
  /** When it is removed for good; null: never, since it is protected. */
  expires: number | null;
}

export interface DeletedPage {
  clips: DeletedClip[];
  cursor: string | null;
  total: number | null;
  /** The alarm is triggered, so nothing is removed. */
  purge_held: boolean;
}

/** Seconds from the start of the video, the box as fractions of the picture, the confidence. */
export type TimedBox = [number, number, number, number, number, number];

export interface ClipTrack {
  id: number | string;
  label: string;
  boxes: TimedBox[];
}

export interface ClipDetail {
  clip: Clip;
  tracks: ClipTrack[];
  /** Id of the next older clip. */
  previous: string | null;
  /** Id of the next newer clip. */
  next: string | null;
}

/** True: HomeSec is reloading. False: it is back, and earlier data may be out of date. */
export interface Unavailable {
  unavailable: boolean;
}

/** Many clips may have changed at once, so load them again. */
export interface Stale {
  stale: true;
}

export type ClipEvent = { clip: Clip } | { removed: string } | Stale | Unavailable;

export interface Refusal {
  id: string;
  error: string;
}

export interface Span {
  id: string;
  started: number;
  ended: number;
  label: string | null;
  state: ClipState;
}

export interface Timeline {
  cameras: { camera_id: string; spans: Span[] }[];
}

export interface VisitStatistics {
  days: { day: string; camera_id: string; label: string; count: number }[];
  /** 24 counts for each day, Monday first. */
  hours: number[][];
}

export type ZoneKind = "required" | "noted" | "mask";
export type Point = [number, number];

export interface Zone {
  /** Stays the same when the zone is renamed; a new zone has none yet. */
  id?: string;
  name: string;
  polygon: Point[];
  kind: ZoneKind;
  labels: string[];
  loiter_s: number;
}

export interface CameraZones {
  zones: Zone[];
  labels: string[];
  picture: string;
}

export interface PreviewBox {
  label: string;
  score: number;
  box: [number, number, number, number];
  counts: boolean;
  zones: string[];
}

export interface ZonesPreview {
  at: number;
  /** When the picture is in the camera's live video: seconds there, modulo 1000. */
  live_t?: number | undefined;
  boxes: PreviewBox[];
}
