/** Downloads a list as JSON, all of its pages as one. */
import { useMutation } from "@tanstack/react-query";
import { getAll } from "../api/http.ts";
import { useText } from "../i18n/translate.ts";
import { saveAs } from "./save-as.ts";

/** `name`: the file's, without its ending. */
export function JsonButton({ path, name }: { path: string; name: string }) {
  const { t } = useText();
  const asking = useMutation({
    mutationFn: async () => saveJson(name, await getAll(path)),
  });
  return (
    <button
      type="button"
      className="button"
      disabled={asking.isPending}
      title={asking.error ? t("export.failed", { why: t.say(asking.error.message) }) : t("export.json.hint")}
      data-failed={asking.isError || undefined}
      onClick={() => asking.mutate()}
    >
      {asking.isPending ? t("orders.loading") : asking.isError ? t("export.again") : t("export.json")}
    </button>
  );
}

export const saveJson = (name: string, value: unknown): void =>
  saveAs(`chimera-${name}.json`, `${JSON.stringify(value, null, 2)}\n`, "application/json");
