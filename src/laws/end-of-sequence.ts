import fc from "fast-check";
import type { Generated } from "../generation/generate.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { batchRow, rowCases, rowsOf, type TextRowsCase } from "./support/text-rows.ts";
import {
  continuing,
  describeRequest,
  expectText,
  generationOf,
  requestFor,
} from "./support/texts.ts";

interface Stop extends TextRowsCase {
  row: number;
  at: number;
}

export const endOfSequence = law<Stop>({
  id: "end-of-sequence",
  name: "a text ends at its first end of sequence, and at no other's",
  chapter: "generation",
  statement:
    "With an end-of-sequence token, every row is its text without one, cut after the first such token among the new ones, with finish reason eos; that token is kept and nothing follows it; one in the prompt does not count; each row of a batch ends independently; no row is longer than maxNewTokens, and 0 gives none.",
  source: "Hugging Face's generation, with a separate end for every row",
  catches:
    "one row that ends all, rows that go on after their end, an end of sequence that is replaced or dropped, a stop in the prompt",
  needs: ["generation.generate", "generation.generateBatch"],
  precondition: { name: "rows end at different steps, one at its end of sequence", floor: 0.2 },
  cases: (subject, sizes) =>
    fc.record({ ...rowCases(subject, sizes, 10), row: fc.nat(), at: fc.nat() }),
  check: async (value, subject) => {
    const { generate, generateBatch } = generationOf(subject);
    const { decoder } = value.candidate;
    const all = rowsOf(value).map((request) => requestFor(decoder, request));
    const endless: Generated[] = [];
    for (const { prompt, fresh } of all) endless.push(await generate(decoder, prompt, fresh()));
    const { newTokens: source } = endless[value.row % all.length];
    const eosTokenId = source[value.at % Math.max(1, source.length)] ?? 0;
    const options = { ...all[0].options, eosTokenId };
    const batch = await generateBatch(decoder, all.map(batchRow), options);
    expectThat(batch.length === all.length, `${all.length} rows gave ${batch.length} texts`);
    for (const [i, one] of all.entries()) {
      const alone = await generate(decoder, one.prompt, { ...one.fresh(), eosTokenId });
      const expected = cutAfter(endless[i], eosTokenId);
      const texts = { text: alone, [`row ${i} of ${all.length}`]: batch[i] };
      for (const [name, text] of Object.entries(texts)) {
        const what = describeRequest(name, one, { eosTokenId });
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
