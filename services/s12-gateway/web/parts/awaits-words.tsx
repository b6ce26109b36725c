/** Says that nothing is done before somebody else allows it, and leads to where that is decided. */

import type { AwaitsApproval } from "../../../../shared/client/problem.ts";
import { useText } from "../i18n/translate.ts";
import { PlaceLink } from "./links.tsx";

export function AwaitsWords({ waits, onFollow }: { waits: AwaitsApproval; onFollow?: () => void }) {
  const { t } = useText();
  return (
    <div className="outcome stack" role="status">
      <p>{t("awaits.words")}</p>
      {waits.message ? <p className="muted">{t.say(waits.message)}</p> : null}
      <p>
        <PlaceLink to={{ page: "approvals", id: waits.approvalId }} {...(onFollow && { onFollow })}>
          {t("awaits.link")} →
        </PlaceLink>
      </p>
    </div>
  );
}
