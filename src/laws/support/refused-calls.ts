import type { Sequence } from "../../decoder.ts";
import { InvalidLogits } from "../../subjects/checked-decoder.ts";
import type { Candidate } from "../../subjects/subject.ts";
import { expectThat } from "./expect.ts";

export interface FilledCase {
  candidate: Candidate;
  raw: number[];
}

/** @throws {LawBroken} unless the call rejects and leaves the length as it was */
export async function expectSequenceRefuses(
  sequence: Sequence,
  what: string,
  call: () => Promise<unknown>,
) {
  const { length } = sequence;
  const refused = await call().then(
    () => false,
    (error) => error instanceof Error && !(error instanceof InvalidLogits),
  );
  expectThat(refused, `${what} was accepted`);
  const now = `${what} was refused, but the length went from ${length} to ${sequence.length}`;
  expectThat(sequence.length === length, now);
}
