import fc from "fast-check";
import type { PromptRow } from "../../generation/generate.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import { type DecoderRequest, type GenerationRequest, requests } from "./texts.ts";

export interface TextRowsCase {
  candidate: Candidate;
  request: GenerationRequest;
  others: Pick<GenerationRequest, "prompt" | "seed">[];
}

/** Returns the fields of a {@link TextRowsCase} as arbitraries. */
export function rowCases(subject: LogitsSubject, maxNewTokens: number) {
  const request = requests(subject, maxNewTokens);
  const other = request.map(({ prompt, seed }) => ({ prompt, seed }));
  return { candidate: subject.candidates, request, others: fc.array(other, { maxLength: 3 }) };
}

/** Returns the request and the further rows of its batch, which have its options. */
export const rowsOf = ({ request, others }: TextRowsCase): GenerationRequest[] => [
  request,
  ...others.map((other) => ({ ...request, ...other })),
];

/** Returns one row of a call of `generateBatch`. */
export const batchRow = ({ prompt, fresh }: DecoderRequest): PromptRow => ({
  prompt,
  random: fresh().random!,
});
