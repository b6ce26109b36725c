/** What people do with their own account, and admins with those of others. */
import type { ApiKey } from "../../../../shared/client/gen/types.ts";
import { send } from "../api/http.ts";
import type { NewApiKey, Proof, Role, UserRow } from "../api/people-shapes.ts";
import { change } from "./change.ts";

const API = "/api/v1";
const AUTH = `${API}/auth`;
const at = (path: string, id: string, then = ""): string => `${API}/${path}/${encodeURIComponent(id)}${then}`;

/** These prove who one is themselves, so they ask for no proof. */
export const signIn = (username: string, proof: Proof) => send("POST", "/auth/login", { body: { username, ...proof } });
export const confirmProof = (proof: Proof) => send("POST", "/auth/confirm", { body: proof });
export const passkeyChallenge = async (): Promise<object> =>
  (await send<object>("POST", "/auth/passkey/challenge", { body: {} })).body;
/** Ends all one's sessions but this one, which goes on with a new cookie. */
export const changePassword = (proof: Proof, new_password: string) =>
  send("POST", "/auth/password", { body: { ...proof, new_password } });

export const endSession = (session_id: string) => change("POST", at("auth/sessions", session_id, "/end"));
export const endOtherSessions = () => change("POST", `${AUTH}/sessions/end-others`);

/** A secret for an authenticator app, shown once. */
export const offerTotp = () => change<{ secret: string; uri: string }>("POST", `${AUTH}/totp/enrol`);
export const acceptTotp = (code: string) =>
  change<{ recovery_codes: string[] }>("POST", `${AUTH}/totp/confirm`, { body: { code } });
export const dropTotp = () => change("POST", `${AUTH}/totp/disable`);

export const offerPasskey = () => change<object>("POST", `${AUTH}/passkeys/offer`);
/** Recovery codes come with the first second factor only. */
export const addPasskey = (name: string, credential: object) =>
  change<{ recovery_codes?: string[] }>("POST", `${AUTH}/passkeys`, { body: { name, credential } });
export const removePasskey = (passkey_id: string) => change("POST", at("auth/passkeys", passkey_id, "/remove"));

export const createApiKey = (wanted: NewApiKey) =>
  change<ApiKey & { api_key: string }>("POST", `${API}/api-keys`, { body: wanted });
export const revokeApiKey = (key_id: string) => change("DELETE", at("api-keys", key_id));

type WithPassword = UserRow & { one_time_password: string };
export const addUser = (username: string, role: Role) =>
  change<WithPassword>("POST", `${API}/users`, { body: { username, role } });
export const setUserRole = (username: string, role: Role) =>
  change<UserRow>("POST", at("users", username, "/role"), { body: { role } });
export const setUserDisabled = (username: string, disabled: boolean) =>
  change<UserRow>("POST", at("users", username, disabled ? "/disable" : "/enable"));
export const resetPassword = (username: string, drop_second_factor: boolean) =>
  change<WithPassword>("POST", at("users", username, "/reset-password"), { body: { drop_second_factor } });
