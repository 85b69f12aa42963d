/** Options that select what is tested: a subject by name, an engine from a file, or a server. */
import { existsSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { Option } from "commander";
import { type ServerApi, serverApis } from "../engines/http.ts";
import { loadModel } from "../formats/load.ts";
import { subjectByName, subjectNames } from "../subjects/registry.ts";
import { serverSubject } from "../subjects/server.ts";
import type { Subject } from "../subjects/subject.ts";
import { loadSubjectFile } from "../subjects/subject-file.ts";
import { type ServerArithmetic, serverArithmetics } from "../tolerance/arithmetics.ts";
import { integer } from "./options.ts";

export interface SubjectOptions {
  readonly subject: string;
  readonly engine?: string;
  readonly http?: string;
  readonly api: ServerApi;
  readonly model?: string;
  readonly vocabSize?: number;
  readonly arithmetic: ServerArithmetic;
}

export function subjectOptions(): Option[] {
  return [
    new Option("--subject <NAME>", "the subject to test")
      .choices(subjectNames)
      .default("reference"),
    new Option("--engine <FILE>", "your file, whose default export is a subject"),
    new Option("--http <URL>", "a server of completions, as in http://127.0.0.1:8080"),
    new Option("--api <API>", "protocol of the server").choices(serverApis).default(serverApis[0]),
    new Option("--model <PATH>", "model that the server serves, to compare with the definition"),
    new Option("--vocab-size <V>", "of the server's model, if it does not report it").argParser(
      integer(1),
    ),
    new Option("--arithmetic <KIND>", "arithmetic that the server computes in")
      .choices(serverArithmetics)
      .default("float16"),
  ];
}

/** A subject, and the options that select it, for the line that replays a failure. */
export interface Chosen {
  readonly subject: Subject;
  readonly origin: string;
}

/**
 * Returns the subject of these options, prepared.
 *
 * @param placeOf returns a path of the options as it is written into the origin; by default the
 *   absolute one, so that a replay line works in any folder
 */
export async function chosenSubject(
  options: SubjectOptions,
  placeOf: (path: string) => string = resolve,
): Promise<Chosen> {
  const { engine, http } = options;
  const chosen =
    http !== undefined
      ? await serverOf(http, options, placeOf)
      : engine !== undefined
        ? { subject: await loadSubjectFile(engine), origin: `--engine ${quoted(placeOf(engine))}` }
        : { subject: await subjectByName(options.subject), origin: `--subject ${options.subject}` };
  await chosen.subject.prepare?.();
  return chosen;
}

async function serverOf(
  url: string,
  options: SubjectOptions,
  placeOf: (path: string) => string,
): Promise<Chosen> {
  const { api, model: path, vocabSize, arithmetic } = options;
  const model = path === undefined ? {} : { model: await loadModel(path) };
  const size = vocabSize === undefined ? {} : { vocabSize };
  const subject = await serverSubject({ url, api, arithmetic, ...model, ...size });
  const words = [
    ["--http", url],
    ["--api", api],
    ["--arithmetic", arithmetic],
    ["--model", path === undefined || !existsSync(path) ? path : placeOf(path)],
    ["--vocab-size", vocabSize],
  ].filter(([, value]) => value !== undefined);
  return {
    subject,
    origin: words
      .flat()
      .map((word) => quoted(String(word)))
      .join(" "),
  };
}

/**
 * Returns a path relative to the current folder, for files that may be published: they must not
 * hold the paths of a machine.
 */
export function portable(path: string): string {
  return relative("", path).split(sep).join("/") || ".";
}

/** Returns a word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
