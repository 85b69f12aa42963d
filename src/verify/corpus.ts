/**
 * Cases that broke a law once, kept so that the next run tries them first. A case is its law, seed
 * and path; the generators make it again. When the generators themselves change, an old line is
 * simply another case.
 */
import { readFile } from "node:fs/promises";
import { writeWhole } from "../io/files.ts";
import { lawId } from "../laws/former-codes.ts";

/** The lines `ID/SEED/PATH` of every subject, by its name. */
export type Corpus = Readonly<Record<string, readonly string[]>>;

/** Newer cases push out older ones beyond this many for each subject. */
const most = 50;

/** The corpus of a file; empty where there is none. */
export async function readCorpus(path: string): Promise<Corpus> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  try {
    const corpus: unknown = JSON.parse(text);
    if (isCorpus(corpus)) return withCurrentIds(corpus);
  } catch {}
  throw new Error(`${path}: must be a JSON object of lists of ID/SEED/PATH; delete it or mend it`);
}

function isCorpus(value: unknown): value is Corpus {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (lines) => Array.isArray(lines) && lines.every((line) => typeof line === "string"),
  );
}

/** Replaces former codes of laws by their ids. */
function withCurrentIds(corpus: Corpus): Corpus {
  const current = (line: string) => line.replace(/^[^/]+/, lawId);
  const entries = Object.entries(corpus);
  return Object.fromEntries(entries.map(([subject, lines]) => [subject, lines.map(current)]));
}

/** Writes the corpus with these lines first, each once. */
export async function keepCases(
  path: string,
  corpus: Corpus,
  subject: string,
  lines: readonly string[],
): Promise<void> {
  const kept = [...new Set([...lines, ...(corpus[subject] ?? [])])].slice(0, most);
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
  const match = /^([A-Za-z0-9-]+)\/(-?\d+)\/(\d+(?::\d+)*)$/.exec(line);
  if (match === null) {
    throw new RangeError(`replay: must be ID/SEED/PATH, as a failure printed it, got "${line}"`);
  }
  const [, name, seed, path] = match;
  return { id: lawId(name), seed: Number(seed), path };
}
