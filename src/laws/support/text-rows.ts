import fc from "fast-check";
import type { PromptRow } from "../../generation/generate.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import { type Asked, type Request, requests } from "./texts.ts";

export interface TextRowsCase {
  candidate: Candidate;
  request: Request;
  others: Pick<Request, "prompt" | "seed">[];
}

/** The fields of {@link Rows}, as arbitraries. */
export function rowCases(subject: LogitsSubject, maxNewTokens: number) {
  const request = requests(subject, maxNewTokens);
  const other = request.map(({ prompt, seed }) => ({ prompt, seed }));
  return { candidate: subject.candidates, request, others: fc.array(other, { maxLength: 3 }) };
}

/** A request, and further rows of its batch with the same options. */
export const rowsOf = ({ request, others }: TextRowsCase): Request[] => [
  request,
  ...others.map((other) => ({ ...request, ...other })),
];

/** One row as a batch takes it. */
export const batchRow = ({ prompt, fresh }: Asked): PromptRow => ({
  prompt,
  random: fresh().random!,
});
