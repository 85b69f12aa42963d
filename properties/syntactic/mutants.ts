/** Mutants of the syntax: one expression or block of a source file is replaced. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** Folders of `src/` that are mutated. */
export const folders = ["sampling", "math", "reference", "generation", "cost", "verify"] as const;

export type Folder = (typeof folders)[number];

/** A place in a text; both numbers count from 0. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The part of StrykerJS that is used: it makes the mutants, and text that records their use. */
interface Instrumenter {
  instrument(
    files: readonly { readonly name: string; readonly mutate: true; readonly content: string }[],
    options: {
      readonly plugins: null;
      readonly ignorers: readonly [];
      readonly excludedMutations: readonly [];
    },
  ): Promise<{
    readonly files: readonly { readonly name: string; readonly content: string }[];
    readonly mutants: readonly {
      readonly id: string;
      readonly fileName: string;
      readonly mutatorName: string;
      readonly replacement: string;
      readonly location: { readonly start: Position; readonly end: Position };
    }[];
  }>;
}

/** A replacement of a range of a file's text. */
export interface Patch {
  /** Path from the project's root. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A mutant of the syntax. */
export interface SyntacticMutant extends Patch {
  /** Unique and stable as long as the file does not change. */
  readonly id: string;
  /** Its number in the text that records. */
  readonly index: number;
  readonly folder: Folder;
  /** Line and column of its start; both count from 1. */
  readonly line: number;
  readonly column: number;
  /** Kind of the replacement, in the words of StrykerJS. */
  readonly mutator: string;
  readonly original: string;
}

/** All mutants, and for each file the text that records which of them are reached. */
export interface Mutation {
  readonly mutants: readonly SyntacticMutant[];
  readonly recording: Readonly<Record<string, string>>;
  /** Above every {@link SyntacticMutant.index}. */
  readonly indices: number;
}

/** Returns every mutant of the folders, in the order of the files. */
export async function allMutants(): Promise<Mutation> {
  const paths = folders.flatMap((folder) => globSync(`src/${folder}/**/*.ts`, { cwd: root }));
  const sources = new Map(
    paths.sort().map((file) => [file, readFileSync(join(root, file), "utf8")]),
  );
  const files = [...sources].map(([name, content]) => ({ name, mutate: true as const, content }));
  const instrumenter = await loadInstrumenter();
  const options = { plugins: null, ignorers: [], excludedMutations: [] } as const;
  const made = await instrumenter.instrument(files, options);
  return {
    indices: 1 + Math.max(...made.mutants.map(({ id }) => Number(id))),
    mutants: made.mutants.map((mutant) => {
      const { fileName: file, mutatorName: mutator, replacement, location } = mutant;
      const source = sources.get(file) ?? "";
      const [start, end] = [location.start, location.end].map((at) => offsetOf(source, at));
      const folder = folders.find((name) => file.startsWith(`src/${name}/`))!;
      const { line, column } = location.start;
      const key = [file, start, end, mutator, replacement].join("\n");
      const id = createHash("sha256").update(key).digest("hex").slice(0, 16);
      const original = source.slice(start, end);
      const place = { folder, file, start, end, line: line + 1, column: column + 1 };
      return { id, index: Number(mutant.id), ...place, mutator, original, replacement };
    }),
    recording: Object.fromEntries(
      made.files.map(({ name, content }) => [name, recordingText(content)]),
    ),
  };
}

/** @throws {Error} naming the command that installs it, if the package is not installed */
async function loadInstrumenter(): Promise<Instrumenter> {
  // By a name in a variable: its types would need those of Babel.
  const name = "@stryker-mutator/instrumenter";
  try {
    const { Instrumenter: Made } = await import(name);
    return new Made(silent);
  } catch (error) {
    throw new Error(`syntactic: ${name} must be installed, got none; run npm ci`, { cause: error });
  }
}

const silent = {
  ...{ debug: () => {}, info: () => {}, warn: () => {}, isDebugEnabled: () => false },
};

/** Returns the index of a line and column in a text. */
function offsetOf(source: string, { line, column }: Position): number {
  let start = 0;
  for (let i = 0; i < line; i++) start = source.indexOf("\n", start) + 1;
  return start + column;
}

/** The array in which {@link recordingText} sets the elements of reached mutants. */
export const reachedName = "causalgateReached";

/** Returns StrykerJS's text with its calls replaced: they take most of the time in inner loops. */
function recordingText(instrumented: string): string {
  return instrumented
    .replaceAll(/stryMutAct_9fa48\("\d+"\)/g, "false")
    .replaceAll(/stryCov_9fa48\(("\d+"(?:, "\d+")*)\)/g, (_, ids: string) => {
      const places = [...ids.matchAll(/\d+/g)].map(([id]) => `globalThis.${reachedName}[${id}]`);
      return `(${places.join(" = ")} = 1)`;
    });
}

/** Returns the source with the replacement in it. */
export function patched({ start, end, replacement }: Patch, source: string): string {
  // A replacement of an expression can bind less tightly than what it replaces.
  const isWhole = /^([{;"'`]|case\b|default\b|for\b)/.test(replacement);
  const text = isWhole ? replacement : `(${replacement})`;
  return source.slice(0, start) + text + source.slice(end);
}
