/** One simulation: what it says of the revision in words, then pictures of what would have been otherwise. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Simulation } from "../../../../shared/domain/simulation.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { Duration, Figure, Pair, When } from "../parts/figures.tsx";
import { saveJson } from "../parts/json-button.tsx";
import { Loaded, Panel } from "../parts/states.tsx";
import { Progress, RunStatus } from "../research/progress.tsx";
import { mayPromote, mayResearch, useMe } from "../state/me.ts";
import { cancelSimulationAct } from "./acts.ts";
import { ChangedSignals } from "./changed-signals.tsx";
import { EffectPanel } from "./effect-panel.tsx";
import { GateList } from "./gate-list.tsx";
import { ConfigLink, RevLink } from "./links.tsx";
import { OpenedPanels } from "./opened-panels.tsx";
import { revName } from "./place.ts";
import { isGoing, simulationQuery } from "./queries.ts";
import { ReplayPanels } from "./replay-panels.tsx";
import { SensitivityPanel } from "./sensitivity-panel.tsx";
import { simulationWords } from "./simulation-words.ts";

export function SimulationPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(simulationQuery(id));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("config.simulations")}>
        <ConfigLink to={{ at: "simulations" }}>← {t("config.simulations")}</ConfigLink>
        <code>{id}</code>
        <span className="spacer" />
        {query.data ? <Acts simulation={query.data} /> : null}
      </nav>
      <Loaded query={query} rows={14}>
        {(simulation) => <Whole simulation={simulation} />}
      </Loaded>
    </div>
  );
}

function Acts({ simulation }: { simulation: Simulation }) {
  const { t } = useText();
  const me = useMe();
  const [act, setAct] = useState<Act>();
  return (
    <span className="panel-acts">
      {mayResearch(me) && isGoing(simulation) ? (
        <button type="button" className="button" onClick={() => setAct(cancelSimulationAct(t, simulation))}>
          {t("simulation.cancel")}
        </button>
      ) : null}
      <ConfigLink
        to={{ at: "diff", from: revName({ ...simulation, rev: simulation.active_rev }), to: revName(simulation) }}
        className="button"
      >
        {t("config.diff")}
      </ConfigLink>
      {mayPromote(me) && simulation.status === "DONE" ? (
        <ConfigLink to={{ at: "new-promotion", of: revName(simulation) }} className="button">
          {t("config.promote")}
        </ConfigLink>
      ) : null}
      <button type="button" className="button" onClick={() => saveJson(simulation.sim_id, simulation)}>
        {t("export.json")}
      </button>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </span>
  );
}

function Whole({ simulation }: { simulation: Simulation }) {
  const { t } = useText();
  const { summary, approx_effect, sensitivity_analysis, bounds_guard, replay, changed } = simulation;
  const words = simulationWords(t, simulation);
  return (
    <div className="experiment-panels">
      <Head simulation={simulation} />
      {words.length > 0 || bounds_guard ? (
        <div className="panel-row">
          {words.length > 0 ? (
            <Panel className="told" title={t("simulation.told")}>
              <ul className="told-words padded">
                {words.map((line, i) => (
                  <li key={line} data-first={i === 0 || undefined}>
                    {line}
                  </li>
                ))}
              </ul>
            </Panel>
          ) : null}
          {bounds_guard ? (
            <Panel title={t("gate.title")}>
              <GateList gates={bounds_guard} />
            </Panel>
          ) : null}
        </div>
      ) : null}
      {replay ? <ReplayPanels replay={replay} /> : null}
      {approx_effect && approx_effect.length > 0 ? (
        <div className="panel-row">
          <EffectPanel effects={approx_effect} />
          {sensitivity_analysis ? <SensitivityPanel analysis={sensitivity_analysis} gates={bounds_guard} /> : null}
        </div>
      ) : sensitivity_analysis ? (
        <SensitivityPanel analysis={sensitivity_analysis} gates={bounds_guard} />
      ) : null}
      {summary ? <OpenedPanels summary={summary} /> : null}
      {changed && changed.length > 0 ? <ChangedSignals changed={changed} all={summary?.changed} /> : null}
    </div>
  );
}

function Head({ simulation }: { simulation: Simulation }) {
  const { t, locale } = useText();
  const { request, status, started_at, ended_at } = simulation;
  return (
    <section className="panel experiment-head" aria-label={simulation.sim_id}>
      <h1>
        <RevLink of={simulation} />
        <span className="muted">{t("simulation.versus", { rev: simulation.active_rev })}</span>
        <RunStatus status={status} />
        <span className="spacer" />
        <When ts={simulation.created_at} day />
      </h1>
      {isGoing(simulation) ? (
        <div className="going" role="status">
          <Progress share={simulation.progress} words={simulation.waiting_for ?? ""} />
        </div>
      ) : null}
      {simulation.error ? (
        <p className="form-error" role="alert">
          {simulation.error}
        </p>
      ) : null}
      <dl className="facts">
        <Pair label={t("research.method")}>{t(`simulation_method.${request.method}`)}</Pair>
        <Pair label={t("research.window")}>
          <Figure>
            {`${dayClockText(request.window.from_ts, locale)} – ${dayClockText(request.window.to_ts, locale)}`}
          </Figure>
        </Pair>
        {request.instruments ? <Pair label={t("document.instruments")}>{request.instruments.join(", ")}</Pair> : null}
        {started_at !== undefined && ended_at !== undefined ? (
          <Pair label={t("research.took")}>
            <Duration ms={ended_at - started_at} />
          </Pair>
        ) : null}
        <Pair label={t("research.author")}>{simulation.author}</Pair>
      </dl>
    </section>
  );
}
