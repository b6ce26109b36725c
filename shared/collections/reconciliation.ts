/** What S5 keeps: every reconciliation with what it found and did. */
import { Reconciliation } from "../streams.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

export const reconciliations = collection({
  name: "reconciliations",
  about: "Every reconciliation with what it found and did",
  owner: "s05",
  schema: Reconciliation,
  key: (r) => r.run_id,
  indexes: [["started_at"], ["mode", "started_at"]],
  retentionDays: RECORDS_DAYS,
  retentionField: "started_at",
});
