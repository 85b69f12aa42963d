import type { Generated } from "../generation/generate.ts";
import { seededRandom } from "../math/random.ts";
import { type Canary, decoderCanary, generationCanary, withSequences } from "./canary.ts";

/** The text with another prompt in front, which is what it says it continues. */
const after = (prompt: readonly number[], text: Generated): Generated => ({
  ...text,
  tokens: [...prompt, ...text.newTokens],
});

/** Bugs of generation, of log-probabilities and of speculation. */
export const generationCanaries: readonly Canary[] = [
  generationCanary("P-NAIVE", "without a cache, the first token is lost", ({ generate }) => ({
    generate: async (decoder, prompt, options) => {
      const read = options.naive && prompt.length > 1 ? prompt.slice(1) : prompt;
      return after(prompt, await generate(decoder, read, options));
    },
  })),
  generationCanary("P-HIST", "the two histories trade places", ({ generate }) => ({
    generate: (decoder, prompt, options) => {
      const history = options.history === "generated" ? "all" : "generated";
      return generate(decoder, prompt, { ...options, history });
    },
  })),
  generationCanary("P-STOP", "one row's end ends all rows", ({ generateBatch }) => ({
    generateBatch: async (decoder, rows, options) => {
      const texts = await generateBatch(decoder, rows, options);
      const ended = texts.filter(({ finishReason }) => finishReason === "eos");
      const length = Math.min(...ended.map(({ newTokens }) => newTokens.length));
      return texts.map((text, i) => {
        const newTokens = text.newTokens.slice(0, length);
        return after(rows[i].prompt, { ...text, newTokens });
      });
    },
  })),
  generationCanary("P-SEED", "seeds are salted by the slot", ({ generateBatch }) => ({
    generateBatch: (decoder, rows, options) => {
      for (const [slot, { random }] of rows.entries()) {
        for (let i = 0; i < slot; i++) random?.();
      }
      return generateBatch(decoder, rows, options);
    },
  })),
  generationCanary("P-SEED", "the seed is ignored", ({ generate, generateBatch }) => ({
    generate: (decoder, prompt, options) =>
      generate(decoder, prompt, { ...options, random: seededRandom(0) }),
    generateBatch: (decoder, rows, options) =>
      generateBatch(
        decoder,
        rows.map((row) => ({ ...row, random: seededRandom(0) })),
        options,
      ),
  })),
  generationCanary("P-TURN", "the last token of a prompt is not read", ({ generate }) => ({
    generate: async (decoder, prompt, options) => {
      const read = prompt.length > 1 ? prompt.slice(0, -1) : prompt;
      return after(prompt, await generate(decoder, read, options));
    },
  })),
  decoderCanary(
    "P-PREFIX",
    "the first token after a resumed prefix is read as token 0",
    (decoder) =>
      withSequences(decoder, (sequence) => {
        let resumed = false;
        return {
          rewind: async (length) => {
            resumed = length > 0 && length < sequence.length;
            await sequence.rewind(length);
          },
          append: (tokens) => {
            const read = resumed ? tokens.with(0, 0) : tokens;
            resumed = false;
            return sequence.append(read);
          },
        };
      }),
  ),
  generationCanary("P-LOGP", "a log-probability stands one token late", ({ logProbs }) => ({
    logProbs: async (decoder, tokens) => {
      const right = await logProbs(decoder, tokens);
      return [right[0], ...right.slice(0, -1)];
    },
  })),
  generationCanary("P-LOGP-FINITE", "the logarithm of a softmax is taken", ({ logProbs }) => ({
    logProbs: async (decoder, tokens) =>
      (await logProbs(decoder, tokens)).map((logProb) => Math.log(Math.exp(logProb))),
  })),
  generationCanary("P-SPEC", "a proposal is judged by the row before its own", ({ speculate }) => ({
    speculate: (target, draft, prompt, options) => {
      const late = withSequences(target, (sequence) => ({
        appendAll: async (tokens) => {
          const rows = await sequence.appendAll(tokens);
          return [rows[0], ...rows.slice(0, -1)];
        },
      }));
      return speculate(late, draft, prompt, options);
    },
  })),
  generationCanary("P-SPECDIST", "what drew a proposal also judges it", ({ speculate }) => ({
    speculate: (target, draft, prompt, { random, ...options }) => {
      let used: number | null = null;
      const twice = () => {
        const number = used ?? random!();
        used = used === null ? number : null;
        return number;
      };
      return speculate(target, draft, prompt, { ...options, random: twice });
    },
  })),
];
