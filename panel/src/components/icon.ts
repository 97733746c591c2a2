import type { TemplateResult } from "lit";
import { html } from "lit";

/** An icon beside or instead of text; what it means is said by what it is in. */
export function icon(path: string): TemplateResult {
  return html`<svg class="mdi" viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
}
