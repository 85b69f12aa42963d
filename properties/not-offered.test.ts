/** Laws skip the models that an engine does not offer. */
import { expect, test } from "vitest";
import { NotOffered } from "../src/decoder.ts";
import { lawById } from "../src/laws/index.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";

/** An engine that throws at the start of every model that it does not offer. */
const engine = (offers: (model: Model) => boolean, error: Error) =>
  defineSubject({
    name: "picky",
    build: (model) => ({
      start: () => {
        if (!offers(model)) throw error;
        return referenceDecoder(model.config, model.weights).start();
      },
    }),
    only: { slidingWindow: null },
    arithmetic: "float64",
  });

const hasNoWindow = ({ config }: Model) => config.slidingWindow === null;
const notOffered = new NotOffered("picky: config.slidingWindow must be null");

test.for(["window-receptive-field", "full-width-window"])(
  "%s is not offered if every case is refused",
  async (id) => {
    const subject = engine(hasNoWindow, notOffered);
    const verdict = await runLaw(lawById(id), subject, { seed, runs: 30 });
    expect(verdict).toMatchObject({ status: "not offered", missing: ["build"], cases: 0 });
  },
);

test("a law is kept if enough of the offered cases meet its precondition", async () => {
  const law = lawById("cache-equality");
  const subject = engine(({ config }) => config.vocabSize % 4 === 0, notOffered);
  const verdict = await runLaw(law, subject, { seed, runs: 1000 });
  expect(verdict.status).toBe("kept");
  expect(verdict.reached).toBeLessThan(law.precondition.floor * verdict.cases);
});

test("any other error breaks the law", async () => {
  const subject = engine(hasNoWindow, new RangeError("no such window"));
  const verdict = await runLaw(lawById("window-receptive-field"), subject, { seed, runs: 30 });
  expect(verdict.status).toBe("broken");
  expect(verdict.failure?.message).toBe("threw no such window");
});
