import type { Completed } from "../generation/complete.ts";
import { type Canary, generationCanary } from "./canary.ts";

/** Bugs of a server of completions. */
export const completionCanaries: readonly Canary[] = [
  generationCanary("P-TOP", "probabilities are of the listed tokens alone", ({ complete }) => ({
    complete: async (decoder, prompt, options) => {
      const completed = await complete(decoder, prompt, options);
      const top = completed.top.map((row) => {
        const sum = row.reduce((total, { logProb }) => total + Math.exp(logProb), 0);
        return row.map((one) => ({ ...one, logProb: one.logProb - Math.log(sum) }));
      });
      return { ...completed, top };
    },
  })),
  generationCanary("P-TOP-SAME", "a prompt is looked up by its first token", ({ complete }) => {
    const remembered = new Map<string, Completed>();
    return {
      complete: async (decoder, prompt, options) => {
        const { maxNewTokens, topLogProbs, cache = true } = options;
        const key = [prompt[0], maxNewTokens, topLogProbs].join();
        const known = cache ? remembered.get(key) : undefined;
        const completed = known ?? (await complete(decoder, prompt, options));
        remembered.set(key, completed);
        return completed;
      },
    };
  }),
  generationCanary("P-TOP-STEP", "lists are one step late", ({ complete }) => ({
    complete: async (decoder, prompt, options) => {
      const completed = await complete(decoder, prompt, options);
      return { ...completed, top: [completed.top[0], ...completed.top.slice(0, -1)] };
    },
  })),
  generationCanary("P-TOP-TOGETHER", "the newest prompt answers for all", ({ complete }) => {
    let newest: readonly number[] = [];
    return {
      complete: async (decoder, prompt, options) => {
        newest = prompt;
        await Promise.resolve();
        return complete(decoder, newest, options);
      },
    };
  }),
  generationCanary("P-TOP-GOLD", "a token stands before every prompt", ({ complete }) => ({
    complete: (decoder, prompt, options) => complete(decoder, [0, ...prompt], options),
  })),
  generationCanary("P-TOP-ERRORS", "ids wrap around", ({ complete }) => ({
    complete: (decoder, prompt, options) => {
      const { vocabSize: V } = decoder.config;
      return complete(
        decoder,
        prompt.map((id) => (id + V) % V),
        options,
      );
    },
  })),
];
