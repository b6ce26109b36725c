/** What happened to a promotion, in order, and which replica of which service runs its revision. */
import type { PromotionStep, RevisionHeld } from "../../../../shared/domain/promotion.ts";
import { useText } from "../i18n/translate.ts";
import { Figure, When } from "../parts/figures.tsx";
import { Empty } from "../parts/states.tsx";

export function Timeline({ steps }: { steps: readonly PromotionStep[] }) {
  const { t } = useText();
  return (
    <ol className="timeline">
      {steps.map(({ ts, what, detail }) => (
        <li key={`${ts} ${what} ${detail}`} data-what={what}>
          <When ts={ts} day />
          <span>
            <strong>{t(`promotion_step.${what}`)}</strong>
            {detail ? <span className="muted"> {t.say(detail)}</span> : null}
          </span>
        </li>
      ))}
    </ol>
  );
}

export function HeldBy({ services }: { services: readonly RevisionHeld[] }) {
  const { t } = useText();
  if (services.length === 0) return <Empty>{t("held.none")}</Empty>;
  const has = services.filter(({ state }) => state === "HAS").length;
  return (
    <>
      <p className="padded">{t(has === services.length ? "held.all" : "held.some", { has, all: services.length })}</p>
      <div className="scroll-x padded">
        <table className="small-table numbers">
          <caption className="unseen">{t("promotion.services")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("story.service")}</th>
              <th scope="col">{t("column.status")}</th>
              <th scope="col" className="right">
                {t("config.arm.stable")}
              </th>
              <th scope="col" className="right">
                {t("config.arm.canary")}
              </th>
            </tr>
          </thead>
          <tbody>
            {services.map(({ service, replica, rev, canary_rev, state, error }) => (
              <tr key={`${service}/${replica}`} data-held={state}>
                <th scope="row">
                  {service} <span className="muted">{replica}</span>
                </th>
                <td>
                  {t(`held.${state}`)}
                  {error ? <span className="form-error"> {error}</span> : null}
                </td>
                <td className="right">
                  <Figure>{String(rev)}</Figure>
                </td>
                <td className="right">
                  <Figure>{canary_rev === undefined ? "–" : String(canary_rev)}</Figure>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
