/** Who is signed in, and what that person may do: the services decide, the page says so beforehand. */
import { createContext, useContext } from "react";
import type { Me } from "../api/shapes.ts";

export const MeContext = createContext<Me | undefined>(undefined);

/** Those who may act on orders, positions and money. */
const ACTING = ["trader", "risk", "admin"];

export const mayAct = (me: Me | undefined): boolean => me !== undefined && ACTING.includes(me.role);
/** Those whose word a transfer needs. */
const APPROVING = ["risk", "admin"];
export const mayApprove = (me: Me | undefined): boolean => me !== undefined && APPROVING.includes(me.role);
export const useMe = (): Me | undefined => useContext(MeContext);
