/** A draft of a camera's zones, with undo. Saving sends it to the server. */

import type { Api } from "../data/api.ts";
import type { Point, Zone } from "../data/types.ts";
import { areaOf, clampPoint } from "../layout/polygon.ts";
import { Observable } from "./observable.ts";

export const MAX_ZONES = 32;
export const MAX_CORNERS = 64;
const MIN_CORNERS = 3;
const MAX_NAME_LENGTH = 40;
/** Share of the picture. The same limits as the server's, checked before saving. */
const MIN_AREA = 0.0005;
const MAX_UNDO = 100;

export type ZoneProblem = "name_missing" | "name_long" | "name_twice" | "corners_few" | "flat";

type ZonesApi = Pick<Api, "zones" | "saveZones">;

export class ZonesDraft extends Observable {
  zones: Zone[] = [];
  labels: string[] = [];
  picture = "";
  selected: number | null = null;
  /** Corners of the zone that is being drawn. */
  drawing: Point[] | null = null;
  ready = false;
  error: unknown = null;
  private saved = "[]";
  private undoStack: { zones: Zone[]; selected: number | null }[] = [];

  constructor(
    private readonly api: ZonesApi,
    readonly cameraId: string,
  ) {
    super();
  }

  async load(): Promise<void> {
    try {
      const { zones, labels, picture } = await this.api.zones(this.cameraId);
      Object.assign(this, { zones, labels, picture, ready: true, error: null });
      this.saved = JSON.stringify(zones);
    } catch (error) {
      this.error = error;
    }
    this.changed();
  }

  async save(pin: string | null = null): Promise<void> {
    const submitted = JSON.stringify(this.zones);
    await this.api.saveZones(this.cameraId, this.zones, pin);
    this.saved = submitted;
    this.changed();
  }

  get isDirty(): boolean {
    return JSON.stringify(this.zones) !== this.saved;
  }

  get zone(): Zone | null {
    return this.selected === null ? null : (this.zones[this.selected] ?? null);
  }

  /** What is wrong with a zone, as the server would say. */
  problem(index: number): ZoneProblem | null {
    const zone = this.zones[index];
    if (!zone) return null;
    const name = zone.name.trim().toLowerCase();
    if (!name) return "name_missing";
    if (zone.name.length > MAX_NAME_LENGTH) return "name_long";
    const twice = this.zones.some(
      (other, each) => each !== index && other.name.trim().toLowerCase() === name,
    );
    if (twice) return "name_twice";
    if (zone.polygon.length < MIN_CORNERS) return "corners_few";
    return areaOf(zone.polygon) < MIN_AREA ? "flat" : null;
  }

  get isValid(): boolean {
    return this.zones.every((_zone, index) => this.problem(index) === null);
  }

  select(index: number | null): void {
    this.selected = index;
    this.drawing = null;
    this.changed();
  }

  draw(): void {
    this.selected = null;
    this.drawing = [];
    this.changed();
  }

  addCorner(point: Point): void {
    if (!this.drawing || this.drawing.length >= MAX_CORNERS) return;
    this.drawing = [...this.drawing, clampPoint(point)];
    this.changed();
  }

  removeLastCorner(): void {
    if (!this.drawing) return;
    this.drawing = this.drawing.slice(0, -1);
    this.changed();
  }

  /** Create a zone from the drawn corners. Return false if there are too few. */
  close(name: string): boolean {
    const polygon = this.drawing;
    if (!polygon || polygon.length < MIN_CORNERS) return false;
    this.pushUndo();
    const zone: Zone = { name, polygon, kind: "noted", labels: [], loiter_s: 0 };
    this.zones = [...this.zones, zone];
    this.selected = this.zones.length - 1;
    this.drawing = null;
    this.changed();
    return true;
  }

  cancel(): void {
    this.drawing = null;
    this.changed();
  }

  /** Change the selected zone. `continued` adds to the last change, so that undo reverts both. */
  change(change: Partial<Zone>, { continued = false } = {}): void {
    const index = this.selected;
    if (index === null || !this.zones[index]) return;
    if (!continued) this.pushUndo();
    this.zones = this.zones.with(index, { ...this.zones[index], ...change });
    this.changed();
  }

  removeCorner(index: number): void {
    const { zone } = this;
    if (!zone || zone.polygon.length <= MIN_CORNERS) return;
    this.change({ polygon: zone.polygon.filter((_corner, each) => each !== index) });
  }

  remove(): void {
    if (this.selected === null) return;
    this.pushUndo();
    this.zones = this.zones.filter((_zone, index) => index !== this.selected);
    this.selected = null;
    this.changed();
  }

  get canUndo(): boolean {
    return this.undoStack.length > 0;
  }

  undo(): void {
    const before = this.undoStack.pop();
    if (!before) return;
    Object.assign(this, before, { drawing: null });
    this.changed();
  }

  private pushUndo(): void {
    this.undoStack.push({ zones: this.zones, selected: this.selected });
    if (this.undoStack.length > MAX_UNDO) this.undoStack.shift();
  }
}
