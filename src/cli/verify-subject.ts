/** Laws on the subject that the options of `causalgate verify` select, in a child process. */
import { join } from "node:path";
import { moduleExtension } from "../io/package-files.ts";
import { lawById } from "../laws/index.ts";
import type { Law } from "../laws/law.ts";
import { ownSubjects } from "../subjects/registry.ts";
import type { ChildProgram } from "../verify/child-process.ts";
import { casesOf, type Replay } from "../verify/corpus.ts";
import type { Engine } from "../verify/engines-table.ts";
import { type IsolatedOptions, replayIsolated } from "../verify/isolated.ts";
import { type LawVerdict, replayCase } from "../verify/run-law.ts";
import { runLaws, runLawsIsolated } from "../verify/run-laws.ts";
import type { Report } from "../verify/verify.ts";
import { chosenSubject, type SubjectOptions } from "./subject-options.ts";

interface Options extends SubjectOptions {
  readonly caseTimeout: number;
  readonly memory: number;
}

interface Run {
  readonly report: Report;
  /** Name of the subject. */
  readonly name: string;
  /** Its row in engines.csv; null for this project's own decoder. */
  readonly engine: Engine | null;
}

/**
 * Runs laws on the chosen subject: in a child process, except for this project's own decoder.
 *
 * @param onSubject called with the name of the subject when it is loaded
 * @param print prints a failure
 */
export async function runOf(
  options: Options,
  laws: readonly Law[],
  settings: IsolatedOptions,
  onSubject: (name: string) => void,
  print: (text: string) => void,
): Promise<Run> {
  if (isOwn(options)) {
    const { subject, origin } = await chosenSubject(options);
    const { name } = subject;
    onSubject(name);
    const { corpus, ...run } = settings;
    const stored = casesOf(corpus, name);
    return {
      report: await runLaws(subject, laws, { ...run, stored, origin }, print),
      name,
      engine: null,
    };
  }
  let loaded = { name: "", engine: null as Engine | null };
  const program = programOf(options);
  const report = await runLawsIsolated(
    ...([program, laws, settings] as const),
    ({ name, engine }) => {
      loaded = { name, engine };
      onSubject(name);
    },
    print,
  );
  return { report, ...loaded };
}

/** Runs one case on the chosen subject, as {@link runOf}. */
export async function replayOf(
  options: Options,
  replay: Replay,
): Promise<{ readonly verdict: LawVerdict | null; readonly name: string }> {
  if (isOwn(options)) {
    const { subject, origin } = await chosenSubject(options);
    const run = { ...replay, origin, caseTimeoutMs: options.caseTimeout };
    return { verdict: await replayCase(lawById(replay.id), subject, run), name: subject.name };
  }
  let name = "";
  const verdict = await replayIsolated(programOf(options), replay, (subject) => {
    name = subject.name;
  });
  return { verdict, name };
}

function isOwn({ engine, http, subject }: SubjectOptions): boolean {
  return engine === undefined && http === undefined && ownSubjects.includes(subject);
}

function programOf(options: Options): ChildProgram {
  const { subject, engine, http, api, model, vocabSize, arithmetic } = options;
  return {
    entry: join(import.meta.dirname, `verify-child${moduleExtension}`),
    subject: { subject, engine, http, api, model, vocabSize, arithmetic },
    caseTimeoutMs: options.caseTimeout,
    memoryBytes: options.memory,
  };
}
