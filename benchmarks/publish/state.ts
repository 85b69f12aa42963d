/** The state of an unfinished publication: the steps that have finished, with their results. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { writeWhole } from "../../src/io/files.ts";
import type { StepOptions } from "./step.ts";

const finishedSchema = v.object({
  /** `kept`: nothing was found. `failed`: there are no tables. */
  result: v.picklist(["kept", "found", "failed"]),
  seconds: v.number(),
});

const stateSchema = v.object({
  scale: v.string(),
  seed: v.number(),
  commit: v.nullable(v.string()),
  out: v.string(),
  finished: v.record(v.string(), finishedSchema),
});

export type FinishedStep = Readonly<v.InferOutput<typeof finishedSchema>>;

/** The properties that must be the same if a publication continues. */
export interface Publication extends Pick<StepOptions, "scale" | "seed"> {
  readonly commit: string | null;
  /** The published folder. */
  readonly out: string;
}

export interface PublishState {
  readonly finished: ReadonlyMap<string, FinishedStep>;
  readonly finish: (name: string, step: FinishedStep) => Promise<void>;
  /** Removes the state and the folders of all steps. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the state in a folder: a new one, or that of an unfinished publication.
 *
 * @throws {RangeError} if another publication is unfinished there
 */
export async function openState(folder: string, publication: Publication): Promise<PublishState> {
  const path = join(folder, "state.json");
  const finished = new Map<string, FinishedStep>();
  if (existsSync(path)) {
    const before = v.parse(stateSchema, JSON.parse(await readFile(path, "utf8")));
    for (const field of ["scale", "seed", "commit", "out"] as const) {
      if (before[field] === publication[field]) continue;
      const must = `${field} must be ${before[field]}, as in the unfinished run`;
      const fix = "--fresh discards it and starts again";
      throw new RangeError(`reports: ${must}, got ${publication[field]}; ${fix}`);
    }
    for (const [name, step] of Object.entries(before.finished)) finished.set(name, step);
  }
  return {
    finished,
    finish: async (name, step) => {
      finished.set(name, step);
      const state = { ...publication, finished: Object.fromEntries(finished) };
      await writeWhole(path, `${JSON.stringify(state, null, 2)}\n`);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
