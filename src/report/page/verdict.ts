/** The first screen: the verdict, the speed, the cost, and the machine. */
import { grouped, si, significant } from "../../io/numbers.ts";
import { type PastRun, runTime } from "../../io/run-record.ts";
import { enginesPackage } from "../../verify/engines-table.ts";
import {
  differsFromOne,
  enginesFinding,
  errorFinding,
  flopsFinding,
  goldensFinding,
  headline,
  labelledCost,
  labelledSpeed,
  lawsFinding,
  mediansFinding,
  mutantsFinding,
} from "../findings.ts";
import { goldensCommand, subjectsOf, subjectText } from "../origin.ts";
import { schemas, type TableRow } from "../schemas.ts";
import {
  costSummary,
  type EngineSummary,
  goldenSummary,
  isRight,
  type LawSummary,
  lawSummary,
  otherEngines,
  speedSummary,
  toleranceShare,
} from "../summaries.ts";
import type { Reports, Tables } from "../tables.ts";
import { type Content, type Html, html } from "./html.ts";
import { source, toRun } from "./sources.ts";

export function verdictSection({ tables, runs }: Reports): Html {
  const right = isRight(tables);
  const state = right === null ? "unknown" : right ? "right" : "wrong";
  const mark = html`<span aria-hidden="true">${marks[state]}</span>`;
  return html`<section id="verdict">
<h1 class="${state}">${mark} ${headline(tables)}</h1>
${lead(tables)}
${lawStrip(tables)}
${failures(tables)}
<div class="answers">
${answer(`Is ${subjectText(tables)} right?`, rightAnswer(tables))}
${answer("How fast is the reference decoder?", speedAnswer(tables))}
${answer("At what cost?", costAnswer(tables))}
</div>
${machine(runs)}
</section>`;
}

const marks = { right: "✓", wrong: "✗", unknown: "?" };

function lead(tables: Tables): Html {
  const [laws, goldens] = [lawSummary(tables), goldenSummary(tables)];
  if (laws === null && goldens === null) {
    return html`<p>${toRun("npx causalgate gate")} runs the laws, and writes this page again.</p>`;
  }
  const evidence = [
    ...(laws === null
      ? []
      : [`${grouped(laws.cases)} generated cases of the subject ${subjectsOf(tables).join(", ")}`]),
    ...(goldens === null ? [] : [`${grouped(goldens.logits)} recorded logits`]),
  ];
  return html`<p>Judged by ${evidence.join(" and ")}.${publishedNote(tables)}</p>`;
}

/** Returns a note that distinguishes tables of the last full run from those of this run. */
function publishedNote({ laws, ...others }: Tables): string | null {
  const isPublished = (table?: { readonly file: string }) => table?.file.startsWith("published/");
  if (laws === undefined || isPublished(laws) || !Object.values(others).some(isPublished)) {
    return null;
  }
  return " Numbers with a link to published/ are of an earlier full run of the reference decoder.";
}

/** A square for every law; the state of a law shows in its shape, not by colour alone. */
function lawStrip(tables: Tables): Html | null {
  const laws = lawSummary(tables);
  if (laws === null) return null;
  const squares = laws.rows.map((row) => {
    const state = laws.failing.includes(row) ? "failing" : row.status.replaceAll(" ", "-");
    return html`<i class="${state}" title="${row.law}: ${row.name}: ${row.status}"></i>`;
  });
  return html`<div class="strip" role="img" aria-label="${lawsFinding(laws)}">${squares}</div>`;
}

function failures(tables: Tables): Html | null {
  const failing = lawSummary(tables)?.failing ?? [];
  const broken = goldenSummary(tables)?.broken ?? [];
  if (failing.length + broken.length === 0) return null;
  return html`<ul class="failures">
${failing.map(
  (row) =>
    html`<li><a href="#${row.law}">${row.law} ${row.name}</a>: <b>${row.status}</b>${
      row.error === null && row.reason === null ? null : html`<br>${row.error ?? row.reason}`
    }${
      row.replay === null
        ? null
        : html`<br><code>npx causalgate verify --subject ${row.subject} --replay ${row.replay}</code>`
    }</li>`,
)}
${broken.map(
  (row) =>
    html`<li><b>${row.fixture}</b>: recorded by ${row.by}, ${errorFinding(row.largest_error, row.tolerance)}</li>`,
)}
</ul>`;
}

function answer(question: string, content: Content): Html {
  return html`<article><h2>${question}</h2>${content}</article>`;
}

function rightAnswer(tables: Tables): Content {
  const laws = lawSummary(tables);
  const goldens = goldenSummary(tables);
  const engines = otherEngines(tables);
  const big =
    laws === null
      ? null
      : html`<p class="big">${laws.kept.length}<small> of ${laws.rows.length} laws kept</small></p>`;
  return html`${big}${list([
    laws === null
      ? html`No laws yet: ${toRun("npx causalgate gate")}`
      : html`${lawsFinding(laws)} ${source(tables.laws, ["status", "cases"])}`,
    laws?.nearest && nearestFact(laws.nearest),
    goldens === null
      ? html`No golden logits in this run: ${toRun(goldensCommand(tables))}`
      : html`${goldensFinding(goldens)} ${source(tables.goldens, ["fixture", "largest_error", "tolerance"])}`,
    engines.length === 0
      ? html`No other engine was tested: ${toRun(enginesPackage)}, then ${toRun(schemas.engines.command)}`
      : enginesFact(engines, source(tables.engines, ["engine", "law", "status"])),
    tables.mutants &&
      html`${mutantsFinding(tables.mutants.rows)}: <a href="#mutants">the kill matrix</a>`,
  ])}`;
}

function nearestFact(row: NonNullable<LawSummary["nearest"]>): Html {
  const share = `${significant(100 * toleranceShare(row)!)} % of the tolerance`;
  return html`Largest error ${errorFinding(row.worst_error, row.worst_allowed)}: ${share}, in <a href="#${row.law}">${row.law}</a>`;
}

function enginesFact(engines: readonly EngineSummary[], from: Html | null): Html {
  const finding = enginesFinding(engines);
  if (engines.every(({ failing }) => failing === 0)) return html`${finding} ${from}`;
  return html`<span class="bad">✗ ${finding}</span> ${from}`;
}

function speedAnswer(tables: Tables): Content {
  const speed = speedSummary(tables);
  if (speed === null) return list([html`Nothing was timed: ${toRun("npx causalgate gate")}`]);
  const { ratio, cached, naive } = speed;
  const [cachedMs, naiveMs] = [cached?.median_ms ?? null, naive?.median_ms ?? null];
  return html`${speedBig(ratio)}
${list([
  html`${labelledSpeed(tables, ratio)} ${source(tables.ratios, ["ratio_median", "ratio_ci_lo", "ratio_ci_hi"])}`,
  flopsFinding(ratio),
  `the ratio is the median over ${ratio.pairs} pairs of runs in ${ratio.processes} processes`,
  cachedMs !== null &&
    naiveMs !== null &&
    html`${mediansFinding(cachedMs, naiveMs)} ${source(tables.latency, ["median_ms"])}`,
  ratio.tokens_identical === true
    ? "the same tokens both ways, checked in the timed runs"
    : html`<b class="bad">✗ other tokens without the cache</b>`,
  ratio.verdict === "void_control_moved" &&
    html`<b class="bad">✗ void: the control moved while this was timed</b>`,
])}`;
}

function speedBig({ ratio_median, ratio_ci_lo, ratio_ci_hi }: TableRow<"ratios">): Html {
  if (!differsFromOne(ratio_ci_lo, ratio_ci_hi)) {
    return html`<p class="big"><small>no proven difference without the cache</small></p>`;
  }
  return html`<p class="big">${significant(ratio_median!)}×<small> as long without the cache</small></p>`;
}

function costAnswer(tables: Tables): Content {
  const cost = costSummary(tables);
  if (cost === null) return list([html`Nothing was priced: ${toRun("npx causalgate gate")}`]);
  const { model, gen_len: tokens, total_exact_causal: flops } = cost.cached;
  const parameters = tables.parameters?.rows.find(
    (row) => row.model === model && row.component === "total",
  );
  const one = tables.flops?.rows.findLast((row) => row.model === model && row.phase === "decode");
  const work = `for ${tokens} tokens of ${model}`;
  return html`<p class="big">${si(flops, "FLOP")}<small> ${work}</small></p>
${list([
  html`${labelledCost(tables, cost)} ${source(tables.flops, ["total_exact_causal"])}`,
  one !== undefined && `${si(one.total_exact_causal, "FLOP")} for one token after ${one.n_or_c}`,
  parameters !== undefined &&
    html`${grouped(parameters.parameters)} parameters ${source(tables.parameters, ["parameters"])}`,
  html`Llama, Mistral, Qwen, GPT-2 on eight devices: <a href="#explorer">the cost explorer</a>`,
])}`;
}

function list(facts: readonly Content[]): Html {
  const given = facts.filter((fact) => fact !== null && fact !== false && fact !== undefined);
  return html`<ul>${given.map((fact) => html`<li>${fact}</li>`)}</ul>`;
}

/** The run that wrote laws.csv, or the newest one, and its machine. */
function machine(runs: readonly PastRun[]): Html | null {
  const run = runs.findLast(({ sha256 }) => "laws.csv" in sha256) ?? runs.at(-1);
  if (run === undefined) return null;
  const commit = run.git_commit === null ? "outside git" : `commit ${run.git_commit.slice(0, 7)}`;
  const facts = [
    runTime(run.run_id),
    `seed ${run.seed}`,
    `${commit}${run.git_dirty ? " with changes" : ""}`,
    `${run.cpu}, ${run.cores} cores, ${si(run.memory_bytes, "B")}`,
    `load ${run.load_average.toFixed(1)}`,
    `Node ${run.node.replace(/^v/, "")}, V8 ${run.v8}`,
    run.platform,
  ];
  return html`<p><small>${facts.join("; ")}; <a href="#runs">all runs</a></small></p>`;
}
