/** Who is signed in, and what that person may do: the services decide, the page says so beforehand. */
import { createContext, useContext } from "react";
import type { Role } from "../api/people-shapes.ts";
import type { Me } from "../api/shapes.ts";

export const MeContext = createContext<Me | undefined>(undefined);

/** Those who may act on orders, positions and money. */
export const ACTING: readonly Role[] = ["trader", "risk", "admin"];

export const mayAct = (me: Me | undefined): boolean => me !== undefined && ACTING.includes(me.role);
/** Those who may ask for recomputations. */
export const RESEARCHING: readonly Role[] = ["researcher", "risk", "admin"];
export const mayResearch = (me: Me | undefined): boolean => me !== undefined && RESEARCHING.includes(me.role);
/** Those who may put a config revision in force, and take one back. */
export const PROMOTING: readonly Role[] = ["risk", "admin"];
export const mayPromote = (me: Me | undefined): boolean => me !== undefined && PROMOTING.includes(me.role);
/** Which roles each one has all the rights of: a person's programs get no more than the person. */
const WITHIN: Record<Role, readonly Role[]> = {
  viewer: ["viewer"],
  researcher: ["viewer", "researcher"],
  trader: ["viewer", "trader"],
  risk: ["viewer", "researcher", "risk"],
  admin: ["viewer", "researcher", "trader", "risk", "admin"],
};
export const rolesWithin = (me: Me | undefined): readonly Role[] => (me ? WITHIN[me.role] : []);

export const useMe = (): Me | undefined => useContext(MeContext);
