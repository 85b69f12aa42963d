/** Rows: several texts at once, of which none knows of the others. */
import fc from "fast-check";
import type { Decoder } from "../decoder.ts";
import type { Generated, Row } from "../generation/generate.ts";
import { seededRandom } from "../math/random.ts";
import type { Candidate, Subject } from "../subjects/subject.ts";
import { samplerOf } from "./kept.ts";
import { expect, LawBroken, law } from "./law.ts";
import {
  type Asked,
  asked,
  describeAsked,
  expectText,
  generationOf,
  type Request,
  requests,
} from "./texts.ts";

interface Rows {
  candidate: Candidate;
  request: Request;
  others: Pick<Request, "prompt" | "seed">[];
}

/** The fields of {@link Rows}, as arbitraries. */
function rowCases(subject: Subject, maxNewTokens: number) {
  const request = requests(subject, maxNewTokens);
  const other = request.map(({ prompt, seed }) => ({ prompt, seed }));
  return { candidate: subject.candidates, request, others: fc.array(other, { maxLength: 3 }) };
}

/** A request, and further rows of its batch with the same options. */
const rowsOf = ({ request, others }: Rows): Request[] => [
  request,
  ...others.map((other) => ({ ...request, ...other })),
];

/** One row as a batch takes it. */
const row = ({ prompt, fresh }: Asked): Row => ({ prompt, random: fresh().random! });

interface Stop extends Rows {
  row: number;
  at: number;
}

export const stops = law<Stop>({
  code: "P-STOP",
  name: "a text ends at its first end of sequence, and at no other's",
  statement:
    "With an end-of-sequence token, every row is its text without one, cut after the first such token that is new, and says so; the token is kept, nothing follows it, one in the prompt does not count; rows of a batch end each by itself; no row is longer than maxNewTokens, and 0 gives none.",
  source: "seed 001, part 5; every row has its own end",
  catches:
    "one row that ends all, rows that go on after their end, an end of sequence that is replaced or dropped, a stop in the prompt",
  needs: ["generation.generate", "generation.generateBatch"],
  precondition: { name: "rows end at different steps, one at its end of sequence", floor: 0.2 },
  cases: (subject) => fc.record({ ...rowCases(subject, 10), row: fc.nat(), at: fc.nat() }),
  check: async (value, subject) => {
    const { generate, generateBatch } = generationOf(subject);
    const { decoder } = value.candidate;
    const all = rowsOf(value).map((request) => asked(decoder, request));
    const endless: Generated[] = [];
    for (const { prompt, fresh } of all) endless.push(await generate(decoder, prompt, fresh()));
    const { newTokens: source } = endless[value.row % all.length];
    const eosTokenId = source[value.at % Math.max(1, source.length)] ?? 0;
    const options = { ...all[0].options, eosTokenId };
    const batch = await generateBatch(decoder, all.map(row), options);
    expect(batch.length === all.length, `${all.length} rows gave ${batch.length} texts`);
    for (const [i, one] of all.entries()) {
      const alone = await generate(decoder, one.prompt, { ...one.fresh(), eosTokenId });
      const expected = cutAfter(endless[i], eosTokenId);
      const texts = { text: alone, [`row ${i} of ${all.length}`]: batch[i] };
      for (const [name, text] of Object.entries(texts)) {
        const what = describeAsked(name, one, { eosTokenId });
        await expectText(what, decoder, one, text, expected, subject.repeatable);
        const count = text.newTokens.length;
        expect(count <= one.options.maxNewTokens, `${what} has ${count} new tokens`);
        const whole = [...one.prompt, ...text.newTokens];
        expect(
          text.tokens.join() === whole.join(),
          `${what} says [${text.tokens}], not [${whole}]`,
        );
      }
    }
    const lengths = new Set(batch.map(({ newTokens }) => newTokens.length));
    return lengths.size > 1 && batch.some(({ finishReason }) => finishReason === "eos");
  },
});

/** A text without an end of sequence, as it is with one. */
function cutAfter({ newTokens, finishReason }: Generated, eosTokenId: number) {
  const at = newTokens.indexOf(eosTokenId);
  if (at < 0) return { newTokens, finishReason };
  return { newTokens: newTokens.slice(0, at + 1), finishReason: "eos" as const };
}

interface Seeds extends Rows {
  /** Where in the batch the row of the request stands. */
  slot: number;
}

/** So many other seeds are tried before one must have given another text. */
const otherSeeds = 16;
/** How often they all give the same text by chance, at most. */
const coincidence = 1e-9;

export const seeds = law<Seeds>({
  code: "P-SEED",
  name: "a seed is a text, whatever the slot and the neighbours",
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
      const batch = await generateBatch(decoder, all.map(row), own.options);
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
  subject: Subject,
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
