/** Where an installation's own paper venue is; in other modes S1 picks the exchange's addresses by itself. */
export function paperVenueAt(host: (port: number) => string): Record<string, string> {
  return {
    CHIMERA_VENUE_SPOT_URL: `http://${host(8093)}`,
    CHIMERA_VENUE_SPOT_WS_URL: `ws://${host(8093)}`,
    CHIMERA_VENUE_SPOT_API_WS_URL: `ws://${host(8093)}/ws-api/v3`,
    CHIMERA_VENUE_FUT_URL: `http://${host(8094)}`,
    CHIMERA_VENUE_FUT_WS_URL: `ws://${host(8094)}`,
  };
}
