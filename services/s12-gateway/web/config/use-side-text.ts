/** One side of a comparison as text: of a revision as it is exported, of the draft as it was typed. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { activeQuery } from "../api/queries.ts";
import { yamlOf } from "./bundle.tsx";
import { keptDraft } from "./kept-draft.ts";
import { ACTIVE, DRAFT, readRevName } from "./place.ts";
import { bundleQuery } from "./queries.ts";

export function useSideText(side: string): string | undefined {
  const ref = readRevName(side);
  const active = useQuery({ ...activeQuery, enabled: side === ACTIVE }).data?.bundle;
  const stored = useQuery({
    ...bundleQuery(ref ?? { bundle_id: "", rev: 0 }),
    enabled: ref !== undefined,
    refetchInterval: false,
  });
  const bundle = side === ACTIVE ? active : stored.data?.bundle;
  return useMemo(() => (side === DRAFT ? keptDraft()?.text : bundle && yamlOf(bundle)), [side, bundle]);
}
