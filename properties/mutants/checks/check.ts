import { type Law, law } from "../../../src/laws/law.ts";

/** What is checked beside the laws: formats, costs and goldens, which no decoder is asked of. */
export interface Check {
  readonly law: Law;
  /** The most cases that are worth trying: fewer where a case reads and writes files. */
  readonly most: number;
  /** The files that it is about, by how their names begin. */
  readonly files: readonly string[];
}

/** What a check is about. */
export const areas = {
  decoders: [
    "src/model/config",
    "src/definition",
    "src/math/",
    "src/reference/",
    "src/model/weights",
    "src/formats/",
  ],
  formats: ["src/model/config", "src/definition", "src/formats/", "src/model/weights"],
  training: ["src/training/"],
  costs: [
    "src/model/config",
    "src/cost/",
    "src/definition",
    "src/reference/kv-cache",
    "src/model/weights",
  ],
} as const;

/** A check as a law, so that both are tried in one way. */
export function check<Case>(
  area: keyof typeof areas,
  code: string,
  statement: string,
  most: number,
  cases: Law<Case>["cases"],
  holds: (value: Case, subject: Parameters<Law["check"]>[1]) => Promise<void> | void,
): Check {
  const precondition = { name: "always", floor: 1 };
  const text = { code, name: statement, statement, source: "", catches: "" };
  const judge: Law<Case>["check"] = async (value, subject) => {
    await holds(value, subject);
    return true;
  };
  return {
    most,
    files: areas[area],
    law: law<Case>({ ...text, needs: [], precondition, cases, check: judge }),
  };
}
