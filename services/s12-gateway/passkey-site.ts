/** Where a page stands to which passkeys belong: its origin, and the name that authenticators file them under. */
import { isIP } from "node:net";
import { refuse } from "../../shared/errors.ts";

export interface Site {
  /** As browsers say it: `https://chimera.example`. */
  origin: string;
  /** The host's name alone; WebAuthn's "relying party id". */
  rp_id: string;
}

/** Throws RULE where browsers have no passkeys: at an address, and without TLS anywhere but on this machine. */
export function siteOf(url: string): Site {
  const { origin, hostname, protocol, port } = new URL(url);
  const name = hostname.replace(/^\[(.*)\]$/, "$1");
  if (name === "127.0.0.1" || name === "::1") {
    const here = `http://localhost${port === "" ? "" : `:${port}`}`;
    refuse("RULE", `Browsers keep passkeys for names, not for addresses: open the page at ${here}.`);
  }
  if (isIP(name) !== 0)
    refuse("RULE", "Browsers keep passkeys for names, not for addresses: open the page by its name.");
  const isHere = name === "localhost" || name.endsWith(".localhost");
  if (protocol !== "https:" && !isHere) {
    refuse("RULE", "Browsers have passkeys at https only, and on this machine at http://localhost.");
  }
  return { origin, rp_id: name };
}
