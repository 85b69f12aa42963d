/** The values and pairs of values of arguments that never occur in the cases of the laws. */
import { startProgress } from "../io/progress.ts";
import { grouped, textTable } from "../io/text-table.ts";
import { laws } from "../laws/index.ts";
import { missingNeeds } from "../laws/law.ts";
import { impossible } from "../subjects/arguments/impossible.ts";
import { observedSubject, type WholeSubject } from "../subjects/arguments/observed-subject.ts";
import { labelOf, OccurredArguments, pairOf } from "../subjects/arguments/occurred.ts";
import { type ListedOperation, operations } from "../subjects/arguments/operations.ts";
import { viewOf } from "../subjects/views.ts";
import { runCases } from "./run-cases.ts";
import { casesToRun } from "./run-law.ts";

/** Kinds of gaps: a legal value, a pair of legal values, an illegal value that was refused. */
export type GapKind = "value" | "pair" | "illegal value";

/** A class of an argument, or a pair of classes, that occurred in no call. */
export interface Gap {
  readonly operation: string;
  readonly kind: GapKind;
  /** `ARGUMENT: CLASS`, or two of them. */
  readonly what: string;
}

/** Runs the small cases of every law on a subject, and returns the classes of its calls. */
export async function occurredArguments(
  subject: WholeSubject,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): Promise<OccurredArguments> {
  const occurred = new OccurredArguments();
  const observed = observedSubject(subject, occurred);
  const progress = startProgress("", laws.length);
  try {
    for (const law of laws) {
      progress.label(law.id);
      const view = viewOf(observed, law.kind);
      if (view !== null && missingNeeds(law, observed).length === 0) {
        await runCases(law, view, { seed, runs: casesToRun(law, runs), shrink: false });
      }
      progress.step();
    }
  } finally {
    progress.stop();
  }
  return occurred;
}

/** Number of values, pairs and illegal values that calls can have. */
export function countOfClasses(): number {
  return operations.flatMap(expected).length;
}

/** Returns what never occurred, and is possible. */
export function argumentGaps(occurred: OccurredArguments): Gap[] {
  return operations.flatMap((operation) => {
    const legal = occurred.occurred(operation.name);
    const refused = occurred.refused(operation.name);
    return expected(operation).filter(
      ({ kind, what }) => !(kind === "illegal value" ? refused : legal).has(what),
    );
  });
}

function expected(operation: ListedOperation): Gap[] {
  const { name } = operation;
  const labels = (kind: "legal" | "illegal") =>
    operation.arguments.map((one) =>
      one[kind].map(({ name: className }) => labelOf(one.name, className)),
    );
  const legal = labels("legal");
  const pairs = legal.flatMap((first, i) =>
    legal
      .slice(i + 1)
      .flatMap((second) => first.flatMap((a) => second.map((b) => pairOf(a, b))))
      .filter((pair) => !impossible(name, pair)),
  );
  const gap = (kind: GapKind) => (what: string) => ({ operation: name, kind, what });
  return [
    ...legal.flat().map(gap("value")),
    ...pairs.map(gap("pair")),
    ...labels("illegal").flat().map(gap("illegal value")),
  ];
}

/** Returns the gaps as a table. */
export function gapsText(gaps: readonly Gap[], count: number, runs: number): string {
  const all = `${grouped(count)} values, pairs of values and illegal values of arguments`;
  const calls = `in the calls of all laws, ${grouped(runs)} cases each`;
  if (gaps.length === 0) return `${all}: every one occurred ${calls}`;
  const rows = gaps.map(({ operation, kind, what }) => [operation, kind, what]);
  const table = textTable(["operation", "never occurred", "argument: value"], rows);
  return `${table}\n${all}: ${grouped(gaps.length)} never occurred ${calls}`;
}
