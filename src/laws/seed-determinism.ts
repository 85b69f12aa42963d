import fc from "fast-check";
import type { Decoder } from "../decoder.ts";
import { seededRandom } from "../math/random.ts";
import type { LogitsSubject } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { LawBroken } from "./support/expect.ts";
import { samplerOf } from "./support/sampler.ts";
import { batchRow, rowCases, rowsOf, type TextRowsCase } from "./support/text-rows.ts";
import {
  type DecoderRequest,
  describeRequest,
  expectText,
  type GenerationRequest,
  generationOf,
  requestFor,
} from "./support/texts.ts";

interface Seeds extends TextRowsCase {
  /** Index of the row of the request in the batch. */
  slot: number;
}

/** Number of other seeds, of which one must give another text. */
const otherSeeds = 16;

/** Maximum probability that they all give the same text by chance. */
const coincidence = 1e-9;

export const seedDeterminism = law<Seeds>({
  id: "seed-determinism",
  name: "a seed determines the text, in any slot of a batch",
  chapter: "draws",
  statement: `If logits repeat bit for bit, the same seed gives the same text twice, and in any slot of a batch beside any rows; one of ${otherSeeds} other seeds gives another text, if all would give the same by chance with a probability below ${coincidence}.`,
  source: "reproducible sampling: one random source a row",
  catches:
    "seeds salted by slot, one source for all rows, neighbours that consume a row's draws, seeds that are ignored",
  needs: ["generation.generate", "generation.generateBatch", "sampler.distribution"],
  precondition: { name: "chance is excluded, and there are neighbours", floor: 0.12 },
  cases: (subject, sizes) => fc.record({ ...rowCases(subject, sizes, 6), slot: fc.nat() }),
  check: async (value, subject) => {
    const { generate, generateBatch } = generationOf(subject);
    const { decoder } = value.candidate;
    const [own, ...others] = rowsOf(value).map((row) => requestFor(decoder, warm(row)));
    const alone = await generate(decoder, own.prompt, own.fresh());
    const slot = value.slot % (others.length + 1);
    const all = others.toSpliced(slot, 0, own);
    // Where logits do not come again bit for bit, what a draw picks next to a step is chance.
    if (subject.repeatable === "bitwise") {
      const again = await generate(decoder, own.prompt, own.fresh());
      const second = describeRequest("second text", own);
      await expectText(second, decoder, own, again, alone, "bitwise");
      const batch = await generateBatch(decoder, all.map(batchRow), own.options);
      const what = describeRequest(`row ${slot} of ${batch.length}`, own);
      await expectText(what, decoder, own, batch[slot], alone, "bitwise");
    }
    const chance = (await probabilityOf(decoder, own, alone.newTokens, subject)) ** otherSeeds;
    if (chance >= coincidence) return false;
    const source = seededRandom(value.request.seed);
    for (let i = 0; i < otherSeeds; i++) {
      const random = seededRandom(Math.floor(source() * 2 ** 32));
      const other = await generate(decoder, own.prompt, { ...own.options, random });
      if (other.newTokens.join() !== alone.newTokens.join()) return others.length > 0;
    }
    const what = describeRequest("text", own);
    throw new LawBroken(`${what} is [${alone.newTokens}] with ${1 + otherSeeds} seeds`);
  },
  canaries: [
    generationCanary("seeds are salted by the slot", ({ generateBatch }) => ({
      generateBatch: (decoder, rows, options) => {
        for (const [slot, { random }] of rows.entries()) {
          for (let i = 0; i < slot; i++) random?.();
        }
        return generateBatch(decoder, rows, options);
      },
    })),
    generationCanary("the seed is ignored", ({ generate, generateBatch }) => ({
      generate: (decoder, prompt, options) =>
        generate(decoder, prompt, { ...options, random: seededRandom(0) }),
      generateBatch: (decoder, rows, options) =>
        generateBatch(
          decoder,
          rows.map((row) => ({ ...row, random: seededRandom(0) })),
          options,
        ),
    })),
  ],
});

/** The request with draws in place of greedy choices. */
function warm({ options, ...rest }: GenerationRequest): GenerationRequest {
  return { ...rest, options: { ...options, temperature: options.temperature || 2 } };
}

/** The probability of drawing these tokens, one after the other. */
async function probabilityOf(
  decoder: Decoder,
  { prompt, options }: DecoderRequest,
  newTokens: readonly number[],
  subject: LogitsSubject,
): Promise<number> {
  await using sequence = await decoder.start();
  let unread = prompt;
  let probability = 1;
  for (const [i, token] of newTokens.entries()) {
    const history = [...(options.history === "generated" ? [] : prompt), ...newTokens.slice(0, i)];
    const logits = await sequence.append(unread);
    probability *= samplerOf(subject).distribution(logits, options, history)[token];
    unread = [token];
  }
  return probability;
}
