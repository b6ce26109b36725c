/** What was tried on the best run: dearer fees, slower orders and worse fills, a look at the future, and the data. */
import type { ExperimentResult, SensitivityRow } from "../../../../shared/domain/experiment.ts";
import { directionOf, numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Figure, Money, Pair, When } from "../parts/figures.tsx";
import { Empty, Panel } from "../parts/states.tsx";

export function ChecksPanels({ result }: { result: ExperimentResult }) {
  return (
    <>
      <SensitivityPanel result={result} />
      <FuturePanel result={result} />
      <AssumedPanel result={result} />
      <DataPanel result={result} />
    </>
  );
}

function SensitivityPanel({ result: { sensitivity, summary } }: { result: ExperimentResult }) {
  const { t } = useText();
  const unchanged = { what: undefined, change: "", summary };
  const rows: readonly (SensitivityRow | typeof unchanged)[] = [unchanged, ...sensitivity];
  const reach = Math.max(...rows.map((row) => Math.abs(Number(row.summary.net_usdt))), 1e-9);
  return (
    <Panel className="sensitivity" title={t("sensitivity.title")}>
      {sensitivity.length === 0 ? (
        <Empty>{t("checks.none")}</Empty>
      ) : (
        <div className="scroll-x padded">
          <table className="small-table numbers">
            <caption className="unseen">{t("sensitivity.title")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("sensitivity.change")}</th>
                <th scope="col">
                  <span className="unseen">{t("sensitivity.picture")}</span>
                </th>
                <th scope="col" className="right">
                  {t("research.net")}
                </th>
                <th scope="col" className="right">
                  {t("figure.sharpe")}
                </th>
                <th scope="col" className="right">
                  {t("figure.max_drawdown")}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.what}${row.change}`}>
                  <th scope="row">
                    {row.what ? `${t(`sensitivity.${row.what}`)} ${row.change}` : t("sensitivity.unchanged")}
                  </th>
                  <td>
                    <NetBar share={Number(row.summary.net_usdt) / reach} />
                  </td>
                  <td className="right">
                    <Money value={row.summary.net_usdt} gain />
                  </td>
                  <td className="right">
                    <Figure>{numberText(row.summary.sharpe)}</Figure>
                  </td>
                  <td className="right">
                    <Figure>{percentText(row.summary.max_drawdown ?? undefined, 1)}</Figure>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** From the middle to the right a gain, to the left a loss. */
function NetBar({ share }: { share: number }) {
  const width = Math.max(0.5, Math.abs(share) * 50);
  return (
    <svg className="net-bar result-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="result-middle" x="49.6" y="0" width="0.8" height="10" />
      <rect data-tone={directionOf(share)} x={share < 0 ? 50 - width : 50} y="1.5" width={width} height="7" />
    </svg>
  );
}

function FuturePanel({ result: { lookahead } }: { result: ExperimentResult }) {
  const { t } = useText();
  return (
    <Panel className="future" title={t("future.title")}>
      {lookahead ? (
        <div className="padded stack">
          <p className="check-outcome" data-passed={lookahead.passed}>
            {t(lookahead.passed ? "future.passed" : "future.failed")}
          </p>
          <ul className="cuts">
            {lookahead.cuts.map(({ ts, decisions, same }) => (
              <li key={ts} data-passed={same}>
                <span aria-hidden="true">{same ? "✓" : "✗"}</span>
                <When ts={ts} day />
                <span>{t(same ? "future.same" : "future.other", { decisions })}</span>
              </li>
            ))}
          </ul>
          {lookahead.differences.map((difference) => (
            <p key={difference} className="form-error">
              {difference}
            </p>
          ))}
        </div>
      ) : (
        <Empty>{t("checks.none")}</Empty>
      )}
    </Panel>
  );
}

function AssumedPanel({ result: { assumed, hash } }: { result: ExperimentResult }) {
  const { t } = useText();
  return (
    <Panel className="assumed" title={t("assumed.title")}>
      {assumed.length === 0 ? (
        <Empty>{t("assumed.none")}</Empty>
      ) : (
        <ul className="notes">
          {assumed.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      <p className="muted padded hash-line">
        {t("research.hash")} <code>{hash}</code>
      </p>
    </Panel>
  );
}

function DataPanel({ result: { data } }: { result: ExperimentResult }) {
  const { t } = useText();
  return (
    <Panel className="data-used" title={t("data.title")}>
      <dl className="pairs one padded">
        <Pair label={t("data.source")}>{data.source}</Pair>
        <Pair label={t("data.events")}>
          <Figure>{numberText(data.events, 0)}</Figure>
        </Pair>
        <Pair label={t("data.from")}>
          <When ts={data.from_ts} day />
        </Pair>
        <Pair label={t("data.to")}>
          <When ts={data.to_ts} day />
        </Pair>
      </dl>
      {data.problems.length === 0 ? (
        <p className="muted padded">{t("data.no_problems")}</p>
      ) : (
        <div className="scroll-x padded">
          <table className="small-table numbers">
            <caption>{t("data.problems", { count: data.problems.length })}</caption>
            <tbody>
              {data.problems.map(({ source, line, problem }) => (
                <tr key={`${source}/${line}/${problem}`}>
                  <td>{source}</td>
                  <td className="right">
                    <Figure>{String(line)}</Figure>
                  </td>
                  <td>{problem}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
