import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { expectRows } from "./support/batch.ts";
import { decoderCanary } from "./support/canary.ts";
import { withBatches } from "./support/wrapped.ts";

type Side = "right" | "left" | "middle" | "both";

interface Padded {
  candidate: Candidate;
  prompts: { raw: number[]; side: Side }[];
  /** Columns beyond the longest prompt. */
  extra: number;
  /** Ids of the padding columns, in turn. */
  fill: number[];
  /** One column a step; a row without a token gets padding. */
  steps: (number | null)[][];
}

/** One row of a padded call. */
interface Row {
  readonly tokens: number[];
  readonly counts: boolean[];
}

/** Where the padding of a row begins: before, after, or amid its tokens; half of it may follow. */
const startOfPadding: Record<Side, (length: number) => number> = {
  right: (length) => length,
  left: () => 0,
  middle: (length) => Math.floor(length / 2),
  both: () => 0,
};

function padded(tokens: readonly number[], width: number, side: Side, fill: () => number): Row {
  const start = startOfPadding[side](tokens.length);
  const missing = Array.from({ length: width - tokens.length }, fill);
  const after = missing.splice(side === "both" ? Math.ceil(missing.length / 2) : missing.length);
  const not = (ids: readonly number[]) => ids.map(() => false);
  return {
    tokens: [...tokens.toSpliced(start, 0, ...missing), ...after],
    counts: [...tokens.map(() => true).toSpliced(start, 0, ...not(missing)), ...not(after)],
  };
}

/** Ids of padding, one after the other: legal ones, and -1, which many frameworks use. */
function filler({ vocabSize: V }: ModelConfig, fill: readonly number[]): () => number {
  let next = 0;
  return () => (fill[next++ % fill.length] % (V + 1)) - 1;
}

export const paddingInvariance = law<Padded>({
  id: "padding-invariance",
  name: "padding changes no logits",
  chapter: "batch",
  statement:
    "However many columns of padding a row has, on either side or both and with whatever ids, and even where its own tokens have the same id, its logits are those of its tokens alone, in the prompt and in every decode step.",
  source: "left padding for generation; Hugging Face, attention_mask and position_ids",
  catches:
    "positions that count padding, padding that is visible while decoding, tokens treated as padding because of their id",
  needs: ["batch", "padding"],
  precondition: {
    name: "padding with the id of a token of its row, then two decode steps",
    floor: 0.2,
  },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      prompts: fc.array(
        fc.record({
          raw: sizes.tokens(1, 5),
          side: fc.constantFrom<Side>("right", "left", "left", "middle", "both"),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      extra: fc.nat({ max: 3 }),
      fill: sizes.tokens(1, 3),
      steps: fc.array(fc.array(fc.option(fc.nat(), { freq: 4 }), { minLength: 3, maxLength: 3 }), {
        minLength: 2,
        maxLength: 4,
      }),
    }),
  check: async ({ candidate: { decoder }, prompts, extra, fill, steps }, subject) => {
    const { config } = decoder;
    const next = filler(config, fill);
    const room = config.maxPositionEmbeddings;
    await using batch = await decoder.startBatch!(prompts.length);
    let held: number[][] = prompts.map(() => []);
    const append = async (what: string, columns: Row[]) => {
      const rows = columns.map(({ tokens, counts }) => tokens.filter((_, i) => counts[i]));
      const logits = await batch.appendPadded(
        columns.map(({ tokens }) => tokens),
        columns.map(({ counts }) => counts),
      );
      held = held.map((tokens, row) => [...tokens, ...rows[row]]);
      const sent = columns.map(({ tokens, counts }) =>
        tokens.map((id, i) => (counts[i] ? id : `(${id})`)).join(" "),
      );
      const where = `${what} [${sent.join(" | ")}]`;
      await expectRows(where, decoder, batch, held, rows, logits, subject.repeatable);
    };

    const tokens = prompts.map(({ raw }) => tokensOf(config, raw));
    const width = Math.max(...tokens.map(({ length }) => length)) + extra;
    const first = tokens.map((row, i) => padded(row, width, prompts[i].side, next));
    await append("prompts", first);
    for (const [i, step] of steps.entries()) {
      const column = held.map(({ length }, row) => {
        const token = step[row];
        const own = token === null || length === room ? [] : tokensOf(config, [token]);
        return padded(own, 1, "right", next);
      });
      await append(`step ${i}`, column);
    }
    return first.some((row, i) => confusable(row) && held[i].length >= tokens[i].length + 2);
  },
  canaries: [
    decoderCanary("every token with the id of padding counts as padding", (decoder) =>
      withBatches(decoder, (batch) => ({
        appendPadded: (rows, counts) => {
          const ids = new Set(rows.flatMap((row, b) => row.filter((_, i) => !counts[b][i])));
          const own = rows.map((row, b) => row.map((id, i) => counts[b][i] && !ids.has(id)));
          return batch.appendPadded(rows, own);
        },
      })),
    ),
  ],
});

/** Returns true if a row has padding with the id of one of its tokens. */
function confusable({ tokens, counts }: Row): boolean {
  return tokens.some((id, i) => counts[i] && tokens.some((other, j) => !counts[j] && other === id));
}
