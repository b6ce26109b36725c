/** Links between the research pages. */
import type { ReactNode } from "react";
import { useText } from "../i18n/translate.ts";
import { PlaceLink, shortId } from "../parts/links.tsx";
import { idOf, type ResearchPlace } from "./place.ts";

interface ResearchLinkProps {
  to: ResearchPlace;
  children: ReactNode;
  className?: string;
}

/** What was filtered where one comes from is not meant for where one goes. */
export function ResearchLink({ to, children, className = "link" }: ResearchLinkProps) {
  return (
    <PlaceLink to={{ page: "research", id: idOf(to), asked: {} }} className={className}>
      {children}
    </PlaceLink>
  );
}

export const ExperimentLink = ({ id, children }: { id: string; children?: ReactNode }) => (
  <ResearchLink to={{ at: "experiment", id }}>{children ?? <code title={id}>{shortId(id)}</code>}</ResearchLink>
);

export function NewLink({ to }: { to: "new-experiment" | "new-hypothesis" | "new-training" }) {
  const { t } = useText();
  return (
    <ResearchLink to={{ at: to }} className="button primary">
      {t(`research.${to}`)}
    </ResearchLink>
  );
}
