/** The check of a law that a user passes: plain JavaScript has no compiler to refuse it. */
import { inspect } from "node:util";
import { subjectKinds } from "../../subjects/subject.ts";
import type { Law } from "../law.ts";

type Rule = readonly [holds: (value: unknown) => boolean, must: string];

const text: Rule = [(value) => typeof value === "string", "be a text"];
const method: Rule = [(value) => typeof value === "function", "be a function"];
const list: Rule = [Array.isArray, "be a list"];

const rules: Readonly<Record<Exclude<keyof Law, "chapter" | "share">, Rule>> = {
  id: text,
  kind: [
    (value) => subjectKinds.some((kind) => kind === value),
    "be set by law, completionsLaw or choiceLaw",
  ],
  name: text,
  statement: text,
  source: text,
  catches: text,
  needs: list,
  precondition: [isPrecondition, "be { name, floor } with a floor in [0, 1]"],
  cases: method,
  check: method,
  // Without any, its verdict is "unproven"; `law` requires one.
  canaries: [(value) => value === undefined || Array.isArray(value), "be a list"],
};

/**
 * Refuses what is not a law.
 *
 * @param who the function that was given the value
 * @throws {TypeError} naming the law and its first field that is missing or wrong
 */
export function checkLaw(who: string, law: unknown): asserts law is Law {
  const shown = (value: unknown) => inspect(value, { depth: 0, breakLength: Infinity });
  if (typeof law !== "object" || law === null) {
    const fix = "lawById returns one of this package by its id";
    throw new TypeError(`${who}: a law must come from law({ ... }), got ${shown(law)}; ${fix}`);
  }
  const fields = new Map<string, unknown>(Object.entries(law));
  const id = fields.get("id");
  for (const [field, [holds, must]] of Object.entries(rules)) {
    const value = fields.get(field);
    if (holds(value)) continue;
    const name = typeof id === "string" ? `of the law "${id}"` : "of a law";
    throw new TypeError(`${who}: ${field} ${name} must ${must}, got ${shown(value)}`);
  }
}

function isPrecondition(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { name, floor } = value as { name?: unknown; floor?: unknown };
  return typeof name === "string" && typeof floor === "number" && floor >= 0 && floor <= 1;
}
