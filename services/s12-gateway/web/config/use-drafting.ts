/** Keeping the text of the editor as a draft, and what came of it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { parse } from "yaml";
import { keepDraft } from "./acts.ts";
import { highestRevQuery } from "./queries.ts";

export function useDrafting() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => keepDraft(parse(text)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["bundles"] });
      void client.invalidateQueries({ queryKey: highestRevQuery.queryKey });
    },
  });
}
export type Drafting = ReturnType<typeof useDrafting>;
