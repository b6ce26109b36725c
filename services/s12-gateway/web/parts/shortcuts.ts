/** The keys that work everywhere: the kill switch, the palette, the list of keys, and the pages by theirs. */
import { useEffect } from "react";
import { go } from "../state/address.ts";
import { pageOfKey } from "../state/pages.ts";

interface Shortcuts {
  onKill: () => void;
  onPalette: () => void;
  onKeys: () => void;
}

export function useShortcuts({ onKill, onPalette, onKeys }: Shortcuts): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as Element | null)?.closest?.("input, textarea, select, [contenteditable]");
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        return onPalette();
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = pageOfKey(event.key);
      if (page) {
        event.preventDefault();
        go({ page, id: "" });
      }
      if (event.key === "k") onKill();
      if (event.key === "?") onKeys();
      if (event.key === "/") {
        event.preventDefault();
        onPalette();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
