/** The choice of a service that alerts or lines come from. */
import { useQuery } from "@tanstack/react-query";
import { servicesQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { Select } from "../parts/select.tsx";

export function SourceSelect() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const services = useQuery(servicesQuery).data?.items ?? [];
  return (
    <Select
      label={t("alerts.source")}
      value={asked.source ?? ""}
      choices={[
        ["", t("filter.all")],
        ...services.map((each) => [each.id, `${each.id.toUpperCase()} ${each.title}`] as const),
      ]}
      onChoose={(source) => ask({ source })}
    />
  );
}
