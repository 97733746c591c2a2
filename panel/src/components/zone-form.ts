import { mdiDeleteOutline } from "@mdi/js";
import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Zone, ZoneKind } from "../data/types.ts";
import { PageElement } from "../page.ts";
import { ObservableController } from "../state/observable.ts";
import type { ZonesDraft } from "../state/zones.ts";
import { controls } from "../styles/shared.ts";
import { icon } from "./icon.ts";

const KINDS: ZoneKind[] = ["required", "noted", "mask"];
const LONGEST_LOITER_S = 3600;

/** Edits the name, type, and labels of the selected zone. */
@customElement("homesec-zone-form")
export class ZoneForm extends PageElement {
  @property({ attribute: false }) draft!: ZonesDraft;

  constructor() {
    super();
    new ObservableController(this, () => this.draft);
  }

  protected override render(): unknown {
    const { draft, texts } = this;
    const { zone } = draft;
    if (!zone || draft.selected === null) return nothing;
    const problem = draft.problem(draft.selected);
    return html`<form @submit=${(event: Event) => event.preventDefault()} @keydown=${stopPropagation}>
      <label
        >${texts.get("zones.name")}
        <input
          class="field"
          name="name"
          maxlength="40"
          .value=${zone.name}
          aria-invalid=${problem?.startsWith("name") ? "true" : "false"}
          @input=${(event: Event) => draft.change({ name: valueOf(event) }, { continued: true })}
      /></label>
      ${problem
        ? html`<p class="bad" role="alert">${texts.get(`zones.problem.${problem}`)}</p>`
        : nothing}
      <fieldset>
        <legend>${texts.get("zones.kind")}</legend>
        ${KINDS.map(
          (kind) =>
            html`<label class="choice"
              ><input
                type="radio"
                name="kind"
                .checked=${zone.kind === kind}
                @change=${() => draft.change({ kind })}
              /><span
                >${texts.get(`zones.kinds.${kind}`)}<small>${texts.get(`zones.why.${kind}`)}</small></span
              ></label
            >`,
        )}
      </fieldset>
      <fieldset>
        <legend>${texts.get("zones.labels")}</legend>
        <p class="quiet">${texts.get("zones.labels_none")}</p>
        <div class="labels">
          ${draft.labels.map(
            (label) =>
              html`<label class="choice"
                ><input
                  type="checkbox"
                  .checked=${zone.labels.includes(label)}
                  @change=${() => draft.change({ labels: toggled(zone, label) })}
                />${texts.label(label)}</label
              >`,
          )}
        </div>
      </fieldset>
      ${zone.kind === "mask"
        ? nothing
        : html`<label
            >${texts.get("zones.loiter")}
            <input
              class="field"
              type="number"
              name="loiter"
              min="0"
              max=${LONGEST_LOITER_S}
              step="1"
              .value=${String(zone.loiter_s)}
              @change=${(event: Event) => draft.change({ loiter_s: seconds(valueOf(event)) })}
          /></label>`}
      <button type="button" class="button danger" @click=${() => draft.remove()}>
        ${icon(mdiDeleteOutline)}${texts.get("zones.remove")}
      </button>
    </form>`;
  }

  static override styles = [
    controls,
    css`
      form {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 14px;
      }
      label {
        display: grid;
        gap: 4px;
      }
      fieldset {
        border: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 2px;
      }
      legend {
        padding: 0;
        font-weight: 500;
      }
      p {
        margin: 0;
      }
      .quiet,
      small {
        color: var(--hs-text-2);
        font-size: 12px;
      }
      small {
        display: block;
      }
      .bad {
        color: var(--hs-bad);
      }
      .choice {
        overflow-wrap: anywhere;
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 44px;
        cursor: pointer;
      }
      .choice input {
        width: 20px;
        height: 20px;
        accent-color: var(--hs-accent);
        flex: none;
      }
      .labels {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(120px, 1fr));
      }
      .button {
        justify-self: start;
      }
    `,
  ];
}

function stopPropagation(event: Event): void {
  event.stopPropagation(); // keep letters from triggering Home Assistant's shortcuts
}

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement).value;
}

function seconds(text: string): number {
  return Math.min(LONGEST_LOITER_S, Math.max(0, Number(text) || 0));
}

function toggled({ labels }: Zone, label: string): string[] {
  return labels.includes(label) ? labels.filter((other) => other !== label) : [...labels, label];
}

declare global {
  interface HTMLElementTagNameMap {
    "homesec-zone-form": ZoneForm;
  }
}
