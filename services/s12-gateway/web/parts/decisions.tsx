/** The decisions as they are made: opened or skipped, by what, and why; each opens its story. */
import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { useQuery } from "@tanstack/react-query";
import { memo, useState } from "react";
import type { Decision } from "../../../../shared/domain/decision.ts";
import { decisionsQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { guardInWords, otherRules, reasonInWords } from "../stories/words.ts";
import { When } from "./figures.tsx";
import { InstrumentName, SubjectLink } from "./links.tsx";
import { Empty, Loaded, Panel } from "./states.tsx";

const ROWS_MAX = 100;
const FILTERS = ["all", "open", "skip"] as const;
type Filter = (typeof FILTERS)[number];

export function DecisionsPanel() {
  const { t } = useText();
  const query = useQuery(decisionsQuery);
  const [filter, setFilter] = useState<Filter>("all");
  return (
    <Panel
      id="decisions"
      title={t("decisions.title")}
      className="decisions"
      aside={
        <ToggleGroup
          className="switch"
          value={[filter]}
          onValueChange={([next]) => next && setFilter(next)}
          aria-label={t("decisions.filter")}
        >
          {FILTERS.map((each) => (
            <Toggle key={each} value={each} className="switch-item">
              {t(`decisions.filter.${each}`)}
            </Toggle>
          ))}
        </ToggleGroup>
      }
    >
      <Loaded query={query} rows={6}>
        {(decisions) => {
          const shown = decisions.filter((each) => filter === "all" || each.decision.action === filter);
          if (shown.length === 0) return <Empty>{t("decisions.empty")}</Empty>;
          return (
            <ol className="rows">
              {shown.slice(0, ROWS_MAX).map((decision) => (
                <Row key={decision.signal_id} decision={decision} />
              ))}
            </ol>
          );
        }}
      </Loaded>
    </Panel>
  );
}

const Row = memo(function Row({ decision }: { decision: Decision }) {
  const { t } = useText();
  const { action, side } = decision.decision;
  const failed = decision.guards.find((guard) => !guard.passed);
  const rules = otherRules(decision);
  const isOpen = action === "open";
  return (
    <li>
      <SubjectLink kind="decision" id={decision.signal_id} className="row-link decision">
        <When ts={decision.ts} />
        <span
          className="verdict"
          data-action={action}
          data-tone={isOpen ? (side === "BUY" ? "up" : "down") : undefined}
        >
          {isOpen ? t(side === "BUY" ? "position.long" : "position.short") : t("verdict.skip")}
        </span>
        <InstrumentName instrument={decision.instrument} />
        <span className="muted decision-strategy">{decision.strategy_id}</span>
        <span className="decision-why">
          {isOpen ? t("decisions.opened", { rules: rules.length }) : reasonInWords(t, decision)}
          {failed && typeof failed.value === "number" ? (
            <span className="muted"> {guardInWords(t, failed)}</span>
          ) : null}
          {rules.length > 0 ? <span className="muted"> · {rules.join(", ")}</span> : null}
        </span>
      </SubjectLink>
    </li>
  );
});
