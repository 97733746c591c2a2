/** How much is stored on this system and in the cloud, and what waits for its upload. */

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";

import type { Storage } from "../data/types.ts";
import type { Page } from "../page.ts";

export function storageDetails(page: Page, storage: Storage): TemplateResult {
  const { texts, format } = page;
  const clips = (count: number, bytes: number): string =>
    `${texts.count("clips.count", count, { n: format.number(count) })}, ${format.bytes(bytes)}`;
  const { uploads } = storage;
  return html`<dl>
      <div>
        <dt>${texts.get("storage.here")}</dt>
        <dd>${clips(storage.clips, storage.bytes)}</dd>
      </div>
      ${storage.deleted_clips
        ? html`<div>
            <dt>${texts.get("storage.deleted")}</dt>
            <dd>${clips(storage.deleted_clips, storage.deleted_bytes)}</dd>
          </div>`
        : nothing}
      ${uploads
        ? html`<div>
              <dt>${texts.get("storage.cloud")}</dt>
              <dd>${clips(storage.cloud_clips, storage.cloud_bytes)}</dd>
            </div>
            <div>
              <dt>${texts.get("storage.waiting")}</dt>
              <dd>
                ${uploads.jobs
                  ? `${texts.count("storage.jobs", uploads.jobs)}, ${format.bytes(uploads.bytes)}`
                  : texts.get("storage.nothing")}
              </dd>
            </div>
            ${uploads.jobs && uploads.oldest_at
              ? html`<div>
                  <dt>${texts.get("storage.since")}</dt>
                  <dd>${format.dateTime(uploads.oldest_at)}</dd>
                </div>`
              : nothing}`
        : html`<div>
            <dt>${texts.get("storage.cloud")}</dt>
            <dd>${texts.get("storage.no_cloud")}</dd>
          </div>`}
    </dl>
    ${uploads?.error ? html`<p class="bad">${texts.problem(uploads.error)}</p>` : nothing}
    ${storage.disk_low ? html`<p class="bad">${texts.get("storage.disk_low")}</p>` : nothing}`;
}
