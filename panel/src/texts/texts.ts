/** The page's texts from `translations/<language>.json`, served by Home Assistant. */

import type { Problem } from "../data/types.ts";
import type { Hass, HassError } from "../ha/hass.ts";
import type english from "../../../custom_components/homesec/translations/en.json";

type Paths<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Paths<T[K]>}`;
}[keyof T & string];

type Every = Paths<(typeof english)["config_panel"]>;
/** Key of a text. */
export type TextKey = Every;
/** Key of a text that depends on a count, with `.one` and `.other` below it. */
export type CountedKey = Every extends infer K ? (K extends `${infer P}.one` ? P : never) : never;

export type Values = Record<string, string | number>;
export type Resources = Record<string, string>;

const DOMAIN = "component.homesec";
const CATEGORIES = ["config_panel", "exceptions", "issues", "selector"] as const;

export async function loadResources(hass: Hass): Promise<Resources> {
  const answers = await Promise.all(
    CATEGORIES.map((category) =>
      hass.callWS<{ resources: Resources }>({
        type: "frontend/get_translations",
        language: hass.language,
        category,
        integration: "homesec",
      }),
    ),
  );
  return Object.assign({}, ...answers.map((answer) => answer.resources)) as Resources;
}

export class Texts {
  private readonly plural: Intl.PluralRules;

  constructor(
    private readonly resources: Resources,
    language: string,
  ) {
    this.plural = new Intl.PluralRules(language);
  }

  /** Return the text of a key, or the key if it has no text. */
  get(key: TextKey, values: Values = {}): string {
    return this.find(`config_panel.${key}`, values) ?? key;
  }

  count(key: CountedKey, count: number, values: Values = {}): string {
    const all = { count, ...values };
    const form = this.plural.select(count);
    return (
      this.find(`config_panel.${key}.${form}`, all) ??
      this.find(`config_panel.${key}.other`, all) ??
      key
    );
  }

  /** Translate a name from the engine. Return the name if it has no text. */
  named(group: "health" | "problems" | "source_error" | "tamper", name: string, values: Values = {}): string {
    return this.find(`config_panel.${group}.${name}`, values) ?? name;
  }

  /** Return the text for an error key. */
  problem(key: string): string {
    return this.find(`exceptions.${key}.message`, {}) ?? key;
  }

  /** Return what a problem is, and more about it if there is more to say. */
  trouble(problem: Problem): { title: string; detail: string | null } {
    const { key, placeholders, error } = problem;
    const title = problem.repair
      ? this.find(`issues.${key}.title`, placeholders)
      : this.named("problems", key, placeholders);
    const detail = problem.repair
      ? this.issueDetail(key, placeholders)
      : error && this.reason(error, problem.error_placeholders);
    const known = title !== undefined && title !== key;
    return { title: known ? title : this.get("problems.unknown"), detail: detail || null };
  }

  /** Return the first paragraph of a repair, as plain text. */
  private issueDetail(key: string, values: Values): string | null {
    const text =
      this.find(`issues.${key}.description`, values) ??
      this.find(`issues.${key}.fix_flow.step.confirm.description`, values);
    const first = text?.split("\n\n")[0]?.replace(/\[([^\]]*)\]\([^)]*\)|[*`]/g, "$1");
    // Some values are known to the repair's form only.
    return first && !/\{\w+\}/.test(first) ? first : null;
  }

  /** Return the text of an error, of a camera's source or another. */
  private reason(error: string, values: Values): string | null {
    return (
      this.find(`config_panel.source_error.${error}`, values) ??
      this.find(`exceptions.${error}.message`, values) ??
      null
    );
  }

  label(label: string): string {
    return this.find(`selector.label.options.${label}`, {}) ?? label;
  }

  /** Return the text for an error of Home Assistant. */
  error(error: unknown): string {
    const { code, message, translation_key, translation_domain, translation_placeholders } = (error ??
      {}) as HassError;
    if (translation_key && translation_domain === "homesec") {
      const values = translation_placeholders ?? {};
      const text = this.find(`exceptions.${translation_key}.message`, values);
      if (text) return text;
    }
    if (code === "unauthorized") return this.get("errors.not_allowed");
    if (code === "not_found") return this.get("errors.not_found");
    if (code === "unknown_command") return this.get("errors.not_ready");
    return message || this.get("errors.unknown");
  }

  private find(path: string, values: Values): string | undefined {
    const text = this.resources[`${DOMAIN}.${path}`];
    return text?.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }
}
