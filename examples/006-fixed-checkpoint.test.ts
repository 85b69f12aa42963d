/** The laws of one checkpoint, in vitest. */
import { describeLaws } from "causalgate/vitest";
import subject from "./006-fixed-checkpoint.ts";

describeLaws(subject, { runs: 100 });
