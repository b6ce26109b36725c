/** Which guide says what to do about an alert. */

const GUIDES: readonly (readonly [begins: string, guide: string])[] = [
  ["KILL", "kill-switch"],
  ["RECON", "reconcile"],
  ["TREASURY", "move-funds"],
  ["TRANSFER", "move-funds"],
  ["AUTO_TRANSFER", "move-funds"],
  ["LIVE", "go-live"],
  ["KEY", "connect-an-exchange"],
  ["REPLICA", "run-replicas"],
  ["SHARD", "run-replicas"],
  ["STATEMENT", "read-the-accounts"],
];

/** A file of the documentation, or undefined where none is about it. */
export function guideOf(code: string | undefined, runbook: string | undefined): string | undefined {
  if (runbook !== undefined && runbook !== "") return runbook;
  const found = GUIDES.find(([begins]) => code?.startsWith(begins));
  return found && `docs/guide/${found[1]}.md`;
}
