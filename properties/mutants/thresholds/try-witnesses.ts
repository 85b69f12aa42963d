/**
 * Process that runs the witness of every threshold mutant, planted and unplanted, and writes one
 * line of JSON for each: a {@link WitnessResult}. Every mutant has modules that no other mutant
 * shares: their URLs have the id of the mutant as a query.
 */
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { planted } from "../mutant.ts";
import { sourceOf } from "../planting.ts";
import { thresholdMutants } from "../thresholds.ts";

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
const stripped = new Map<string, string>();

/** Returns the JavaScript of a file, with the mutant in it if it is the mutant's file. */
function scriptOf(url: URL): string {
  const mutant = thresholdMutants.find(({ id }) => id === url.searchParams.get("mutant"));
  if (mutant !== undefined && url.href.startsWith(`${root}/${mutant.file}?`)) {
    return stripTypeScriptTypes(planted(mutant, sourceOf(mutant.file)));
  }
  const path = fileURLToPath(url);
  const script = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(path, "utf8"));
  stripped.set(path, script);
  return script;
}

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const resolved = nextResolve(specifier, context);
    const mutant = new URL(context.parentURL ?? root).searchParams.get("mutant");
    const own = resolved.url.startsWith(root) && resolved.url.endsWith(".ts");
    return mutant === null || !own
      ? resolved
      : { ...resolved, url: `${resolved.url}?mutant=${mutant}` };
  },
  load: (url, context, nextLoad) => {
    if (!url.includes("?mutant=")) return nextLoad(url, context);
    return { format: "module", source: scriptOf(new URL(url)), shortCircuit: true };
  },
});

type Witnesses = typeof import("./witnesses/index.ts").witnesses;

async function witnessesWith(id: string): Promise<Witnesses> {
  return (await import(`./witnesses/index.ts?mutant=${id}`)).witnesses;
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
const unplanted = await witnessesWith("none");
const expected = new Map<string, Promise<string>>();
for (const { id, threshold, witness } of thresholdMutants) {
  if (only !== undefined && !id.startsWith(only)) continue;
  const witnesses = await witnessesWith(id);
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
