/** Preloaded by Node: `causalgate` is the source of this repository. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const [name, entry = "index"] = specifier.split("/");
    if (name !== "causalgate") return next(specifier, context);
    return next(new URL(`../../src/${entry}.ts`, import.meta.url).href, context);
  },
});
