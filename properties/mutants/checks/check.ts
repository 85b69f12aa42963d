import type fc from "fast-check";
import type { Law, LawCase } from "../../../src/laws/law.ts";
import type { LogitsSubject } from "../../../src/subjects/subject.ts";

/**
 * A property of formats, costs, goldens or training. It runs as a law does, but tests no decoder, so
 * that it has no canary: the mutants show whether it detects bugs.
 */
export interface Check
  extends Pick<Law, "id" | "kind" | "statement" | "needs" | "cases" | "check"> {
  /** Maximum number of cases: lower for checks that read and write files. */
  readonly most: number;
  /** Prefixes of the paths of the files that it covers. */
  readonly files: readonly string[];
}

/** Paths covered by the checks of an area. */
export const areas = {
  decoders: [
    "src/model/config",
    "src/definition",
    "src/math/",
    "src/reference/",
    "src/model/weights",
    "src/formats/",
  ],
  formats: [
    "src/model/config",
    "src/definition",
    "src/formats/",
    "src/model/weights",
    "src/tokenizers/",
  ],
  training: ["src/training/"],
  costs: [
    "src/model/config",
    "src/cost/",
    "src/definition",
    "src/reference/kv-cache",
    "src/model/weights",
  ],
} as const;

/** Returns a check from the function that throws if a case breaks it. */
export function check<Case extends LawCase>(
  area: keyof typeof areas,
  id: string,
  statement: string,
  most: number,
  cases: (subject: LogitsSubject) => fc.Arbitrary<Case>,
  holds: (value: Case, subject: LogitsSubject) => Promise<void> | void,
): Check {
  const definition: Pick<
    Law<Case, "logits">,
    "id" | "kind" | "statement" | "needs" | "cases" | "check"
  > = {
    id,
    kind: "logits",
    statement,
    needs: [],
    cases,
    check: async (value, subject) => {
      await holds(value, subject);
      return true;
    },
  };
  return { ...definition, most, files: areas[area] };
}
