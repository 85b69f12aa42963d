import { type Law, law } from "../../../src/laws/law.ts";

/** What is checked beside the laws: formats, costs and goldens, which no decoder is asked of. */
export interface Check {
  readonly law: Law;
  /** The most cases that are worth trying: fewer where a case reads and writes files. */
  readonly most: number;
}

/** A check as a law, so that both are tried in one way. */
export function check<Case>(
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
  return { most, law: law<Case>({ ...text, needs: [], precondition, cases, check: judge }) };
}
