/** Every law on this project's own decoders, as their users test theirs. */
import { reference, referenceTiled } from "../src/subjects/reference.ts";
import { describeLaws } from "../src/vitest.ts";

for (const subject of [reference, referenceTiled]) describeLaws(subject, { runs: 500 });
