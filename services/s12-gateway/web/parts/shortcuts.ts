/** The keys that work everywhere: the kill switch, the palette, and the pages by their number. */
import { useEffect } from "react";
import { go } from "../state/address.ts";
import { pageOfKey } from "../state/pages.ts";

export function useShortcuts({ onKill, onPalette }: { onKill: () => void; onPalette: () => void }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as Element | null)?.closest?.("input, textarea, select, [contenteditable]");
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        return onPalette();
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = pageOfKey(event.key);
      if (page) go({ page, id: "" });
      if (event.key === "k") onKill();
      if (event.key === "/") {
        event.preventDefault();
        onPalette();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
