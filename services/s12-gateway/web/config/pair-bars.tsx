/** Two figures of each thing as bars one above the other: what is in force, and what is tried. */
import { useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";

export interface PairOfBars {
  readonly name: string;
  readonly active: number;
  readonly candidate: number;
}
const WIDTH = 200;

interface PairBarsProps {
  caption: string;
  pairs: readonly PairOfBars[];
  text?: (value: number) => string;
}

export function PairBars({ caption, pairs, text = String }: PairBarsProps) {
  const { t } = useText();
  const most = Math.max(...pairs.flatMap(({ active, candidate }) => [active, candidate]), 0) || 1;
  const x = (value: number) => (value / most) * WIDTH;
  return (
    <table className="small-table numbers pair-bars">
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{caption}</th>
          <th scope="col">
            <span className="unseen">{t("simulation.picture")}</span>
          </th>
          <th scope="col" className="right">
            <SideKey side="active" /> {t("simulation.active")}
          </th>
          <th scope="col" className="right">
            <SideKey side="candidate" /> {t("simulation.candidate")}
          </th>
        </tr>
      </thead>
      <tbody>
        {pairs.map(({ name, active, candidate }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="pair-picture">
              <svg viewBox={`0 0 ${WIDTH} 14`} preserveAspectRatio="none" aria-hidden="true">
                <rect data-side="active" y="1" width={x(active)} height="5" />
                <rect data-side="candidate" y="8" width={x(candidate)} height="5" />
              </svg>
            </td>
            <td className="right">
              <Figure>{text(active)}</Figure>
            </td>
            <td className="right">
              <Figure>{text(candidate)}</Figure>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const SideKey = ({ side }: { side: "active" | "candidate" | "both" | "neither" }) => (
  <svg className="side-key" viewBox="0 0 10 10" aria-hidden="true">
    <rect data-side={side} width="10" height="10" />
  </svg>
);
