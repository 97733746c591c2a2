/** A camera's zones while they are edited: nothing is changed before they are saved. */

import type { Api } from "../data/api.ts";
import type { Point, Zone } from "../data/shapes.ts";
import { areaOf, inside } from "../layout/polygon.ts";
import { Observed } from "./observed.ts";

export const MOST_ZONES = 32;
export const MOST_CORNERS = 64;
const FEWEST_CORNERS = 3;
const LONGEST_NAME = 40;
/** Of the picture; less is a slip of the hand. The server's limits, told before it has to. */
const SMALLEST_AREA = 0.0005;
const UNDONE_MOST = 100;

export type ZoneProblem = "name_missing" | "name_long" | "name_twice" | "corners_few" | "flat";

type ZonesApi = Pick<Api, "zones" | "saveZones">;

export class ZonesDraft extends Observed {
  zones: Zone[] = [];
  labels: string[] = [];
  picture = "";
  selected: number | null = null;
  /** Corners of a zone that is being drawn. */
  drawing: Point[] | null = null;
  ready = false;
  error: unknown = null;
  private saved = "[]";
  private undone: { zones: Zone[]; selected: number | null }[] = [];

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

  async save(): Promise<void> {
    const told = JSON.stringify(this.zones);
    await this.api.saveZones(this.cameraId, this.zones);
    this.saved = told;
    this.changed();
  }

  get dirty(): boolean {
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
    if (zone.name.length > LONGEST_NAME) return "name_long";
    const twice = this.zones.some(
      (other, each) => each !== index && other.name.trim().toLowerCase() === name,
    );
    if (twice) return "name_twice";
    if (zone.polygon.length < FEWEST_CORNERS) return "corners_few";
    return areaOf(zone.polygon) < SMALLEST_AREA ? "flat" : null;
  }

  get sound(): boolean {
    return this.zones.every((_zone, index) => this.problem(index) === null);
  }

  select(index: number | null): void {
    this.selected = index;
    this.drawing = null;
    this.changed();
  }

  // Drawing

  draw(): void {
    this.selected = null;
    this.drawing = [];
    this.changed();
  }

  addCorner(point: Point): void {
    if (!this.drawing || this.drawing.length >= MOST_CORNERS) return;
    this.drawing = [...this.drawing, inside(point)];
    this.changed();
  }

  dropCorner(): void {
    if (!this.drawing) return;
    this.drawing = this.drawing.slice(0, -1);
    this.changed();
  }

  /** Make a zone of what was drawn; false if it encloses nothing yet. */
  close(name: string): boolean {
    const polygon = this.drawing;
    if (!polygon || polygon.length < FEWEST_CORNERS) return false;
    this.remember();
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

  // Changing

  /** Change the chosen zone. With `begun`, it goes on with a change that can be undone already. */
  change(change: Partial<Zone>, { begun = false } = {}): void {
    const index = this.selected;
    if (index === null || !this.zones[index]) return;
    if (!begun) this.remember();
    this.zones = this.zones.with(index, { ...this.zones[index], ...change });
    this.changed();
  }

  removeCorner(index: number): void {
    const { zone } = this;
    if (!zone || zone.polygon.length <= FEWEST_CORNERS) return;
    this.change({ polygon: zone.polygon.filter((_corner, each) => each !== index) });
  }

  remove(): void {
    if (this.selected === null) return;
    this.remember();
    this.zones = this.zones.filter((_zone, index) => index !== this.selected);
    this.selected = null;
    this.changed();
  }

  get canUndo(): boolean {
    return this.undone.length > 0;
  }

  undo(): void {
    const before = this.undone.pop();
    if (!before) return;
    Object.assign(this, before, { drawing: null });
    this.changed();
  }

  private remember(): void {
    this.undone.push({ zones: this.zones, selected: this.selected });
    if (this.undone.length > UNDONE_MOST) this.undone.shift();
  }
}
