/** Says that clips were deleted, and offers to undo it. */

import type { Page } from "../page.ts";

export function showDeleted(page: Page, ids: string[], restorable: boolean): void {
  const { texts } = page;
  const text = texts.count("clips.deleted", ids.length);
  if (!restorable) return page.showMessage(text);
  page.showMessage(text, "info", {
    text: texts.get("deleted.undo"),
    run: async () => {
      const { restored, refused } = await page.api.restore(ids);
      if (refused[0]) page.showMessage(texts.problem(refused[0].error), "error");
      else page.showMessage(texts.count("deleted.restored", restored.length));
    },
  });
}

/** Return the question before clips are deleted. */
export function deletionQuestion(page: Page, count: number): string {
  const kept = page.system.state?.storage.keeps_deleted ?? false;
  return page.texts.count(kept ? "clips.delete_kept_sure" : "clips.delete_sure", count);
}
