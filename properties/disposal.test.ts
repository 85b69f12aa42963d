/** All laws wait for every answer of a sequence before they dispose of it. */
import { test } from "vitest";
import type { Decoder, Sequence } from "../src/decoder.ts";
import { laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { expectKept, seed } from "./support.ts";

/** A decoder that answers on a later turn, and fails if its sequence was disposed of. */
function late(decoder: Decoder): Decoder {
  return { ...decoder, start: async (position) => lateSequence(await decoder.start(position)) };
}

function lateSequence(sequence: Sequence): Sequence {
  let isOpen = true;
  const answer = async <T>(ask: () => Promise<T>): Promise<T> => {
    await new Promise(setImmediate);
    if (!isOpen)
      throw new Error("a sequence must be there until it has answered, got it disposed of");
    return ask();
  };
  return {
    get length() {
      return sequence.length;
    },
    append: (tokens) => answer(() => sequence.append(tokens)),
    appendAll: (tokens) => answer(() => sequence.appendAll(tokens)),
    rewind: (length) => answer(() => sequence.rewind(length)),
    fork: () => answer(async () => lateSequence(await sequence.fork())),
    poison: () => answer(async () => sequence.poison?.()),
    [Symbol.asyncDispose]: async () => {
      isOpen = false;
    },
  };
}

const subject: Subject = {
  ...reference,
  name: "late",
  build: (model) => late(reference.build!(model)),
  candidates: reference.candidates.map((candidate) => ({
    ...candidate,
    decoder: late(candidate.decoder),
  })),
};

/** Laws of samplers are left out: a sampler never waits. */
const offered = laws.filter(
  (law) => law.kind === "logits" && missingNeeds(law, subject).length === 0,
);

test.for(offered)("$id waits for every answer", async (law, { task }) => {
  const verdict = await runLaw(law, subject, { seed, runs: 8 });
  task.meta.cases = verdict.cases;
  expectKept(verdict);
});
