/** Ends the session, and forgets what this page has loaded in it. */
import { send } from "../api/http.ts";

export async function signOut(): Promise<void> {
  // Whether it ended at the gateway or not, the page begins anew.
  await send("POST", "/auth/logout", { body: {} }).catch(() => undefined);
  location.assign("/");
}
