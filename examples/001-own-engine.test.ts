/** Every law on the engine, in vitest: `npx vitest run 001-own-engine.test.ts`. */
import { describeLaws } from "causalgate/vitest";
import engine from "./001-own-engine.ts";

describeLaws(engine);
