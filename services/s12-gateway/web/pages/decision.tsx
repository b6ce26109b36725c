/** One decision's page: what was decided in words, the way it went step by step, what was seen, and the raw answer. */
import { useQuery } from "@tanstack/react-query";
import type { DecisionStory } from "../../../../shared/client/gen/types.ts";
import { decisionStoryQuery } from "../api/decision-queries.ts";
import { useText } from "../i18n/translate.ts";
import { DecisionSteps } from "../parts/decision-steps.tsx";
import { Figure, Pair, When } from "../parts/figures.tsx";
import { saveJson } from "../parts/json-button.tsx";
import { InstrumentLink, PlaceLink } from "../parts/links.tsx";
import { Loaded, Panel } from "../parts/states.tsx";
import { VerdictText } from "../parts/verdict-text.tsx";
import { decisionStory } from "../stories/stories.ts";
import { plainNumber } from "../stories/words.ts";

export function DecisionPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(decisionStoryQuery(id));
  return (
    <main className="page decision-page" aria-label={t("story.decision")}>
      <nav className="crumbs">
        <PlaceLink to={{ page: "decisions", id: "" }}>← {t("page.decisions")}</PlaceLink>
        <code>{id}</code>
      </nav>
      <Loaded query={query} rows={14}>
        {(story) => <Whole story={story} />}
      </Loaded>
    </main>
  );
}

function Whole({ story }: { story: DecisionStory }) {
  const { t } = useText();
  const { sentences, numbers } = decisionStory(t, story);
  return (
    <div className="decision-grid">
      <section className="panel decision-main" aria-label={t("story.decision")}>
        <h1>
          <VerdictText decision={story} />
          <InstrumentLink instrument={story.instrument} />
          <span>{story.strategy_id}</span>
          <span className="spacer" />
          <When ts={story.ts} day />
        </h1>
        {story.basis.title ? <p className="muted">{story.basis.title}</p> : null}
        {story.arm ? (
          <p className="decision-arm">
            <PlaceLink to={{ page: "config", id: `promotion:${story.arm.promotion_id}`, asked: {} }}>
              {t("decision.arm", { arm: t(`decision.arm.${story.arm.name}`) })}
            </PlaceLink>
          </p>
        ) : null}
        <p className="decision-words">{sentences.join(" ")}</p>
        <DecisionSteps decision={story} />
      </section>
      <aside className="decision-side">
        <Panel title={t("decision.numbers")}>
          <dl className="pairs one">
            {numbers.map(([label, value]) => (
              <Pair key={label} label={label}>
                <Figure>{value}</Figure>
              </Pair>
            ))}
          </dl>
        </Panel>
        <Panel title={t("decision.features", { count: Object.keys(story.features).length })}>
          <Features features={story.features} />
        </Panel>
        <Panel
          title={t("story.raw")}
          aside={
            <button type="button" className="button" onClick={() => saveJson(`decision-${story.signal_id}`, story)}>
              {t("export.json")}
            </button>
          }
        >
          <details>
            <summary>{t("decision.raw")}</summary>
            <pre>{JSON.stringify(story, null, 2)}</pre>
          </details>
        </Panel>
      </aside>
    </div>
  );
}

function Features({ features }: Pick<DecisionStory, "features">) {
  const { t } = useText();
  return (
    <dl className="pairs one features-seen">
      {Object.entries(features)
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([id, value]) => (
          <Pair key={id} label={id}>
            {value === null ? (
              <span className="muted">{t("condition.no_value")}</span>
            ) : (
              <Figure title={String(value)}>{plainNumber(value)}</Figure>
            )}
          </Pair>
        ))}
    </dl>
  );
}
