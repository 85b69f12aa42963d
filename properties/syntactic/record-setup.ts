/** Set-up of every test file in a recording run: writes the mutants that each test reaches. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach } from "vitest";
import { type Change, changeVariable, testVariable } from "./change.ts";
import { reachedName } from "./mutants.ts";

const change: Change = JSON.parse(readFileSync(process.env[changeVariable] ?? "", "utf8"));
if (change.kind !== "record") throw new RangeError(`change: must be record, got ${change.kind}`);
const { count, folder } = change;
const reached = new Uint8Array(count);
Object.assign(globalThis, { [reachedName]: reached });

/** Mutants that are reached outside of tests: while the file is loaded, and in hooks of groups. */
const outside = new Set<number>();
const byTest = new Map<string, { readonly number: number; readonly indices: Set<number> }>();

function take(into: Set<number>): void {
  for (const index of reached.keys()) if (reached[index] > 0) into.add(index);
  reached.fill(0);
}

function entryOf(name: string) {
  const known = byTest.get(name);
  if (known !== undefined) return known;
  const made = { number: byTest.size, indices: new Set<number>() };
  byTest.set(name, made);
  return made;
}

let running = 0;
let isConcurrent = false;

beforeEach(({ task }) => {
  isConcurrent ||= running > 0;
  running++;
  take(outside);
  process.env[testVariable] = String(entryOf(task.fullTestName).number);
});

afterEach(({ task }) => {
  running--;
  take(entryOf(task.fullTestName).indices);
});

afterAll(() => {
  take(outside);
  const tests = Array.from(byTest, ([name, { number, indices }]) => {
    return { name, number, indices: [...indices] };
  });
  const text = JSON.stringify({ isConcurrent, outside: [...outside], tests });
  writeFileSync(join(folder, "tests.json"), text);
});
