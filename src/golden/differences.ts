/** Differences between a recorded fixture and the same fixture recorded again. */
import { textTable } from "../io/text-table.ts";
import { configToJson, type ModelConfig } from "../model/config.ts";
import type { Weights } from "../model/weights.ts";
import { firstDifference, largestError } from "../tolerance/compare.ts";
import { choiceDifference } from "./choices.ts";
import { completionDifference } from "./completions.ts";
import type { ChoiceCase, CompletionCase, Fixture, GoldenCase } from "./format.ts";
import type { FixtureDraft } from "./write.ts";

/** One row of the table of differences: the first difference of one part of a fixture. */
export interface GoldenDifference {
  readonly fixture: string;
  /** The part that differs: a field of the manifest, a file, or the values of a case. */
  readonly part: string;
  /** Number of the case, from 1; null if the part is not a case. */
  readonly case: number | null;
  /** Position of the first row that differs, from 0. */
  readonly position: number | null;
  /** The first token of that row whose value differs. */
  readonly token: number | null;
  readonly old: string;
  readonly new: string;
  /** Largest absolute difference of any value of the part; null if they cannot be compared. */
  readonly largestError: number | null;
  /** True if no value differs by more than the recorded tolerance. */
  readonly isWithinTolerance: boolean;
}

/** Returns the differences, one row for each part that differs. */
export function differencesOf(old: Fixture, next: FixtureDraft): GoldenDifference[] {
  const other = (part: string, was: unknown, is: unknown) =>
    differenceOf(old.name, { part, old: textOf(was), new: textOf(is) });
  if (old.kind !== next.kind) return [other("kind", old.kind, next.kind)];
  const head = (["by", "tolerance"] as const).flatMap((field) => {
    const [was, is] = [old.manifest[field], next.manifest[field]];
    return was === is ? [] : [other(field, was, is)];
  });
  if (old.kind === "completions" && next.kind === "completions") {
    const sizes = (["vocabSize", "topLogProbs"] as const).flatMap((field) =>
      old[field] === next[field] ? [] : [other(field, old[field], next[field])],
    );
    return [...head, ...sizes, ...caseDifferences(old, next, completionRow)];
  }
  if (old.kind === "model" && next.kind === "model") {
    return [
      ...head,
      ...configDifferences(old.name, old.model.config, next.model.config),
      ...weightDifferences(old.name, old.model.weights, next.model.weights),
      ...caseDifferences(old, next, logitsRow),
    ];
  }
  if (old.kind === "engine" && next.kind === "engine") {
    const config = configDifferences(old.name, old.config, next.config);
    return [...head, ...config, ...caseDifferences(old, next, logitsRow)];
  }
  if (old.kind === "choice" && next.kind === "choice") {
    return [...head, ...choiceDifferences(old, next)];
  }
  return head;
}

/** Returns the differences as a table of text. */
export function differencesText(differences: readonly GoldenDifference[]): string {
  const head = ["fixture", "part", "case", "position", "token", "old", "new", "largest error"];
  const cell = (value: number | null) => (value === null ? "" : String(value));
  const rows = differences.map((one) => [
    one.fixture,
    one.part,
    cell(one.case),
    cell(one.position),
    cell(one.token),
    one.old,
    one.new,
    one.largestError === null
      ? ""
      : `${one.largestError.toExponential(1)}${one.isWithinTolerance ? ", within tolerance" : ""}`,
  ]);
  return textTable(head, rows);
}

type Found = Partial<GoldenDifference> & Pick<GoldenDifference, "part" | "old" | "new">;

function differenceOf(fixture: string, found: Found): GoldenDifference {
  const nowhere = { case: null, position: null, token: null, largestError: null };
  return { fixture, ...nowhere, isWithinTolerance: false, ...found };
}

function configDifferences(fixture: string, was: ModelConfig, is: ModelConfig) {
  const [old, next] = [configToJson(was), configToJson(is)];
  return Object.keys({ ...old, ...next })
    .map((key) => ({ part: `config.${key}`, old: textOf(old[key]), new: textOf(next[key]) }))
    .filter((field) => field.old !== field.new)
    .map((field) => differenceOf(fixture, field));
}

/** The first tensor that differs, and the largest difference of all that have the same size. */
function weightDifferences(fixture: string, was: Weights, is: Weights): GoldenDifference[] {
  const old = new Map(was.tensors.map(({ name, data }) => [name, data]));
  const next = new Map(is.tensors.map(({ name, data }) => [name, data]));
  let first: Found | null = null;
  let largest = 0;
  for (const name of new Set([...old.keys(), ...next.keys()])) {
    const [before, after] = [old.get(name), next.get(name)];
    const part = `weights ${name}`;
    if (before === undefined || after === undefined || before.length !== after.length) {
      const size = (data?: Float64Array) =>
        data === undefined ? "none" : `${data.length} numbers`;
      first ??= { part, old: size(before), new: size(after) };
      continue;
    }
    const i = before.findIndex((x, at) => x !== after[at]);
    if (i < 0) continue;
    first ??= { part, old: `[${i}] = ${before[i]}`, new: `[${i}] = ${after[i]}` };
    largest = Math.max(largest, largestError([after], [before]));
  }
  return first === null ? [] : [differenceOf(fixture, { ...first, largestError: largest })];
}

interface Cases<Case> {
  readonly name: string;
  readonly manifest: { readonly tolerance: number };
  readonly cases: readonly Case[];
}

/** One row for each case whose tokens or values differ, that was removed, or that is new. */
function caseDifferences<Case extends { readonly tokens: readonly number[] }>(
  old: Cases<Case>,
  next: Cases<Case>,
  compare: (was: Case, is: Case, tolerance: number) => Found | null,
): GoldenDifference[] {
  const count = Math.max(old.cases.length, next.cases.length);
  return Array.from({ length: count }, (_, i) => {
    const [was, is] = [old.cases.at(i), next.cases.at(i)];
    const same = was !== undefined && is !== undefined && `${was.tokens}` === `${is.tokens}`;
    const found = same
      ? compare(was, is, old.manifest.tolerance)
      : { part: "tokens", old: textOf(was?.tokens), new: textOf(is?.tokens) };
    return found === null ? null : differenceOf(old.name, { ...found, case: i + 1 });
  }).filter((difference) => difference !== null);
}

function logitsRow({ logits: was }: GoldenCase, { logits: is }: GoldenCase, tolerance: number) {
  const width = (rows: GoldenCase["logits"]) => rows.map((row) => row.length).join();
  if (width(was) !== width(is)) {
    const shape = (rows: GoldenCase["logits"]) => `[${rows.length}, ${rows.at(0)?.length}]`;
    return { part: "logits", old: shape(was), new: shape(is) };
  }
  const largest = largestError(is, was);
  // The first logit beyond the tolerance; if there is none, the first of which a bit differs.
  const first =
    firstDifference(is, was, { absolute: tolerance, relative: 0 }) ??
    firstDifference(is, was, "bitwise");
  if (first === null) return null;
  return {
    part: "logits",
    position: first.position,
    token: first.token,
    old: String(first.expected),
    new: String(first.actual),
    largestError: largest,
    isWithinTolerance: largest <= tolerance,
  };
}

function completionRow(was: CompletionCase, is: CompletionCase, tolerance: number): Found | null {
  const { first, largestError: largest } = completionDifference(is, was, tolerance);
  if (first === null && largest === 0) return null;
  const at = first ?? { position: null, token: null, old: "", new: "" };
  return { part: "completion", ...at, largestError: largest, isWithinTolerance: first === null };
}

/** One row if the functions or their inputs differ, and one for each call with another result. */
function choiceDifferences(
  old: Cases<ChoiceCase>,
  next: Cases<ChoiceCase>,
): readonly GoldenDifference[] {
  const keyOf = ({ result: _, ...input }: ChoiceCase) => JSON.stringify(input);
  const after = new Map(next.cases.map((one) => [keyOf(one), one]));
  const differences = old.cases.map((was, i) => {
    const is = after.get(keyOf(was));
    const found = is === undefined ? null : choiceRow(was, is, old.manifest.tolerance);
    return found === null ? null : differenceOf(old.name, { ...found, case: i + 1 });
  });
  const named = ({ cases }: Cases<ChoiceCase>) =>
    [...new Set(cases.map((one) => one.function))].join(" ");
  const inputs = ({ cases }: Cases<ChoiceCase>) => cases.map(keyOf).join();
  const changed: Found[] = [];
  if (named(old) !== named(next)) {
    changed.push({ part: "functions", old: named(old), new: named(next) });
  } else if (inputs(old) !== inputs(next)) {
    const size = ({ cases }: Cases<ChoiceCase>) => `${cases.length} calls`;
    changed.push({ part: "inputs", old: size(old), new: `${size(next)}, other inputs` });
  }
  return [
    ...changed.map((found) => differenceOf(old.name, found)),
    ...differences.filter((difference) => difference !== null),
  ];
}

function choiceRow(was: ChoiceCase, is: ChoiceCase, tolerance: number): Found | null {
  const beyond = choiceDifference(is.result, was, tolerance).first;
  const { first, largestError: largest } = choiceDifference(is.result, was, 0);
  if (first === null) return null;
  const { index: token, ...values } = beyond ?? first;
  const sizes = { token, ...values, largestError: largest };
  return { part: was.function, ...sizes, isWithinTolerance: beyond === null };
}

/** A value as text that fits into a table. */
function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}
