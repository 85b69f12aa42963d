import type { Sizes } from "../../arbitraries/sizes.ts";
import type { PromptRow } from "../../generation/generate.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import { type DecoderRequest, type GenerationRequest, requests } from "./texts.ts";

export interface TextRowsCase {
  candidate: Candidate;
  request: GenerationRequest;
  others: Pick<GenerationRequest, "prompt" | "seed">[];
}

/** Returns the fields of a {@link TextRowsCase} as arbitraries. */
export function rowCases(subject: LogitsSubject, sizes: Sizes, maxNewTokens: number) {
  const request = requests(subject, sizes, maxNewTokens);
  const other = request.map(({ prompt, seed }) => ({ prompt, seed }));
  const others = sizes.rows(other, { min: 0, max: 3 });
  return { candidate: subject.candidates, request, others };
}

/** Returns the request and the further rows of its batch, which have its options. */
export const rowsOf = ({ request, others }: TextRowsCase): GenerationRequest[] => [
  request,
  ...others.map((other) => ({ ...request, ...other })),
];

/** Returns one row of a call of `generateBatch`. */
export const batchRow = ({ prompt, fresh }: DecoderRequest): PromptRow => {
  const { random } = fresh();
  return { prompt, ...(random && { random }) };
};
