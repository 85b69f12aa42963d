/** Planting a mutant into the modules that this process loads from now on. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Mutant, planted } from "./mutant.ts";

const root = join(import.meta.dirname, "../..");

/** The text of a file of the project, named from its root. */
export function sourceOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** A mutant in this process. */
export interface Planting {
  /** Whether its file has been loaded: who loads it later does so in vain. */
  readonly loaded: () => boolean;
  /** The URL of its file. */
  readonly url: string;
  /** Where in the file its own text begins and ends. */
  readonly range: readonly [start: number, end: number];
}

/**
 * From now on, the mutant's file is loaded with the mutant in it. Types are stripped afterwards, so
 * that the text of a mutant may be TypeScript too.
 *
 * @throws {RangeError} unless what the mutant looks for is in its file exactly once
 */
export function plant(mutant: Mutant): Planting {
  const source = sourceOf(mutant.file);
  const mutated = planted(mutant, source);
  const url = pathToFileURL(join(root, mutant.file)).href;
  let loaded = false;
  registerHooks({
    load: (asked, context, nextLoad) => {
      const result = nextLoad(asked, context);
      if (asked !== url) return result;
      loaded = true;
      return { ...result, source: mutated };
    },
  });
  const start = source.indexOf(mutant.find);
  return { loaded: () => loaded, url, range: [start, start + mutant.replace.length] };
}
