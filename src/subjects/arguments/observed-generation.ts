/** Functions of generation whose calls are counted by the classes of their arguments. */
import type { Decoder } from "../../decoder.ts";
import type { Generation } from "../../generation/generation.ts";
import * as operations from "./generation-operations.ts";
import { counted } from "./observed-decoder.ts";
import type { OccurredArguments } from "./occurred.ts";

/** Returns the functions of a generation, with all calls counted. */
export function observedGeneration(
  generation: Generation,
  occurred: OccurredArguments,
): Generation {
  return {
    generate: (decoder, prompt, options) =>
      counted(occurred, operations.generate, { ...promptOf(decoder, [prompt]), options }, () =>
        generation.generate(decoder, prompt, options),
      ),
    generateBatch: (decoder, rows, options) => {
      const prompts = rows.map(({ prompt }) => prompt);
      const lacking = rows.find(({ random }) => random === undefined);
      const [{ random } = {}] = lacking === undefined ? rows : [lacking];
      const call = {
        ...promptOf(decoder, prompts),
        options: { ...options, ...(random && { random }) },
        rows: rows.length,
      };
      return counted(occurred, operations.generateBatch, call, () =>
        generation.generateBatch(decoder, rows, options),
      );
    },
    speculate: (target, draft, prompt, options) => {
      const { vocabSize: draftVocabSize, maxPositionEmbeddings: draftContext } = draft.config;
      const { draftTokens } = options;
      const more = { options, draftTokens, draftVocabSize, draftContext };
      return counted(
        occurred,
        operations.speculate,
        { ...promptOf(target, [prompt]), ...more },
        () => generation.speculate(target, draft, prompt, options),
      );
    },
    logProbs: (decoder, tokens) =>
      counted(occurred, operations.logProbs, promptOf(decoder, [tokens]), () =>
        generation.logProbs(decoder, tokens),
      ),
    complete: (decoder, prompt, options) =>
      counted(occurred, operations.complete, { ...promptOf(decoder, [prompt]), options }, () =>
        generation.complete(decoder, prompt, options),
      ),
  };
}

function promptOf({ config }: Decoder, prompts: readonly (readonly number[])[]) {
  const byLength = prompts.toSorted((a, b) => b.length - a.length);
  const [longest = []] = byLength;
  const prompt = byLength.at(-1)?.length === 0 ? [] : longest;
  const { vocabSize, maxPositionEmbeddings: context } = config;
  return { prompt: [...prompt], tokens: prompts.flat(), vocabSize, context };
}
