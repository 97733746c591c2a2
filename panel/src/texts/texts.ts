/** The page's texts: of `translations/<language>.json`, which Home Assistant serves. */

import type { Hass, HassError } from "../ha/hass.ts";
import type english from "../../../custom_components/homesec/translations/en.json";

type Paths<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Paths<T[K]>}`;
}[keyof T & string];

type Every = Paths<(typeof english)["config_panel"]>;
/** A text without a number in it. */
export type TextKey = Every;
/** A text that depends on a count: it has a `.one` and an `.other`. */
export type CountedKey = Every extends infer K ? (K extends `${infer P}.one` ? P : never) : never;

export type Values = Record<string, string | number>;
export type Resources = Record<string, string>;

const DOMAIN = "component.homesec";
const CATEGORIES = ["config_panel", "exceptions", "selector"] as const;

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

  /** The text of a key; the key itself where there is none. */
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

  /** What something that the engine names is called; its own name if it is not ours to translate. */
  named(group: "health" | "source_error", name: string): string {
    return this.find(`config_panel.${group}.${name}`, {}) ?? name;
  }

  /** What is said of an error that is told by its key. */
  problem(key: string): string {
    return this.find(`exceptions.${key}.message`, {}) ?? key;
  }

  label(label: string): string {
    return this.find(`selector.label.options.${label}`, {}) ?? label;
  }

  /** What a person is told when Home Assistant refused something. */
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
