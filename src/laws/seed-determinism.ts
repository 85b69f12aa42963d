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
  type Asked,
  asked,
  describeAsked,
  expectText,
  generationOf,
  type Request,
} from "./support/texts.ts";

interface Seeds extends TextRowsCase {
  /** Where in the batch the row of the request stands. */
  slot: number;
}

/** So many other seeds are tried before one must have given another text. */
const otherSeeds = 16;

/** How often they all give the same text by chance, at most. */
const coincidence = 1e-9;

export const seedDeterminism = law<Seeds>({
  id: "seed-determinism",
  name: "a seed is a text, whatever the slot and the neighbours",
  chapter: "draws",
  statement: `The same seed gives the same text where logits come again bit for bit, twice, and in any slot of a batch beside any rows; one of ${otherSeeds} other seeds gives another text, where by chance they would all give the same with a probability below ${coincidence}.`,
  source: "reproducible sampling: one random source a row",
  catches:
    "seeds salted by slot, one source for all rows, neighbours that consume a row's draws, seeds that are ignored",
  needs: ["generation.generate", "generation.generateBatch", "sampler.distribution"],
  precondition: { name: "chance is excluded, and there are neighbours", floor: 0.12 },
  cases: (subject) => fc.record({ ...rowCases(subject, 6), slot: fc.nat() }),
  check: async (value, subject) => {
    const { generate, generateBatch } = generationOf(subject);
    const { decoder } = value.candidate;
    const [own, ...others] = rowsOf(value).map((row) => asked(decoder, warm(row)));
    const alone = await generate(decoder, own.prompt, own.fresh());
    const slot = value.slot % (others.length + 1);
    const all = others.toSpliced(slot, 0, own);
    // Where logits do not come again bit for bit, what a draw picks next to a step is chance.
    if (subject.repeatable === "bitwise") {
      const again = await generate(decoder, own.prompt, own.fresh());
      const second = describeAsked("second text", own);
      await expectText(second, decoder, own, again, alone, "bitwise");
      const batch = await generateBatch(decoder, all.map(batchRow), own.options);
      const what = describeAsked(`row ${slot} of ${batch.length}`, own);
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
    const what = describeAsked("text", own);
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
function warm({ options, ...rest }: Request): Request {
  return { ...rest, options: { ...options, temperature: options.temperature || 2 } };
}

/** The probability of drawing these tokens, one after the other. */
async function probabilityOf(
  decoder: Decoder,
  { prompt, options }: Asked,
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
