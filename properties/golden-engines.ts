/** Engines to record as golden fixtures, and the recording of them. */
import { statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { forward } from "../src/definition.ts";
import { complete } from "../src/generation/complete.ts";
import { checkSubject, type SubjectVerdict } from "../src/golden/check-subject.ts";
import { goldenEngine } from "../src/golden/engine.ts";
import { readFixtures } from "../src/golden/read.ts";
import { compareDrafts, writeDrafts } from "../src/golden/record.ts";
import { draftSubject, type SubjectRecording } from "../src/golden/record-subject.ts";
import { outcomesText } from "../src/golden/text.ts";
import { modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject, type SubjectDefinition } from "../src/subjects/define-subject.ts";
import type { Completer, CompletionsSubject, Subject } from "../src/subjects/subject.ts";
import { toleranceOf } from "../src/tolerance/subject-tolerance.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
let count = 0;
export const freshFolder = () => join(scratch, `fixtures-${count++}`);

/** An engine that offers only `append`, with an error added to every logit of a late token. */
export const engineOf = (error = 0, more: Partial<SubjectDefinition> = {}) =>
  defineSubject({
    name: "my engine",
    arithmetic: "float64",
    only: { norm: "rmsnorm" },
    build: (model) => ({ start: () => startNaive(model, error) }),
    ...more,
  });

export function startNaive({ config, weights }: Model, error: number) {
  let held: readonly number[] = [];
  return {
    get length() {
      return held.length;
    },
    append(tokens: readonly number[]) {
      held = [...held, ...tokens];
      const row = Float64Array.from(forward(config, weights, held).at(-1)!);
      if (held.length > 5) row[7] += error;
      return row;
    },
  };
}

export const config = modelConfig({
  vocabSize: 11,
  hiddenSize: 8,
  intermediateSize: 10,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  maxPositionEmbeddings: 12,
});
export const modelOf = (seed: number): Model => {
  return { name: "small", config, weights: randomWeights(config, seed, 2) };
};

/** An engine that holds one model, known or unknown. */
export const fixedEngine = (model: Model, isKnown: boolean) =>
  defineSubject({
    name: "fixed",
    arithmetic: "float64",
    fixed: {
      engine: { start: () => startNaive(model, 0) },
      config: model.config,
      ...(isKnown ? { model } : {}),
    },
  });

/** A server without logits, of this model. */
export const serverOf = (model: Model, drift = 0): CompletionsSubject => {
  const decoder = referenceDecoder(model.config, model.weights);
  const completeIt: Completer["complete"] = async (prompt, options) => {
    const completed = await complete(decoder, prompt, options);
    const drifted = (list: (typeof completed.top)[number]) =>
      list.map(({ token, logProb }) => ({ token, logProb: logProb - drift }));
    return { ...completed, top: completed.top.map(drifted) };
  };
  const accurate = { absolute: 1e-6, relative: 0 };
  const { vocabSize, maxPositionEmbeddings } = model.config;
  const completer = { vocabSize, maxPositionEmbeddings, model: null, complete: completeIt };
  return {
    kind: "completions",
    name: "server",
    candidates: fc.constant(completer),
    knowsModel: false,
    ...toleranceOf("float64", { tolerance: accurate }),
    knownFailures: {},
  };
};

export async function record(
  subject: Subject,
  folder: string,
  { update = false, ...chosen }: Partial<SubjectRecording> & { update?: boolean } = {},
) {
  const recording = { seed: 42, command: "record it", folder, update, ...chosen };
  const { drafts, notOffered } = await draftSubject(goldenEngine(subject), recording);
  const outcomes = await compareDrafts(drafts, folder, update);
  await writeDrafts(outcomes, folder, update);
  const statuses = outcomes.map(({ status }) => status);
  const differences = outcomes.flatMap((outcome) => outcome.differences);
  return { statuses, differences, notOffered, text: outcomesText(outcomes, folder, update) };
}

export async function check(subject: Subject, folder: string): Promise<SubjectVerdict[]> {
  const engine = goldenEngine(subject);
  const fixtures = await readFixtures(folder);
  return Promise.all(fixtures.map((fixture) => checkSubject(engine, fixture)));
}

export const isKept = ({ verdict }: SubjectVerdict) =>
  verdict !== null && verdict.difference === null;

/** Content and time of every file in a folder. */
export async function contentOf(folder: string) {
  const names = await readdir(folder, { recursive: true });
  const files = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  const entries = files.sort().map(async (path) => {
    return [path, statSync(path).mtimeMs, await readFile(path, "utf8")] as const;
  });
  return Promise.all(entries);
}
