import {
  mdiBagSuitcase,
  mdiCctv,
  mdiHome,
  mdiLockOpenVariantOutline,
  mdiMoonWaningCrescent,
  mdiPlayCircleOutline,
  mdiShieldAlert,
  mdiShieldHalfFull,
  mdiShieldLock,
  mdiShieldOffOutline,
  mdiShieldSun,
  mdiTune,
} from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import type { Alarm, AlarmCause, AlarmState, ArmMode } from "../data/types.ts";
import type { HassError } from "../ha/hass.ts";
import { followLink } from "../ha/navigate.ts";
import { PageElement, now } from "../page.ts";
import { routePath } from "../router.ts";
import { isPinError } from "../state/pin-entry.ts";
import { cards, controls } from "../styles/shared.ts";
import { duration } from "../time/format.ts";
import { dayOf } from "../time/zone.ts";
import { icon } from "./icon.ts";
import "./live-picture.ts";
import { runGuarded, runWithPin } from "./pin-dialog.ts";
import "./still-image.ts";

const MODE_ICON: Record<ArmMode, string> = {
  home: mdiHome,
  away: mdiShieldLock,
  night: mdiMoonWaningCrescent,
  vacation: mdiBagSuitcase,
  custom: mdiTune,
};
const STATE_ICON: Record<AlarmState, string> = {
  disarmed: mdiShieldOffOutline,
  arming: mdiShieldHalfFull,
  armed: mdiShieldSun,
  pending: mdiShieldAlert,
  triggered: mdiShieldAlert,
};

type AlarmAction = ArmMode | "disarm";

/** The alarm's state and the buttons that change it. Shows refusals below the buttons. */
@customElement("homesec-alarm-card")
export class AlarmCard extends PageElement {
  @state() private busy = false;
  @state() private refused: { action: AlarmAction; pin: string | null; text: string; force: boolean } | null =
    null;
  private countdown: ReturnType<typeof setInterval> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.countdown);
    this.countdown = undefined;
  }

  protected override updated(): void {
    const counting = this.system?.alarm.delay_ends_at != null;
    if (counting && !this.countdown) {
      this.countdown = setInterval(() => this.requestUpdate(), 500);
    } else if (!counting) {
      clearInterval(this.countdown);
      this.countdown = undefined;
    }
  }

  protected override render(): unknown {
    const alarm = this.system?.alarm;
    if (!alarm) return nothing;
    return html`<section class="card ${alarm.state}" aria-labelledby="title">
      <div class="head">
        <span class="shield">${icon(STATE_ICON[alarm.state])}</span>
        <div class="now">
          <h2 id="title">
            <span class="hidden-text">${this.texts.get("alarm.title")}:</span> ${this.heading(alarm)}
          </h2>
          <p role="status" class="quiet">${this.detail(alarm)}</p>
        </div>
        ${this.renderCountdown(alarm)}
      </div>
      ${alarm.cause ? this.renderCause(alarm.cause) : nothing}
      ${this.renderButtons(alarm)}
      ${this.renderRefused()}
    </section>`;
  }

  private heading(alarm: Alarm): string {
    if (alarm.state === "armed" || alarm.state === "arming") {
      const mode = alarm.mode === "disarmed" ? "away" : alarm.mode;
      const word = this.texts.get(`alarm.modes.${mode}`);
      return this.texts.get(alarm.state === "armed" ? "alarm.armed" : "alarm.arming", {
        mode: word,
      });
    }
    return this.texts.get(`alarm.${alarm.state}`);
  }

  private detail(alarm: Alarm): string {
    const { texts } = this;
    const parts = [];
    const { cause } = alarm;
    if (cause) {
      // What a camera has seen is described below.
      if (cause.by && !cause.camera_id) parts.push(texts.get("alarm.by_hand", { who: cause.by }));
      parts.push(this.timeOf(cause.at));
      return parts.join(" · ");
    }
    if (alarm.changed_by) parts.push(texts.get("alarm.changed_by", { who: alarm.changed_by }));
    if (alarm.bypassed.length) {
      parts.push(texts.get("alarm.bypassed", { cameras: alarm.bypassed.join(", ") }));
    }
    return parts.join(" · ");
  }

  /** The time of today, with the day if it was another one. */
  private timeOf(at: number): string {
    const { format } = this;
    const isToday = dayOf(at, format.zone) === dayOf(now(), format.zone);
    return isToday ? format.time(at, { seconds: true }) : format.dateTime(at);
  }

  /** Who or what a camera has seen, with the picture and the clip. */
  private renderCause(cause: AlarmCause): unknown {
    if (!cause.camera_id) return nothing;
    const { texts } = this;
    const camera = cause.camera ?? cause.by ?? "";
    const label = cause.label ? texts.label(cause.label) : null;
    const { sensor } = cause;
    const seen = label && sensor === null ? texts.get("alarm.seen", { label, camera }) : null;
    return html`<div class="cause">
      ${this.renderPicture(cause, camera)}
      <div class="what">
        <b>${seen ?? [camera, label].filter(Boolean).join(": ")}</b>
        ${sensor === null
          ? nothing
          : html`<span>${texts.get("alarm.reported", { sensor })}</span>`}
        ${cause.zones.length ? html`<span>${cause.zones.join(", ")}</span>` : nothing}
        ${cause.clip_id
          ? html`<a
              class="button"
              href=${routePath({ view: "clip", id: cause.clip_id })}
              @click=${followLink}
              >${icon(mdiPlayCircleOutline)}${texts.get("alarm.watch")}</a
            >`
          : nothing}
        ${this.page.system.camera(cause.camera_id)
          ? html`<a
              class="button"
              href=${routePath({ view: "camera", id: cause.camera_id })}
              @click=${followLink}
              >${icon(mdiCctv)}${texts.get("live.open")}</a
            >`
          : nothing}
      </div>
    </div>`;
  }

  private renderPicture(cause: AlarmCause, name: string): unknown {
    if (cause.still) {
      return html`<homesec-still .stills=${this.page.stills} .path=${cause.still}></homesec-still>`;
    }
    const camera = this.page.system.camera(cause.camera_id ?? "");
    if (camera?.health !== "running") return nothing;
    return html`<homesec-live
      .hass=${this.page.hass}
      .entity=${camera.entity_id}
      text=${this.texts.get("cameras.picture", { camera: name })}
    ></homesec-live>`;
  }

  private renderCountdown(alarm: Alarm): unknown {
    if (alarm.delay_ends_at === null) return nothing;
    const left = Math.max(0, Math.ceil(alarm.delay_ends_at - now()));
    return html`<span class="count" role="timer" aria-label=${this.texts.get("alarm.left")}
      >${duration(left)}</span
    >`;
  }

  private renderButtons(alarm: Alarm): unknown {
    if (!this.canControl || !alarm.entity_id) return nothing;
    const disarmed = alarm.state === "disarmed";
    return html`<div class="buttons" role="group" aria-label=${this.texts.get("alarm.title")}>
      ${disarmed
        ? nothing
        : html`<button
            class="button strong disarm"
            ?disabled=${this.busy}
            @click=${() => void this.press("disarm")}
          >
            ${icon(mdiLockOpenVariantOutline)}${this.texts.get("alarm.disarm")}
          </button>`}
      ${alarm.modes.map(
        (mode) =>
          html`<button
            class="button"
            aria-pressed=${!disarmed && alarm.mode === mode}
            ?disabled=${this.busy || (!disarmed && alarm.mode === mode)}
            @click=${() => void this.press(mode)}
          >
            ${icon(MODE_ICON[mode])}${this.texts.get(`alarm.modes.${mode}`)}
          </button>`,
      )}
    </div>`;
  }

  private renderRefused(): unknown {
    if (!this.refused) return nothing;
    const { text, force } = this.refused;
    return html`<div class="refused" role="alert">
      <p>${text}</p>
      ${force
        ? html`<button class="button small" ?disabled=${this.busy} @click=${() => void this.force()}>
            ${this.texts.get("alarm.anyway")}
          </button>`
        : nothing}
    </div>`;
  }

  private actionText(action: AlarmAction): string {
    if (action === "disarm") return this.texts.get("alarm.disarm");
    return this.texts.get("alarm.arm", { mode: this.texts.get(`alarm.modes.${action}`) });
  }

  private async press(action: AlarmAction): Promise<void> {
    const alarm = this.system?.alarm;
    if (!alarm) return;
    this.refused = null;
    const needed = alarm.code_format !== null && (action === "disarm" || alarm.code_arm_required);
    const run = (pin: string | null): Promise<void> => this.send(action, pin);
    const reason = this.actionText(action);
    await (needed ? runWithPin(this, reason, run) : runGuarded(this, reason, run));
  }

  /** Throws only what `runWithPin` handles; other refusals are shown below the buttons. */
  private async send(action: AlarmAction, pin: string | null, force = false): Promise<void> {
    this.busy = true;
    this.refused = null;
    try {
      if (action === "disarm") await this.page.api.disarm(pin);
      else await this.page.api.arm(action, pin, { force });
    } catch (error) {
      if (isPinError(error)) throw error;
      const key = (error as HassError).translation_key;
      const offline = key === "camera_offline" || key === "camera_off";
      this.refused = { action, pin, text: this.texts.error(error), force: offline };
    } finally {
      this.busy = false;
    }
  }

  private async force(): Promise<void> {
    if (!this.refused) return;
    const { action, pin } = this.refused;
    const run = (entered: string | null): Promise<void> => this.send(action, entered, true);
    await run(pin).catch(() => runWithPin(this, this.actionText(action), run));
  }

  static override styles = [
    controls,
    cards,
    css`
      .card {
        display: grid;
        gap: 16px;
        border-inline-start: 6px solid var(--state);
      }
      .card {
        --state: var(--hs-line);
      }
      .armed {
        --state: var(--state-alarm_control_panel-armed_away-color, #43a047);
      }
      .arming,
      .pending {
        --state: var(--state-alarm_control_panel-pending-color, #ff9800);
      }
      .triggered {
        --state: var(--state-alarm_control_panel-triggered-color, #db4437);
        background: color-mix(in srgb, var(--state) 14%, var(--hs-card));
      }
      .head {
        display: flex;
        align-items: center;
        gap: 14px;
      }
      .shield svg {
        width: 40px;
        height: 40px;
        color: color-mix(in srgb, var(--state) 80%, var(--hs-text));
      }
      .disarmed .shield svg {
        color: var(--hs-text-2);
      }
      .now {
        flex: 1;
        min-width: 0;
      }
      h2 {
        font-size: 22px;
      }
      p {
        margin: 2px 0 0;
      }
      h2,
      p,
      .what {
        overflow-wrap: anywhere;
      }
      .cause {
        display: grid;
        grid-template-columns: minmax(0, 320px) minmax(0, 1fr);
        gap: 12px 16px;
        align-items: center;
      }
      .cause homesec-still,
      .cause homesec-live {
        aspect-ratio: 16 / 9;
        border-radius: 8px;
        --still-fit: contain; /* the box can be anywhere */
      }
      .what {
        display: grid;
        gap: 4px;
        justify-items: start;
      }
      .what b {
        font-size: 16px;
        font-weight: 500;
      }
      .what .button {
        margin-top: 6px;
      }
      @media (max-width: 600px) {
        .cause {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      .count {
        font-size: 28px;
        font-variant-numeric: tabular-nums;
      }
      .buttons {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(128px, 1fr));
        gap: 8px;
      }
      .disarm {
        grid-column: 1 / -1;
        max-width: 480px;
        min-height: 52px;
        border-radius: 26px;
        font-size: 16px;
      }
      .refused {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
        color: var(--hs-bad);
        border-radius: 8px;
        background: color-mix(in srgb, var(--hs-bad) 8%, transparent);
        padding: 10px 12px;
      }
      .refused p {
        margin: 0;
        flex: 1 1 200px;
      }
    `,
  ];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-alarm-card": AlarmCard;
  }
}
