/** The law on an engine that keeps it, and on one with a bug that it finds, in vitest. */
import { defineSubject } from "causalgate";
import { describeLaws } from "causalgate/vitest";
import engine, { engine as build, only } from "./001-own-engine.ts";
import { emptyRewind } from "./004-own-law.ts";

describeLaws(engine, { laws: [emptyRewind] });

const forgetful = defineSubject({
  name: "an engine whose rewind empties the cache",
  only,
  arithmetic: "float64",
  capabilities: ["rewind"],
  build: (model) => ({
    start() {
      const sequence = build(model).start();
      const { rewind } = sequence;
      return Object.assign(sequence, { rewind: () => rewind.call(sequence, 0) });
    },
  }),
});

describeLaws(forgetful, {
  laws: [emptyRewind],
  knownFailures: { "empty-rewind": "its bug, for the sake of the example" },
});
