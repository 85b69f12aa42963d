/** A training in a folder: settings, curve and checkpoints while it runs, then the model. */
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { writtenTypes } from "../formats/floats.ts";
import { writeHuggingFace } from "../formats/hugging-face.ts";
import { writePeft } from "../formats/peft.ts";
import { readTable, writeTable } from "../io/csv.ts";
import { sha256, writeWhole } from "../io/files.ts";
import { isObject, type JsonObject, readJsonObject } from "../io/json.ts";
import { jsonText } from "../io/json-text.ts";
import { startProgress } from "../io/progress.ts";
import { aligned } from "../io/rows-text.ts";
import { grouped } from "../io/text-table.ts";
import type { Model } from "../model/model.ts";
import type { LoraConfig } from "../model/weights.ts";
import { wordLevelJson } from "../tokenizers/word-level.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type CurveRow, curveTable } from "./curve-table.ts";
import type { TrainingTask } from "./data/task.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { stepRandom } from "./streams.ts";
import {
  type StepReport,
  startTraining,
  type Training,
  type TrainingOptions,
  train,
} from "./train.ts";

/** The settings of a training: the same settings give the same bytes. */
export interface RunSettings extends TrainingOptions {
  readonly task: string;
  /** The named model to train from random weights; null if `from` has initial weights. */
  readonly model: string | null;
  readonly from: string | null;
  readonly lora: LoraConfig | null;
  /** Steps between checkpoints, and between rows of the curve. */
  readonly every: number;
  /** Format to which the final weights are rounded. */
  readonly dtype: "float32" | "float16";
}

export interface TrainingRun {
  /** At step 0. */
  readonly model: Model;
  readonly task: TrainingTask;
  readonly settings: RunSettings;
  readonly folder: string;
  readonly resume: boolean;
}

const RECORD = "training.json";
const CHECKPOINT = "checkpoint.safetensors";

/** Largest number of tokens in the final evaluation. */
const measuredTokens = 2 ** 17;

/** The result of a training: its steps, and the evaluation of the final model. */
export interface TrainingResult extends Evaluation {
  /** Number of steps of this process, and since the start of the training. */
  readonly steps: number;
  readonly totalSteps: number;
  readonly seconds: number;
  /** Entropy of the task in nats for each token; null if it is unknown. */
  readonly entropy: number | null;
}

/**
 * Trains with a progress bar, and writes the model, the curve, and `training.json` with the
 * settings and the loss. These files contain no dates or times.
 *
 * @throws {RangeError} if the folder is in use, or contains nothing to resume
 */
export async function runTraining(run: TrainingRun): Promise<TrainingResult> {
  const { model, folder } = run;
  await openFolder(run);
  const training = startTraining(model.config, model.weights);
  const curve = await goOn(training, folder);
  const start = performance.now();
  const begun = training.step;
  await trainAll(run, training, curve);
  const seconds = (performance.now() - start) / 1000;
  const result = await finish(run, training);
  const steps = { steps: training.step - begun, totalSteps: training.step };
  return { ...steps, seconds, ...result, entropy: run.task.entropy };
}

/** Creates the folder, or checks that it holds the same training, unfinished. */
async function openFolder({ settings, folder, resume }: TrainingRun): Promise<void> {
  const path = join(folder, RECORD);
  if (!resume) {
    const files = existsSync(folder) ? await readdir(folder) : [];
    if (files.length > 0) {
      const must = "must be new or empty, or resumed with --resume";
      throw new RangeError(`train: ${folder}: ${must}, got ${files.length} files`);
    }
    return writeRecord(folder, settings, null);
  }
  if (!existsSync(path)) {
    throw new RangeError(`train --resume: ${folder}: must hold an unfinished training, got none`);
  }
  const { settings: begun, result } = await readJsonObject(path);
  for (const [name, value] of Object.entries(settings)) {
    const before = JSON.stringify(isObject(begun) ? begun[name] : null);
    const now = JSON.stringify(value);
    if (now === before) continue;
    const must = `${name} must be ${before}, as at the start of the training`;
    throw new RangeError(`train --resume: ${must}, got ${now}`);
  }
  if (result !== null) {
    throw new RangeError(`train --resume: ${folder}: must be unfinished, got a finished training`);
  }
}

/** Reads the last checkpoint, if there is one, and the curve up to it. */
async function goOn(training: Training, folder: string): Promise<CurveRow[]> {
  const path = join(folder, CHECKPOINT);
  if (!existsSync(path)) return [];
  await readCheckpoint(path, training);
  const rows = await readTable(join(folder, curveTable.file), curveTable);
  return rows.filter(({ step }) => step <= training.step);
}

async function trainAll(run: TrainingRun, training: Training, curve: CurveRow[]): Promise<void> {
  const { task, settings, folder } = run;
  const { steps, every, seed, batchSize } = settings;
  const held = heldOut(task, seed, 0, 4 * batchSize);
  const progress = startProgress("the first step", steps);
  progress.step(training.step);
  try {
    let reports: StepReport[] = [];
    const clock = startClock();
    for (const report of train(training, task, settings)) {
      reports.push(report);
      progress.label(`step ${report.step}: loss ${report.loss.toFixed(4)}, ${clock(report)}`);
      progress.step();
      await setImmediate(); // Signals are handled only between tasks.
      if (report.step % every !== 0 && report.step !== steps) continue;
      const { loss } = await evaluate(training, held);
      curve.push(curveRow(reports, curve.at(-1)?.tokens ?? 0, loss));
      reports = [];
      // In this order: a resumed run cuts a curve that is too long, but cannot extend a short one.
      await writeTable(folder, curveTable, curve);
      await writeCheckpoint(join(folder, CHECKPOINT), training);
    }
  } finally {
    progress.stop();
  }
}

/** Returns a function for the tokens per second since the start. */
function startClock(): (report: StepReport) => string {
  const start = performance.now();
  let tokens = 0;
  return ({ counted }) => {
    tokens += counted;
    return `${grouped(Math.round((1000 * tokens) / (performance.now() - start)))} tokens/s`;
  };
}

function heldOut(task: TrainingTask, seed: number, stream: number, rows: number) {
  const random = stepRandom(seed, "evaluation", stream);
  return Array.from({ length: rows }, () => task.heldOut(random));
}

function curveRow(reports: readonly StepReport[], before: number, held: number): CurveRow {
  const total = (of: (report: StepReport) => number) =>
    reports.reduce((sum, report) => sum + of(report), 0);
  const counted = total((report) => report.counted);
  const { step, learningRate } = reports.at(-1)!;
  return {
    step,
    tokens: before + counted,
    loss: total((report) => report.loss * report.counted) / counted,
    held_out_loss: held,
    learning_rate: learningRate,
    gradient_norm: Math.max(...reports.map((report) => report.gradientNorm)),
  };
}

/** Rounds and evaluates the model, and writes it in place of the checkpoint. */
async function finish(run: TrainingRun, training: Training): Promise<Evaluation> {
  const { model, task, settings, folder } = run;
  const { seed, steps, batchSize, from, dtype, lora } = settings;
  const type = dtype === "float16" ? "F16" : "F32";
  for (const { data } of training.trained) data.set(data.map(writtenTypes[type].round));
  const most = Math.ceil(measuredTokens / task.length);
  const rows = Math.min(most, Math.ceil((steps * batchSize) / 4));
  const result = await evaluate(training, heldOut(task, seed, 1, rows));
  const trained = { ...model, weights: training.weights };
  if (lora === null) await writeHuggingFace(folder, trained, type);
  else await writePeft(folder, trained, from!, type);
  if (lora === null && task.words !== null) {
    await writeWhole(join(folder, "tokenizer.json"), `${jsonText(wordLevelJson(task.words))}\n`);
  }
  await rm(join(folder, CHECKPOINT), { force: true });
  await writeRecord(folder, settings, { ...result, entropy: task.entropy });
  return result;
}

/** Writes `training.json`; with a result it has the hash of every other file. */
async function writeRecord(
  folder: string,
  settings: RunSettings,
  result: JsonObject | null,
): Promise<void> {
  const names = result === null ? [] : (await readdir(folder)).filter((name) => name !== RECORD);
  const hash = async (name: string) => [name, sha256(await readFile(join(folder, name)))];
  const hashes = Object.fromEntries(await Promise.all(names.sort().map(hash)));
  const record = { node: process.version, settings, result, sha256: hashes };
  await writeWhole(join(folder, RECORD), `${jsonText(record)}\n`);
}

/** Returns the result of a training as text. */
export function trainingText(result: TrainingResult): string {
  const { loss, counted, exact, entropy, seconds } = result;
  const steps = `${grouped(result.steps)} of ${grouped(result.totalSteps)}`;
  const pairs = [
    ["steps", `${steps} in ${seconds.toFixed(0)} s`],
    ["held-out loss", `${loss.toFixed(4)} nats, ${grouped(counted)} tokens`],
  ];
  if (entropy) {
    const over = (100 * (loss / entropy - 1)).toFixed(2);
    pairs.push(["entropy", `${entropy.toFixed(4)} nats, which the loss is ${over} % above`]);
  } else if (entropy === 0) pairs.push(["right answers", `${(100 * exact).toFixed(3)} %`]);
  return aligned(pairs);
}
