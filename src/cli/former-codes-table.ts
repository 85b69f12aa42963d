/** former-codes.csv: the laws by their former codes, as in `causalgate laws --former-codes`. */
import { defineTable, type RowOf, text } from "../io/table.ts";
import { formerCodes } from "../laws/former-codes.ts";
import { lawById } from "../laws/index.ts";

export const formerCodesTable = defineTable({
  file: "former-codes.csv",
  command: "npx causalgate laws --former-codes --format csv",
  about: "The former code of one law.",
  columns: {
    code: text("former code, which stays valid"),
    law: text("id of the law"),
    name: text("name of the law in words"),
  },
});

/** Returns one row for each former code. */
export function formerCodeRows(): RowOf<typeof formerCodesTable>[] {
  return Object.entries(formerCodes).map(([code, law]) => {
    return { code, law, name: lawById(law).name };
  });
}
