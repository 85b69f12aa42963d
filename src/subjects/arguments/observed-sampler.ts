/** Samplers whose calls are counted by the classes of their arguments. */
import type { Logits } from "../../math/logits.ts";
import type { SamplingOptions } from "../../sampling/sample-token.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { Operation } from "./argument.ts";
import type { OccurredArguments } from "./occurred.ts";
import * as operations from "./sampler-operations.ts";

/** Returns the functions of a sampler, with all calls counted. */
export function observedSampler(sampler: Sampler, occurred: OccurredArguments): Sampler {
  const counted = <Call, Result>(
    operation: Operation<Call>,
    call: Call,
    run: () => Result,
  ): Result => {
    try {
      const result = run();
      occurred.add(operation, call, "returned");
      return result;
    } catch (error) {
      occurred.add(operation, call, "refused");
      throw error;
    }
  };
  const callOf = (row: Logits, options: SamplingOptions, history: readonly number[] = []) => {
    return { logits: row.slice(), options, history: [...history], vocabSize: row.length };
  };
  const filter =
    (name: "temperatureScale" | "topK" | "topP" | "minP", option: keyof SamplingOptions) =>
    (row: Logits, value: number) =>
      counted(operations.stages[name], callOf(row, { [option]: value }), () =>
        sampler[name](row, value),
      );
  const penalty =
    (name: "repetitionPenalty" | "frequencyPenalty" | "presencePenalty") =>
    (row: Logits, history: readonly number[], value: number) =>
      counted(operations.stages[name], callOf(row, { [name]: value }, history), () =>
        sampler[name](row, history, value),
      );
  return {
    conventions: sampler.conventions,
    greedy: (logits) => counted(operations.greedy, { logits }, () => sampler.greedy(logits)),
    repetitionPenalty: penalty("repetitionPenalty"),
    frequencyPenalty: penalty("frequencyPenalty"),
    presencePenalty: penalty("presencePenalty"),
    ban: (row, history, bannedSequences) =>
      counted(operations.stages.ban, callOf(row, { bannedSequences }, history), () =>
        sampler.ban(row, history, bannedSequences),
      ),
    temperatureScale: filter("temperatureScale", "temperature"),
    topK: filter("topK", "topK"),
    topP: filter("topP", "topP"),
    minP: filter("minP", "minP"),
    distribution: (row, options, history) =>
      counted(operations.distribution, callOf(row, options, history), () =>
        sampler.distribution(row, options, history),
      ),
    draw: (probs, u) => {
      let positive = 0;
      for (let id = 0; id < probs.length; id++) if (probs[id] > 0) positive++;
      return counted(operations.draw, { positive, u }, () => sampler.draw(probs, u));
    },
    sample: (row, options, random, history) => {
      const hasRandom = random !== undefined;
      const call = { ...callOf(row, options ?? {}, history), hasRandom };
      return counted(operations.sample, call, () => sampler.sample(row, options, random, history));
    },
  };
}
