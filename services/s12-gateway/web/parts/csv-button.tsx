/** Downloads a list as CSV, with the person's own session. */
import { useMutation } from "@tanstack/react-query";
import { getCsv } from "../api/http.ts";
import { useText } from "../i18n/translate.ts";
import { saveAs } from "./save-as.ts";

interface CsvButtonProps {
  path: string;
  /** The file's name without its ending. */
  name: string;
  label?: string;
}

export function CsvButton({ path, name, label }: CsvButtonProps) {
  const { t } = useText();
  const asking = useMutation({
    mutationFn: async () => saveAs(`chimera-${name}.csv`, await getCsv(path), "text/csv;charset=utf-8"),
  });
  return (
    <button
      type="button"
      className="button"
      disabled={asking.isPending}
      title={asking.error ? t("export.failed", { why: t.say(asking.error.message) }) : t("export.hint")}
      data-failed={asking.isError || undefined}
      onClick={() => asking.mutate()}
    >
      {asking.isPending ? t("orders.loading") : asking.isError ? t("export.again") : (label ?? t("export.csv"))}
    </button>
  );
}
