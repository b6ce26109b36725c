/** What a parsed AQL statement is made of. */

export type Expression =
  | { type: "literal"; value: string | number | boolean | null }
  | { type: "array"; items: Expression[] }
  | { type: "object"; members: [string, Expression][] }
  | { type: "bind"; name: string }
  | { type: "name"; name: string }
  | { type: "member"; of: Expression; name: string }
  /** `.@name`: an attribute whose name is bound. */
  | { type: "boundMember"; of: Expression; name: string }
  | { type: "index"; of: Expression; at: Expression }
  | { type: "call"; name: string; args: Expression[] }
  | { type: "not" | "negative"; of: Expression }
  | { type: "binary"; operator: string; left: Expression; right: Expression }
  | { type: "choice"; test: Expression; yes: Expression; no: Expression }
  | { type: "subquery"; query: Operation[] };

/** A collection or view: bound, or by its name. */
export type Source = { bound: string } | { named: string };

export type Operation =
  | {
      op: "for";
      variable: string;
      /** A collection or view, or an expression that gives an array. A plain name may be either. */
      source: Source | Expression;
      search?: Expression;
      options?: Expression;
    }
  | {
      op: "traverse";
      variables: string[];
      depth: [Expression, Expression];
      direction: "INBOUND" | "OUTBOUND" | "ANY";
      start: Expression;
      graph: Expression;
      options?: Expression;
    }
  | { op: "filter"; test: Expression }
  | { op: "let"; variable: string; value: Expression }
  | { op: "sort"; by: { value: Expression; descending: boolean }[] }
  | { op: "limit"; offset: Expression; count: Expression }
  | { op: "count"; into: string }
  | { op: "return"; value: Expression }
  | { op: "write"; kind: Write; value: Expression; with?: Expression; into: Source; options?: Expression };

export type Write = "INSERT" | "REPLACE" | "UPDATE" | "REMOVE";
