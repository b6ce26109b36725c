/** Every finding that lint can make, with what it means: the page of the reference is made of this. */

/** ERROR: the bundle is refused. WARNING: it does less, or other, than it seems to say. HINT: worth knowing before it is live. */
export type Severity = "ERROR" | "WARNING" | "HINT";
interface CodeMeaning {
  readonly group: "text" | "names" | "conditions" | "rules" | "strategies" | "numbers" | "live";
  readonly severity: Severity;
  /** One sentence. */
  readonly meaning: string;
}

export const LINT_CODES = {
  MALFORMED: {
    group: "text",
    severity: "ERROR",
    meaning: "The text is neither YAML nor JSON; the line says where it stops being so.",
  },
  UNKNOWN_KEY: {
    group: "text",
    severity: "ERROR",
    meaning: "A key that no bundle has at this place; the suggestion is the nearest one that it may have.",
  },
  INVALID_TYPE: {
    group: "text",
    severity: "ERROR",
    meaning: "A value of the wrong kind, or one that must be there and is not.",
  },
  INVALID_VALUE: { group: "text", severity: "ERROR", meaning: "A value that is none of those there are." },
  INVALID_FORMAT: {
    group: "text",
    severity: "ERROR",
    meaning: "A text of the wrong form: an id, an amount, an instrument's name.",
  },
  TOO_BIG: {
    group: "text",
    severity: "ERROR",
    meaning: "A number above its limit, or a list or a text that is too long.",
  },
  TOO_SMALL: {
    group: "text",
    severity: "ERROR",
    meaning: "A number below its limit, or a list or a text that is too short.",
  },
  TOO_DEEP: {
    group: "text",
    severity: "ERROR",
    meaning: "Nested deeper than conditions, or documents at all, may be.",
  },
  TOO_LARGE: { group: "text", severity: "ERROR", meaning: "More than services can swap between two units of work." },
  UNKNOWN_BASE: {
    group: "text",
    severity: "ERROR",
    meaning: "`extends` names the content hash of no stored revision.",
  },

  DUPLICATE: {
    group: "names",
    severity: "ERROR",
    meaning: "The same name twice in one list; the second would never be reached.",
  },
  UNKNOWN_FACTOR: { group: "names", severity: "ERROR", meaning: "No family of factors has this id." },
  UNKNOWN_NAME: {
    group: "names",
    severity: "ERROR",
    meaning: "A factor, instrument, strategy, model or program that is named and is not there.",
  },
  NO_PEER: {
    group: "names",
    severity: "WARNING",
    meaning: "A factor of another instrument that the bundle does not keep enabled: it never has a value.",
  },
  UNUSED_FACTOR: {
    group: "names",
    severity: "HINT",
    meaning: "A listed factor that no condition, trigger, size or model uses: it is computed all the same.",
  },
  UNUSED_INSTRUMENT: {
    group: "names",
    severity: "HINT",
    meaning: "An enabled instrument that no enabled strategy trades.",
  },

  WRONG_TYPE: {
    group: "conditions",
    severity: "ERROR",
    meaning:
      "A factor is compared with something other than a number, a list stands where one value belongs, or the other way round.",
  },
  UNREACHABLE: {
    group: "conditions",
    severity: "ERROR",
    meaning: "A condition that no values can make true: its parts exclude each other.",
  },
  BEYOND_RANGE: {
    group: "conditions",
    severity: "ERROR",
    meaning: "A comparison or a level that the factor's range never lets happen.",
  },
  SAME_FACTOR: { group: "conditions", severity: "ERROR", meaning: "A factor is compared with itself." },
  ALWAYS_TRUE: {
    group: "conditions",
    severity: "WARNING",
    meaning: "A condition that every value makes true: it can be left out, or was meant otherwise.",
  },
  SIDE_IN_ENTRY: {
    group: "conditions",
    severity: "ERROR",
    meaning: "`side` is known to rules and models alone: an entry that asks for it is never true.",
  },
  NOT_ALL_CHECKED: {
    group: "conditions",
    severity: "WARNING",
    meaning: "The conditions are too many or too large for all that could be proved of them.",
  },

  NO_EFFECT: { group: "rules", severity: "WARNING", meaning: "A rule that changes nothing when it fires." },
  EFFECT_IGNORED: {
    group: "rules",
    severity: "WARNING",
    meaning: "Beside `skip_entry` no other effect counts: there is no entry to change.",
  },
  IDLE_RULE: { group: "rules", severity: "WARNING", meaning: "An enabled rule all of whose strategies are disabled." },
  SHADOWED: {
    group: "rules",
    severity: "WARNING",
    meaning: "Whenever the rule would fire, an earlier one has skipped the entry already.",
  },
  NEVER_APPLIES: {
    group: "rules",
    severity: "WARNING",
    meaning: "The rule's condition excludes the entry conditions of every strategy it is for.",
  },

  NO_ENTRY: {
    group: "strategies",
    severity: "ERROR",
    meaning: "A strategy without a long or short condition, and without a program.",
  },
  EXCLUDED: {
    group: "strategies",
    severity: "ERROR",
    meaning: "A condition or a model beside a program, which decides by itself.",
  },
  SPOT_SHORT: {
    group: "strategies",
    severity: "WARNING",
    meaning: "Spot is bought only: a short condition, or a rule for shorts, never counts there.",
  },
  NO_INSTRUMENT: {
    group: "strategies",
    severity: "WARNING",
    meaning: "An enabled strategy none of whose instruments is enabled.",
  },
  NEVER_ENTERS: {
    group: "strategies",
    severity: "WARNING",
    meaning: "At the moment a trigger fires, its factor is where neither entry condition holds.",
  },
  BOTH_SIDES: {
    group: "strategies",
    severity: "WARNING",
    meaning: "Whenever one side's condition holds, so does the other's: both at once make no entry.",
  },
  ALL_DISABLED: {
    group: "strategies",
    severity: "WARNING",
    meaning: "No strategy is enabled: nothing will be opened.",
  },

  STAGES_SUM: { group: "numbers", severity: "ERROR", meaning: "The stages close more than the whole entry." },
  NOT_ASCENDING: {
    group: "numbers",
    severity: "WARNING",
    meaning: "Steps or stages that do not ascend: they are taken by size, not as they stand.",
  },
  UNREACHED_SLICES: {
    group: "numbers",
    severity: "ERROR",
    meaning: "A row of `twap_slices` behind one with a larger notional is never reached.",
  },
  NOT_POSITIVE: { group: "numbers", severity: "ERROR", meaning: "A distance, time or share that must be above zero." },
  BAD_HOURS: {
    group: "numbers",
    severity: "ERROR",
    meaning: "Trading hours outside 0 to 24, or a window without length.",
  },
  PERCENT: {
    group: "numbers",
    severity: "WARNING",
    meaning: "A share so large that a percentage was probably meant: 0.2 is 20 %.",
  },
  BEFORE_FEES: {
    group: "numbers",
    severity: "WARNING",
    meaning: "A return at which the fees both ways are not yet earned: leaving there loses.",
  },
  BREAK_EVEN_LATE: {
    group: "numbers",
    severity: "WARNING",
    meaning: "A part is closed before the stop is at break-even.",
  },
  TARGET_FIRST: {
    group: "numbers",
    severity: "WARNING",
    meaning: "The target closes the trade before this return is reached.",
  },
  CAP_BELOW_FEES: {
    group: "numbers",
    severity: "WARNING",
    meaning: "The loss cap puts the stop nearer than what the fees cost.",
  },
  BUDGET_TOO_SMALL: {
    group: "numbers",
    severity: "WARNING",
    meaning: "The risk budget is below the worst loss of one entry: none will be made.",
  },
  EXPOSURE_TOO_SMALL: {
    group: "numbers",
    severity: "WARNING",
    meaning: "An exposure limit is below one entry's notional: none will be made.",
  },
  LIMITS_CROSSED: { group: "numbers", severity: "WARNING", meaning: "A limit that another one makes meaningless." },
  NEVER_FATAL: {
    group: "numbers",
    severity: "WARNING",
    meaning: "A code in `kill_on_fatal` of which no alert is ever FATAL: it will never turn the kill switch on.",
  },
  CAPS_CROSSED: {
    group: "numbers",
    severity: "ERROR",
    meaning: "What policy may move alone is above what anybody may move.",
  },

  LIVE_STEPS: {
    group: "live",
    severity: "HINT",
    meaning: "Later revisions may come into force for all at once, without canary and ramp.",
  },
  LIVE_WATCH: {
    group: "live",
    severity: "HINT",
    meaning: "What comes into force for all after this revision is not watched: nothing takes it back by itself.",
  },
  LIVE_GUARD: {
    group: "live",
    severity: "HINT",
    meaning: "Nothing makes the system more careful when reality departs from what backtests assume.",
  },
  LIVE_TRANSFERS: {
    group: "live",
    severity: "HINT",
    meaning: "Funds are moved on a service's request, up to the policy's caps, without a person.",
  },
} as const satisfies Record<string, CodeMeaning>;
export type LintCode = keyof typeof LINT_CODES;
