/** The sampler benchmark: draws from given logits, run and timed by tinybench. */
import { normal, seededRandom } from "../math/random.ts";
import type { ModelConfig } from "../model/config.ts";
import { productionSampling, type SamplingOptions, sampleToken } from "../sampling/sample-token.ts";
import { digest, emptySample, type MeasuredRun } from "./measure.ts";
import type { BenchCell, Job } from "./sample.ts";
import { type TimedTask, timedRounds } from "./time-rounds.ts";

/** Greedy looks for the largest logit and draws nothing. */
const samplers: Readonly<Record<string, SamplingOptions>> = {
  greedy: { temperature: 0 },
  temperature: { temperature: 0.8 },
  top_k: { topK: 50 },
  top_p: { topP: 0.95 },
  production: productionSampling,
};

/** The ways to draw that are timed. */
export const samplingModes = Object.keys(samplers);

interface DrawTask extends TimedTask {
  readonly cell: BenchCell;
  /** The tokens of the last call. */
  readonly tokens: Int32Array;
}

/**
 * Measures the cells of a job, round by round. All draw from the same normal logits with the same
 * random numbers, so that a mode gives the same tokens in every round and process.
 */
export async function* measureSampling(
  job: Job,
  { vocabSize }: ModelConfig,
): AsyncGenerator<MeasuredRun, void, void> {
  const random = seededRandom(job.orderSeed);
  const isSwapped = random() < 0.5;
  // The control has logits at another place in memory.
  const logits = [0, 1].map(() => benchLogits(vocabSize, job.dataSeed));
  if (isSwapped) logits.reverse();
  const tasks = job.cells.map((cell) => {
    return drawTask(cell, logits[cell.isTwin ? 1 : 0], job.dataSeed);
  });
  const rounds = Math.max(0, ...job.cells.map((cell) => cell.rounds));
  let seqNo = 0;
  for await (const { task, round, slot, ms } of timedRounds(tasks, rounds, random)) {
    const { cell, tokens } = task;
    const sample = {
      ...emptySample(job, cell, tokens.length),
      ...{ process_id: job.process, process_label_swap: isSwapped, round, slot, seq_no: seqNo++ },
      t_ns: Math.round(1e6 * ms),
      token_digest: digest([...tokens]),
    };
    yield { cell, samples: [sample] };
  }
}

function benchLogits(vocabSize: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: vocabSize }, () => 3 * normal(random));
}

/** Returns a task that draws as many tokens as the mark of the cell. */
function drawTask(cell: BenchCell, logits: Float64Array, seed: number): DrawTask {
  const tokens = new Int32Array(cell.marks[0]);
  const run = () => {
    const draws = seededRandom(seed);
    for (let i = 0; i < tokens.length; i++) {
      tokens[i] = sampleToken(logits, samplers[cell.mode], draws);
    }
  };
  return { cell, tokens, run, async: false };
}
