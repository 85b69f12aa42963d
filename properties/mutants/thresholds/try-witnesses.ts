/**
 * Process that runs the witness of every threshold mutant, planted and unplanted, and writes one
 * line of JSON for each: a {@link WitnessResult}. The modules that a mutant changes, directly or by
 * an import, are loaded once for each mutant: their URLs have its id as a query.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { planted } from "../mutant.ts";
import { sourceOf } from "../planting.ts";
import { thresholdMutants } from "../thresholds.ts";
import type { ThresholdMutant } from "./mechanism.ts";

/** The sizes at which the planted code differs from the unplanted code. */
export interface WitnessResult {
  readonly id: string;
  /** Sizes up to the threshold; none is right. */
  readonly differsUpTo: readonly number[];
  /** True if the results differ at the next size. */
  readonly differsAbove: boolean;
  /** The error of the planted code at the next size; null if it returned a result. */
  readonly error: string | null;
}

const root = pathToFileURL(join(import.meta.dirname, "../../..")).href;
const start = "./witnesses/index.ts";

/** The modules that import a module, as the first load of the witnesses finds them. */
const importers = new Map<string, Set<string>>();

/** Returns the URLs of a module and of all modules that import it, directly or not. */
function reaching(url: string): ReadonlySet<string> {
  const found = new Set([url]);
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
  return found;
}

/** The mutant to be loaded, and the modules that its file changes; null for the unplanted code. */
let planting: { readonly mutant: ThresholdMutant; readonly changed: ReadonlySet<string> } | null =
  null;

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const resolved = nextResolve(specifier, context);
    if (planting === null) {
      const known = importers.get(resolved.url) ?? new Set();
      importers.set(resolved.url, known.add(context.parentURL ?? ""));
      return resolved;
    }
    if (!planting.changed.has(resolved.url)) return resolved;
    return { ...resolved, url: `${resolved.url}?mutant=${planting.mutant.id}` };
  },
  load: (url, context, nextLoad) => {
    const [file, query] = url.split("?mutant=");
    if (query === undefined || planting === null) return nextLoad(url, context);
    return { format: "module", source: scriptOf(file, planting.mutant), shortCircuit: true };
  },
});

/** Sources without types, by URL. */
const stripped = new Map<string, string>();

/** Returns the JavaScript of a module, with the mutant in it if it is the mutant's file. */
function scriptOf(url: string, mutant: ThresholdMutant): string {
  if (url === `${root}/${mutant.file}`) {
    return stripTypeScriptTypes(planted(mutant, sourceOf(mutant.file)));
  }
  const script = stripped.get(url) ?? stripTypeScriptTypes(readFileSync(new URL(url), "utf8"));
  stripped.set(url, script);
  return script;
}

type Witnesses = typeof import("./witnesses/index.ts").witnesses;

async function witnessesWith(mutant: ThresholdMutant): Promise<Witnesses> {
  planting = { mutant, changed: reaching(`${root}/${mutant.file}`) };
  return (await import(start)).witnesses;
}

/** Returns the result as text that distinguishes all numbers, or the error. */
async function resultOf(witnesses: Witnesses, name: string, size: number): Promise<string> {
  try {
    return JSON.stringify(await witnesses[name](size), (_, value) => {
      if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
      return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
    });
  } catch (error) {
    return String(error);
  }
}

const [only] = process.argv.slice(2);
const { witnesses: unplanted }: { witnesses: Witnesses } = await import(start);
const expected = new Map<string, Promise<string>>();
for (const mutant of thresholdMutants) {
  const { id, threshold, witness } = mutant;
  if (only !== undefined && !id.startsWith(only)) continue;
  const witnesses = await witnessesWith(mutant);
  const run = async (size: number) => {
    const key = `${witness} ${size}`;
    if (!expected.has(key)) expected.set(key, resultOf(unplanted, witness, size));
    const result = await resultOf(witnesses, witness, size);
    return { size, result, differs: result !== (await expected.get(key)) };
  };
  const sizes = [...new Set([Math.ceil(threshold / 2), threshold - 1, threshold])];
  const upTo = await Promise.all(sizes.map(run));
  const above = await run(threshold + 1);
  const result: WitnessResult = {
    id,
    differsUpTo: upTo.filter(({ differs }) => differs).map(({ size }) => size),
    differsAbove: above.differs,
    error: /^\w*Error/.test(above.result) ? above.result : null,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
