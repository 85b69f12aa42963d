/** Every law on the decoders of this project, as users test theirs. */
import { reference, referenceTiled } from "../src/subjects/reference.ts";
import { describeLaws } from "../src/vitest.ts";

for (const subject of [reference, referenceTiled]) describeLaws(subject, { runs: 500 });
