/** The first screen: is the decoder right, how fast is it, at what cost, and on which machine. */
import { duration, grouped, scientific, si, significant } from "../../io/numbers.ts";
import type { PastRun } from "../../io/run-record.ts";
import { schemas } from "../schemas.ts";
import {
  costStanding,
  engineStandings,
  goldenStanding,
  isRight,
  lawStanding,
  speedStanding,
  toleranceShare,
} from "../standing.ts";
import type { Reports, Tables } from "../tables.ts";
import { type Content, type Html, html } from "./html.ts";
import { source, toRun, when } from "./sources.ts";

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
${answer("Is the decoder right?", rightAnswer(tables))}
${answer("How fast is it?", speedAnswer(tables))}
${answer("At what cost?", costAnswer(tables))}
</div>
${machine(runs)}
</section>`;
}

const marks = { right: "✓", wrong: "✗", unknown: "?" };

/** The verdict as one line of plain text. */
export function headline(tables: Tables): string {
  const [laws, goldens] = [lawStanding(tables), goldenStanding(tables)];
  const failing = laws?.failing ?? [];
  const broken = failing.filter(({ status }) => status === "broken").length;
  const unproven = failing.length - broken;
  const wrong = [
    ...(broken > 0 ? [`${broken} of ${laws?.rows.length} laws`] : []),
    ...(goldens?.broken.length
      ? [`${goldens.broken.length} of ${goldens.rows.length} recordings`]
      : []),
  ];
  if (wrong.length > 0) {
    const rest = unproven > 0 ? `; nothing is proven of ${unproven} more` : "";
    return `The decoder breaks ${wrong.join(" and ")}${rest}`;
  }
  if (unproven > 0) return `Nothing is proven of ${unproven} of ${laws?.rows.length} laws`;
  if (laws !== null) {
    const judged = laws.rows.length - laws.notOffered.length;
    return `The decoder keeps ${judged === laws.kept.length ? "all " : ""}${laws.kept.length} laws`;
  }
  return goldens === null ? "Nothing has been judged yet" : "The decoder gives the recorded logits";
}

function lead(tables: Tables): Html {
  const [laws, goldens] = [lawStanding(tables), goldenStanding(tables)];
  if (laws === null && goldens === null) {
    return html`<p>${toRun("npm start")} tries the laws, and writes this page anew.</p>`;
  }
  const tried = [
    ...(laws === null
      ? []
      : [`${grouped(laws.cases)} generated cases of the subject ${laws.subjects.join(", ")}`]),
    ...(goldens === null ? [] : [`${grouped(goldens.logits)} recorded logits`]),
  ];
  return html`<p>Judged by ${tried.join(" and ")}.</p>`;
}

/** A square for every law: what is not kept differs in shape too. */
function lawStrip(tables: Tables): Html | null {
  const laws = lawStanding(tables);
  if (laws === null) return null;
  const squares = laws.rows.map((row) => {
    const state = laws.failing.includes(row) ? "failing" : row.status.replaceAll(" ", "-");
    return html`<i class="${state}" title="${row.law}: ${row.name}: ${row.status}"></i>`;
  });
  const said = `${laws.kept.length} laws kept, ${laws.failing.length} failing, ${laws.notOffered.length} not offered`;
  return html`<div class="strip" role="img" aria-label="${said}">${squares}</div>`;
}

function failures(tables: Tables): Html | null {
  const failing = lawStanding(tables)?.failing ?? [];
  const broken = goldenStanding(tables)?.broken ?? [];
  if (failing.length + broken.length === 0) return null;
  return html`<ul class="failures">
${failing.map(
  (row) =>
    html`<li><a href="#${row.law}">${row.law} ${row.name}</a>: <b>${
      row.canary_seen === false ? "blind" : row.status
    }</b>${row.error === null ? null : html`<br>${row.error}`}${
      row.replay === null
        ? null
        : html`<br><code>npx causalgate verify --subject ${row.subject} --replay ${row.replay}</code>`
    }</li>`,
)}
${broken.map(
  (row) =>
    html`<li><b>${row.fixture}</b>: recorded by ${row.by}, ${errorText(row.largest_error, row.tolerance)}</li>`,
)}
</ul>`;
}

function answer(question: string, content: Content): Html {
  return html`<article><h2>${question}</h2>${content}</article>`;
}

function rightAnswer(tables: Tables): Content {
  const laws = lawStanding(tables);
  const goldens = goldenStanding(tables);
  const engines = engineStandings(tables);
  const killed = tables.mutants?.rows.filter(({ status }) => status === "killed").length;
  const agreeing = engines.filter(({ failing }) => failing === 0).length;
  const big =
    laws === null
      ? null
      : html`<p class="big">${laws.kept.length}<small> of ${laws.rows.length} laws kept</small></p>`;
  const facts: Content[] = [
    laws === null
      ? html`No laws yet: ${toRun("npm start")}`
      : html`${laws.failing.length} failing, ${laws.notOffered.length} not offered; ${grouped(laws.cases)} cases ${source(tables.laws, ["status", "cases"])}`,
    laws?.nearest &&
      html`Largest error ${errorText(laws.nearest.worst_error, laws.nearest.worst_allowed)}: ${significant(100 * toleranceShare(laws.nearest)!)} % of the tolerance, in <a href="#${laws.nearest.law}">${laws.nearest.law}</a>`,
    goldens === null
      ? html`No golden logits yet: ${toRun("npm start")}`
      : html`${goldens.rows.length - goldens.broken.length} of ${goldens.rows.length} recordings of logits matched, the worst ${errorText(goldens.nearest.largest_error, goldens.nearest.tolerance)} ${source(tables.goldens, ["fixture", "largest_error", "tolerance"])}`,
    engines.length === 0
      ? html`No other engine was judged: ${toRun(schemas.engines.command)}`
      : html`${enginesText(agreeing, engines.length)} ${source(tables.engines, ["engine", "law", "status"])}`,
    tables.mutants &&
      html`These laws kill ${killed} of ${tables.mutants.rows.length} real bugs, <a href="#mutants">planted one at a time</a>`,
  ];
  return html`${big}${list(facts)}`;
}

function enginesText(agreeing: number, all: number): Html {
  const text = `${agreeing} of ${all} other engines keep every law that they can be asked`;
  return agreeing === all ? html`${text}` : html`<span class="bad">✗ ${text}</span>`;
}

function errorText(error: number | null, allowed: number | null): string {
  const most = allowed === null ? "nothing" : scientific(allowed);
  return `${error === null ? "not a number" : scientific(error)} of ${most}`;
}

function speedAnswer(tables: Tables): Content {
  const speed = speedStanding(tables);
  if (speed === null) return list([html`Nothing was timed: ${toRun("npm start")}`]);
  const { ratio, cached, naive } = speed;
  const { ratio_ci_lo: low, ratio_ci_hi: high, flops_ratio_predicted: predicted } = ratio;
  const moved = ratio.verdict === "void_control_moved";
  const interval =
    low === null || high === null
      ? "No interval"
      : `95 % interval ${significant(low)} to ${significant(high)}`;
  const time = (row: typeof cached) =>
    row?.median_ms == null ? "not timed" : duration(row.median_ms / 1000);
  const times = significant(ratio.ratio_median!);
  return html`<p class="big">${times}×<small> as long without the cache</small></p>
${list([
  html`${interval}, over ${ratio.pairs} pairs in ${ratio.processes} processes ${source(tables.ratios, ["ratio_median", "ratio_ci_lo", "ratio_ci_hi"])}`,
  html`${ratio.model}, ${ratio.gen_len} tokens after ${ratio.prompt_len}: ${time(cached)} cached, ${time(naive)} naive ${source(tables.latency, ["median_ms"])}`,
  predicted === null ? null : `${significant(predicted)} times the FLOPs, counted exactly`,
  ratio.tokens_identical === true
    ? "The same tokens both ways, audited in the timed runs"
    : html`<b class="bad">✗ other tokens without the cache</b>`,
  moved && html`<b class="bad">✗ void: the control moved while this was timed</b>`,
])}`;
}

function costAnswer(tables: Tables): Content {
  const cost = costStanding(tables);
  if (cost === null) return list([html`Nothing was priced: ${toRun("npm start")}`]);
  const { cached, naive } = cost;
  const { model, gen_len: tokens, prompt_len: prompt } = cached;
  const parameters = tables.parameters?.rows.find(
    (row) => row.model === model && row.component === "total",
  );
  const one = tables.flops?.rows.findLast((row) => row.model === model && row.phase === "decode");
  return html`<p class="big">${si(cached.total_exact_causal, "FLOP")}<small> for ${tokens} tokens</small></p>
${list([
  html`${si(naive.total_exact_causal, "FLOP")} without the cache; ${model}, a prompt of ${prompt} ${source(tables.flops, ["total_exact_causal"])}`,
  one !== undefined && `${si(one.total_exact_causal, "FLOP")} for one token after ${one.n_or_c}`,
  parameters !== undefined &&
    html`${grouped(parameters.parameters)} parameters ${source(tables.parameters, ["parameters"])}`,
  html`Llama, Mistral, Qwen, GPT-2 on eight devices: <a href="#explorer">the cost explorer</a>`,
])}`;
}

function list(facts: readonly Content[]): Html {
  const said = facts.filter((fact) => fact !== null && fact !== false && fact !== undefined);
  return html`<ul>${said.map((fact) => html`<li>${fact}</li>`)}</ul>`;
}

/** The run that judged, or the newest one, and the machine that it was on. */
function machine(runs: readonly PastRun[]): Html | null {
  const run = runs.findLast(({ sha256 }) => "laws.csv" in sha256) ?? runs.at(-1);
  if (run === undefined) return null;
  const commit = run.git_commit === null ? "outside git" : `commit ${run.git_commit.slice(0, 7)}`;
  const facts = [
    when(run.run_id),
    `seed ${run.seed}`,
    `${commit}${run.git_dirty ? " with changes" : ""}`,
    `${run.cpu}, ${run.cores} cores, ${si(run.memory_bytes, "B")}`,
    `load ${run.load_average.toFixed(1)}`,
    `Node ${run.node.replace(/^v/, "")}, V8 ${run.v8}`,
    run.platform,
  ];
  return html`<p><small>${facts.join("; ")}; <a href="#runs">all runs</a></small></p>`;
}
