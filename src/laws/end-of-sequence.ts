import fc from "fast-check";
import type { Decoder } from "../decoder.ts";
import type { Generated } from "../generation/generate.ts";
import type { Generation } from "../generation/generation.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectCallRefused } from "./support/refused-calls.ts";
import { badRequest } from "./support/refused-texts.ts";
import { batchRow, rowCases, rowsOf, type TextRowsCase } from "./support/text-rows.ts";
import {
  continuing,
  type DecoderRequest,
  describeRequest,
  expectText,
  generationOf,
  requestFor,
} from "./support/texts.ts";

interface Stop extends TextRowsCase {
  row: number;
  at: number;
  /** False for texts without an end of sequence. */
  hasEnd: boolean;
  naive: boolean;
  truncate: boolean;
  /** Index of an illegal request. */
  bad: number;
}

export const endOfSequence = law<Stop>({
  id: "end-of-sequence",
  name: "a text ends at its first end of sequence, and at no other's",
  chapter: "generation",
  statement:
    "With an end-of-sequence token, every row is its text without one, cut after the first such token among the new ones, with finish reason eos; that token is kept and nothing follows it; one in the prompt does not count; each row of a batch ends independently; no row is longer than maxNewTokens, and 0 gives none; with or without a cache, and past the context limit; an illegal prompt, count or sampling option is refused.",
  source: "Hugging Face's generation, with a separate end for every row",
  catches:
    "one row that ends all, rows that go on after their end, an end of sequence that is replaced or dropped, a stop in the prompt, options that are not checked",
  needs: ["generation.generate", "generation.generateBatch"],
  precondition: { name: "rows end at different steps, one at its end of sequence", floor: 0.2 },
  cases: (subject, sizes) =>
    fc.record({
      ...rowCases(subject, sizes, 10),
      row: fc.nat(),
      at: fc.nat(),
      hasEnd: fc.constantFrom(true, true, true, true, true, false),
      naive: fc.constantFrom(false, false, false, true),
      truncate: fc.constantFrom(false, false, false, true),
      bad: fc.nat(),
    }),
  check: async (value, subject) => {
    const { generate, generateBatch } = generationOf(subject);
    const { decoder } = value.candidate;
    const all = rowsOf(value).map((request) => requestFor(decoder, request));
    const { naive, truncate, hasEnd } = value;
    const how = { ...(naive && { naive }), ...(truncate && { truncate }) };
    const endless: Generated[] = [];
    for (const { prompt, fresh } of all) {
      endless.push(await generate(decoder, prompt, { ...fresh(), ...how }));
    }
    const { newTokens: source } = endless[value.row % all.length];
    const eosTokenId = source[value.at % Math.max(1, source.length)] ?? 0;
    const end = { ...how, ...(hasEnd && { eosTokenId }) };
    const options = { ...all[0].options, ...end };
    const batch = await generateBatch(decoder, all.map(batchRow), options);
    expectThat(batch.length === all.length, `${all.length} rows gave ${batch.length} texts`);
    for (const [i, one] of all.entries()) {
      const alone = await generate(decoder, one.prompt, { ...one.fresh(), ...end });
      const expected = hasEnd ? cutAfter(endless[i], eosTokenId) : endless[i];
      const texts = { text: alone, [`row ${i} of ${all.length}`]: batch[i] };
      for (const [name, text] of Object.entries(texts)) {
        const what = describeRequest(name, one, end);
        await expectText(what, decoder, one, text, expected, subject.repeatable);
        const count = text.newTokens.length;
        expectThat(count <= one.options.maxNewTokens, `${what} has ${count} new tokens`);
        const whole = [...one.prompt, ...text.newTokens];
        expectThat(
          text.tokens.join() === whole.join(),
          `${what} says [${text.tokens}], not [${whole}]`,
        );
      }
    }
    await expectRefused(decoder, all, value.bad, { generate, generateBatch });
    const lengths = new Set(batch.map(({ newTokens }) => newTokens.length));
    return lengths.size > 1 && batch.some(({ finishReason }) => finishReason === "eos");
  },
  canaries: [
    generationCanary("one row's end ends all rows", ({ generateBatch }) => ({
      generateBatch: async (decoder, rows, options) => {
        const texts = await generateBatch(decoder, rows, options);
        const ended = texts.filter(({ finishReason }) => finishReason === "eos");
        const length = Math.min(...ended.map(({ newTokens }) => newTokens.length));
        return texts.map((text, i) => {
          const newTokens = text.newTokens.slice(0, length);
          return continuing(rows[i].prompt, { ...text, newTokens });
        });
      },
    })),
  ],
});

/** A text without an end of sequence, as it is with one. */
function cutAfter({ newTokens, finishReason }: Generated, eosTokenId: number) {
  const at = newTokens.indexOf(eosTokenId);
  if (at < 0) return { newTokens, finishReason };
  return { newTokens: newTokens.slice(0, at + 1), finishReason: "eos" as const };
}

/** Expects that an illegal request is refused, alone and as the last row of a batch. */
async function expectRefused(
  decoder: Decoder,
  requests: readonly DecoderRequest[],
  which: number,
  { generate, generateBatch }: Pick<Generation, "generate" | "generateBatch">,
): Promise<void> {
  const { what, prompt, options } = badRequest(decoder, requests[0], which);
  await expectCallRefused({
    what: `generate of ${what}`,
    call: () => generate(decoder, prompt, options),
  });
  const { random, ...others } = options;
  const last = { prompt, ...(random && { random }) };
  const rows = [...requests.slice(1).map(batchRow), last];
  await expectCallRefused({
    what: `generateBatch of ${what} as row ${rows.length - 1}`,
    call: () => generateBatch(decoder, rows, others),
  });
}
