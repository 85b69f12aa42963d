/** Refusal of words that a definition does not have: a misspelt one would be ignored in silence. */
import { dimensions, type SizeRange } from "../arbitraries/dimensions.ts";
import type { Capability } from "../decoder.ts";
import type { Generation } from "../generation/generation.ts";
import { configFields } from "../model/config.ts";
import { sampler } from "../sampling/sampler.ts";
import type { SubjectDefinition } from "./define-subject.ts";
import type { Acceptance } from "./subject.ts";

/** Returns the keys of an object that must name every member of a type. */
const keysOf = (named: Readonly<Record<string, true>>): readonly string[] => Object.keys(named);

const fields = keysOf({
  ...{ name: true, build: true, fixed: true, only: true, capabilities: true, arithmetic: true },
  ...{ tolerance: true, bitwise: true, sampler: true, generation: true, acceptance: true },
  ...{ versions: true, knownFailures: true, sizes: true, thresholds: true },
} satisfies Record<keyof SubjectDefinition, true>);

const capabilityNames = keysOf({
  ...{ "all-rows": true, rewind: true, fork: true, weights: true, batch: true, padding: true },
  ...{ offset: true, stages: true, poison: true },
} satisfies Record<Capability, true>);

const generationNames = keysOf({
  generate: true,
  generateBatch: true,
  speculate: true,
  logProbs: true,
  complete: true,
} satisfies Record<keyof Generation, true>);

const rangeFields = keysOf({ min: true, max: true, multipleOf: true } satisfies Record<
  keyof SizeRange,
  true
>);

const acceptances = keysOf({ ratio: true, "own sample": true } satisfies Record<Acceptance, true>);

/** Names of the functions of a sampler, and of its conventions. */
export const samplerNames: readonly string[] = Object.keys(sampler);

/** @throws {TypeError} naming the first unknown word of a definition, and the nearest known */
export function checkSubjectWords(definition: SubjectDefinition): void {
  const { name, capabilities = [], fixed = {}, acceptance = "ratio" } = definition;
  const { only = {}, sampler: functions = {}, generation = {} } = definition;
  const who = `subject ${name}`;
  checkWords(`${who}: its fields`, Object.keys(definition), fields);
  checkWords(`${who}: its capabilities`, capabilities, capabilityNames);
  checkWords(`${who}: the fields of fixed`, Object.keys(fixed), ["engine", "config", "model"]);
  checkWords(`${who}: the fields of only`, Object.keys(only), configFields);
  checkWords(`${who}: the functions of its sampler`, Object.keys(functions), samplerNames);
  checkWords(`${who}: the functions of its generation`, Object.keys(generation), generationNames);
  checkWords(`${who}: its sizes`, Object.keys(definition.sizes ?? {}), dimensions);
  checkWords(`${who}: its thresholds`, Object.keys(definition.thresholds ?? {}), dimensions);
  for (const [dimension, range] of Object.entries(definition.sizes ?? {})) {
    checkWords(`${who}: its sizes of ${dimension}`, Object.keys(range), rangeFields);
  }
  checkWords(`${who}: its acceptance`, [acceptance], acceptances);
}

/** @throws {TypeError} naming the first word that is unknown, and the known one nearest to it */
export function checkWords(who: string, words: Iterable<string>, known: readonly string[]): void {
  for (const word of words) {
    if (known.includes(word)) continue;
    const distances = known.map((other) => editDistance(String(word), other));
    const nearest = known[distances.indexOf(Math.min(...distances))];
    const fix = `the nearest one is ${nearest}`;
    throw new TypeError(`${who} must be any of ${known.join(", ")}, got ${word}; ${fix}`);
  }
}

/** Returns the least number of insertions, deletions and replacements, whatever the case. */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j] + (letter === to[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[to.length];
}
