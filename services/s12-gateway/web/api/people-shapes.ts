/** What the gateway answers about people: their sessions, second factors, API keys, users. Times are epoch ms. */

export const ROLES = ["viewer", "researcher", "trader", "risk", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What of its role's rights an API key may have: operations in groups. */
export const SCOPES = [
  ...(["read", "orders", "positions", "strategies", "config"] as const),
  ...(["research", "treasury", "exchange", "alerts", "kill"] as const),
];
export type Scope = (typeof SCOPES)[number];

/** What proves who somebody is: the password, and where there is a second factor a code or a passkey's assertion. */
export interface Proof {
  password: string;
  totp?: string;
  passkey?: object;
}
export interface Session {
  session_id: string;
  created_at: number;
  last_seen_at: number;
  /** The address it was used from. */
  from?: string;
  /** The browser or program. */
  agent?: string;
  current: boolean;
}
export interface Passkey {
  passkey_id: string;
  name: string;
  created_at: number;
  last_used_at?: number;
}
export interface NewApiKey {
  name: string;
  role: Role;
  read_only: boolean;
  scopes?: Scope[];
  expires_in_days: number;
}
export interface UserRow {
  username: string;
  role: Role;
  disabled: boolean;
  must_change_password: boolean;
  second_factor: boolean;
  created_at: number;
}
/** What must hold before live trading is armed, or is worth knowing. */
export interface LiveCheck {
  name: string;
  ok: boolean;
  must: boolean;
  detail: string;
}
