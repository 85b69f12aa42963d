/**
 * The smallest engine, in JavaScript: it keeps no cache and computes the whole sequence at every
 * call. Put your own kernels in the place of `forward`.
 */
import { checkAppend, checkRewind, defineSubject, forward } from "causalgate";

export default defineSubject({
  name: "own engine without a cache",
  arithmetic: "float64",
  bitwise: true,
  capabilities: ["rewind"],
  build: ({ config, weights }) => ({
    start() {
      let held = [];
      return {
        get length() {
          return held.length;
        },
        append(tokens) {
          checkAppend(config, held.length, tokens);
          held = [...held, ...tokens];
          return Float64Array.from(forward(config, weights, held).at(-1));
        },
        rewind(length) {
          checkRewind(held.length, length);
          held = held.slice(0, length);
        },
      };
    },
  }),
});
