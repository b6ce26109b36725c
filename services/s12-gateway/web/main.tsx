/** Where the page starts in the browser. */
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { startAddress } from "./state/address.ts";
import { startPrefs } from "./state/prefs.ts";

startPrefs();
startAddress();
createRoot(document.getElementById("root")!).render(<App />);
