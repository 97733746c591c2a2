import type { TemplateResult } from "lit";
import { html } from "lit";

/** A decorative icon. The element around it has the text. */
export function icon(path: string): TemplateResult {
  return html`<svg class="mdi" viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
}
