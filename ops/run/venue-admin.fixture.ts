/** The admin API of a running installation's paper venue, by which its faults are switched on and off from outside. */

export const ADMIN_TOKEN = "drill-the-venue-1";
const ADMIN_PORT = 8095;

export interface VenueAdmin {
  /** `fault` as the reference of the venue shows them; throws for what the venue refuses. */
  switchOn(fault: object): Promise<void>;
  /** Ends all faults. */
  heal(): Promise<void>;
}

export function venueAdminAt(portOffset: number): VenueAdmin {
  const ask = async (method: "POST" | "DELETE", body?: object): Promise<void> => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`http://127.0.0.1:${ADMIN_PORT + portOffset}/faults`, init);
    if (!response.ok) throw new Error(`${method} /faults of the venue: ${await response.text()}`);
  };
  return { switchOn: (fault) => ask("POST", fault), heal: () => ask("DELETE") };
}
