/** The parts of Home Assistant's `hass` object that the page uses. */

export interface HassEntity {
  entity_id: string;
  state: string;
  attributes: { entity_picture?: string; friendly_name?: string; [name: string]: unknown };
}

export interface Connection {
  subscribeMessage<T>(
    callback: (message: T) => void,
    message: { type: string; [key: string]: unknown },
    options?: { resubscribe?: boolean },
  ): Promise<() => Promise<void>>;
  /** "ready": connected again, with all subscriptions restored. */
  addEventListener(event: "ready", callback: () => void): void;
  removeEventListener(event: "ready", callback: () => void): void;
}

/** The user's profile: how times and numbers are written. */
export interface Locale {
  language: string;
  time_format: "language" | "system" | "12" | "24";
  number_format?:
    | ("language" | "system" | "none")
    | ("comma_decimal" | "decimal_comma" | "space_comma" | "quote_decimal");
  /** The browser's time zone, or Home Assistant's. */
  time_zone?: "local" | "server";
  /** "language", or the name of a day. */
  first_weekday?: string;
}

export interface Hass {
  language: string;
  locale: Locale;
  user?: { is_admin: boolean };
  states: Record<string, HassEntity | undefined>;
  themes?: { darkMode?: boolean };
  connected: boolean;
  connection: Connection;
  callWS<T>(message: { type: string; [key: string]: unknown }): Promise<T>;
  callService(
    domain: string,
    service: string,
    data?: Record<string, unknown>,
    target?: { entity_id: string },
    notifyOnError?: boolean,
  ): Promise<unknown>;
  fetchWithAuth(path: string, init?: RequestInit): Promise<Response>;
}

/** The path that is shown, split by Home Assistant. */
export interface Route {
  prefix: string;
  path: string;
}

/** The error of a refused command or action. */
export interface HassError {
  code?: string;
  message?: string;
  translation_key?: string;
  translation_domain?: string;
  translation_placeholders?: Record<string, string>;
}
