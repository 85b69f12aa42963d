/**
 * Cases that broke a law once, stored so that the next run tries them first. A case is its law,
 * seed and path, from which the generators make it again. After a change of the generators an old
 * line is another case, or none.
 */
import { readFile } from "node:fs/promises";
import { dimensions } from "../arbitraries/dimensions.ts";
import { writeWhole } from "../io/files.ts";
import { lawId } from "../laws/former-codes.ts";

/** The lines `ID/SEED/PATH` of every subject, by its name. */
export type Corpus = Readonly<Record<string, readonly string[]>>;

/** Newer cases push out older ones beyond this many for each subject. */
const most = 50;

/**
 * Returns the corpus of a file; empty if there is none.
 *
 * @param note called with a message for every line that is not a case: it is left out
 * @throws {Error} naming the file, if it is no corpus
 */
export async function readCorpus(path: string, note: (message: string) => void): Promise<Corpus> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  const corpus = parsed(text);
  if (!isCorpus(corpus)) {
    throw new Error(
      `${path}: must be a JSON object of lists of ID/SEED/PATH; delete or correct it`,
    );
  }
  const entries = Object.entries(corpus).map(([subject, lines]) => [
    subject,
    lines.flatMap((line) => caseLine(line, (reason) => note(`${path}: skipped: ${reason}`))),
  ]);
  return Object.fromEntries(entries);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns a line with the current id of its law; nothing if it is not a case. */
function caseLine(line: string, skip: (reason: string) => void): string[] {
  try {
    return [lineOf(parseReplay(line))];
  } catch (error) {
    skip(error instanceof Error ? error.message : String(error));
    return [];
  }
}

/** Returns the stored cases of a subject. */
export function casesOf(corpus: Corpus, subject: string): Replay[] {
  return linesOf(corpus, subject).map(parseReplay);
}

function linesOf(corpus: Corpus, subject: string): readonly string[] {
  return Object.hasOwn(corpus, subject) ? corpus[subject] : [];
}

function isCorpus(value: unknown): value is Corpus {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (lines) => Array.isArray(lines) && lines.every((line) => typeof line === "string"),
  );
}

/** Writes the corpus with these lines first, each once. */
export async function keepCases(
  path: string,
  corpus: Corpus,
  subject: string,
  lines: readonly string[],
): Promise<void> {
  const kept = [...new Set([...lines, ...linesOf(corpus, subject)])].slice(0, most);
  await writeWhole(path, `${JSON.stringify({ ...corpus, [subject]: kept }, null, 2)}\n`);
}

/** One case: its law, the seed of the run, and fast-check's path to the case. */
export interface Replay {
  readonly id: string;
  readonly seed: number;
  readonly path: string;
}

/**
 * Reads `ID/SEED/PATH`, as a failure printed it. The former code of a law is accepted for its id.
 *
 * @throws {RangeError} on any other text
 */
export function parseReplay(line: string): Replay {
  const match = /^([A-Za-z0-9-]+)\/(-?\d+)\/((?:[a-z-]+:)?\d{1,7}(?::\d{1,7})*)$/.exec(line);
  const seed = Number(match?.[2]);
  const dimension = match?.[3].match(/^[a-z-]+/)?.[0];
  const isKnown = dimension === undefined || dimensions.some((name) => name === dimension);
  if (match === null || !isKnown || seed < -0x80000000 || seed > 0xffffffff) {
    throw new RangeError(`replay: must be ID/SEED/PATH, as a failure printed it, got "${line}"`);
  }
  return { id: lawId(match[1]), seed, path: match[3] };
}

/** Returns the text that {@link parseReplay} reads. */
export function lineOf({ id, seed, path }: Replay): string {
  return `${id}/${seed}/${path}`;
}
