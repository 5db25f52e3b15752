// Every panel and every rule against a real Prometheus that scrapes real programs: while all is well, and when things have failed.
//
//   node prove.mjs BIN-DIRECTORY WORK-DIRECTORY [--show]     --show prints what each query answers with

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { busy, failed, healthy, serverGone } from './acts.mjs';
import { Office } from './office.mjs';
import { Dashboards, expanded, json, metricsNamed } from './panels.mjs';
import { missed } from './planted.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const shipped = join(root, 'dashboards');
const [bin, dir, ...options] = process.argv.slice(2);
const show = options.includes('--show');

const dashboards = new Dashboards(shipped, join(here, 'expected'));
const expectedRules = json(join(here, 'expected/rules.json'));
const faults = [...dashboards.faults(), ...missed(dashboards)];
let asked = 0;
const ACTS = [healthy, failed, busy];

const office = new Office(bin, dir, join(shipped, 'prometheus'));
try {
  await office.open();
  for (const [at, act] of ACTS.entries()) {
    const facts = await act(office);
    told(`${act.name}: ${Math.round(performance.now() / 1000)} s after the beginning`);
    for (const query of dashboards.queries()) await holds(query, at, facts);
    for (const rule of await office.prometheus.rules()) await ruleHolds(rule, at, facts);
  }
  await variablesOffer();
  await allMetricsAreExported();
  await runbooksExist();
  for (const [what, expr, wanted] of await serverGone(office)) await compare(what, expr, [], wanted, {});
} catch (error) {
  faults.push(String(error.stack));
  for (const file of readdirSync(dir).filter((name) => name.endsWith('.log'))) {
    console.error(`-- ${file}\n${office.programs.said(file.replace('.log', '')).split('\n').slice(-15).join('\n')}`);
  }
} finally {
  await office.close();
}
for (const fault of faults) console.error(`FAILED  ${fault}`);
if (faults.length > 0) process.exit(1);
told(`ok      ${dashboards.all.length} dashboards: ${asked} answers are as expected, ${Math.round(performance.now() / 1000)} s`);

/** Whether an act has anything to say about a query: the third one only where it is told. */
function isTold(wanted, at) {
  return at < 2 || wanted.length > at;
}

async function holds({ where, expr, labels, variables, wanted }, at, facts) {
  if (wanted === undefined) {
    if (show) wanted = ['none', 'none', 'none'];
    else return faults.push(`${where}: nothing is expected of it`);
  }
  if (!isTold(wanted, at)) return;
  const of = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, Array.isArray(value) ? value[at] : value]));
  return compare(`${where}, ${ACTS[at].name}`, expanded(expr, { ...of, __range: '5m', __rate_interval: '5m' }), labels, wanted[at], facts);
}

/** A rule's expression, and of a recording rule what was recorded. */
async function ruleHolds({ type, name, query, labels }, at, facts) {
  const key = labels?.fault ? `${name}, ${labels.fault}` : name;
  const rule = expectedRules[key] ?? (show && { wanted: ['none', 'none'], by: ['room', 'check', 'profile', 'server'] });
  if (!rule) return faults.push(`${key}: nothing is expected of it`);
  if (!isTold(rule.wanted, at)) return;
  const state = ACTS[at].name;
  await compare(`${key}, ${state}`, query, rule.by ?? [], rule.wanted[at], facts);
  const fault = labels?.fault ? `{fault="${labels.fault}"}` : '';
  if (type === 'recording') await compare(`${key} as recorded, ${state}`, `${name}${fault}`, rule.by ?? [], rule.wanted[at], facts);
}

async function compare(where, expr, labels, wanted, facts) {
  asked += 1;
  const series = await office.prometheus.query(expr, facts.now);
  const found = Object.fromEntries(series.map((one) => [labels.map((label) => one.labels[label] ?? '').join(' '), one.value]));
  if (show) told(`${where}: ${JSON.stringify(found)}`);
  const map = wanted === 'none' ? {} : typeof wanted === 'object' ? wanted : { '': wanted };
  const resolved = Object.fromEntries(Object.entries(map).map(([key, value]) => [key, meant(value, facts)]));
  const keys = [...new Set([...Object.keys(found), ...Object.keys(resolved)])];
  const wrong = keys.filter((key) => !isNear(found[key], resolved[key] ?? {}));
  if (series.length !== Object.keys(found).length) faults.push(`${where}: two series are told apart by nothing: ${JSON.stringify(series)}`);
  if (wrong.length > 0) {
    const differs = wrong.map((key) => `${key || 'value'} is ${found[key]} and not ${resolved[key]?.wanted}`).join('; ');
    faults.push(`${where}: ${differs}\n        ${expr}`);
  }
}

/**
 * A number, or the name of a fact. “name × 8” is one in another unit, “name ± 3” an age, which grows between two looks, and
 * “name?” need not be there.
 */
function meant(value, facts) {
  if (typeof value === 'number') return { wanted: value };
  const [, name, optional, , factor = 1, , slack = 0] = /^(.*?)(\?)?( × (\S+))?( ± (\S+))?$/.exec(value);
  if (!optional && facts[name] === undefined) throw new Error(`nobody knows “${name}”`);
  return { wanted: facts[name] === undefined ? undefined : facts[name] * factor, slack: Number(slack) };
}

/** Within 10 %, of a moment 10 % of how far that is away. */
function isNear(found, { wanted, slack = 0 }) {
  if (found === undefined || wanted === undefined) return found === wanted;
  const distance = (value) => (Math.abs(value) > 1e12 ? value - Date.now() : value);
  return Math.abs(found - wanted) <= 0.1 * Math.abs(distance(wanted)) + slack;
}

async function variablesOffer() {
  const offered = json(join(here, 'expected/variables.json'));
  for (const { uid, templating } of dashboards.all) {
    for (const { name, type, query } of templating.list.filter((variable) => variable.type === 'query')) {
      const found = (await office.prometheus.labelValues(expanded(query.query, { site: '.*' }))).join(' ');
      if (found !== offered[name]) faults.push(`${uid}: the ${type} ${name} offers “${found}” and not “${offered[name]}”`);
    }
  }
}

async function allMetricsAreExported() {
  const exported = new Set(await office.prometheus.metricNames());
  const built = join(shipped, 'grafana/provisioning/dashboards/siaga');
  const files = [
    ...readdirSync(built).map((name) => join(built, name)),
    ...['rules.yml', 'alerts.yml', 'tests/rules.yml', 'tests/alerts.yml'].map((name) => join(shipped, 'prometheus', name)),
    join(shipped, 'README.md'),
    join(root, 'README.md'),
    ...readdirSync(join(root, 'docs'), { recursive: true }).filter((name) => name.endsWith('.md')).map((name) => join(root, 'docs', name)),
  ];
  const elsewhere = new Set(json(join(here, 'expected/no-metrics.json')));
  const unused = new Set(elsewhere);
  for (const file of files) {
    for (const name of metricsNamed(readFileSync(file, 'utf8'))) {
      unused.delete(name);
      if (!exported.has(name) && !elsewhere.has(name)) faults.push(`${file.slice(root.length + 1)} names ${name}, which nothing exports`);
    }
  }
  for (const name of unused) faults.push(`no text names ${name} any more`);
}

async function runbooksExist() {
  const book = readFileSync(join(root, 'docs/runbooks.md'), 'utf8');
  const tests = readFileSync(join(shipped, 'prometheus/tests/alerts.yml'), 'utf8');
  for (const { name, annotations } of (await office.prometheus.rules()).filter(({ type }) => type === 'alerting')) {
    if (annotations.runbook !== `docs/runbooks.md#${name.toLowerCase()}`) faults.push(`${name} names no runbook`);
    if (!book.includes(`\n## ${name}\n`)) faults.push(`docs/runbooks.md has no section ${name}`);
    if (!tests.includes(`alertname: ${name}, exp_alerts: []`)) faults.push(`no test shows ${name} silent`);
    if (!tests.includes(`alertname: ${name}\n        exp_alerts:\n`)) faults.push(`no test shows ${name} firing`);
  }
}

function told(words) {
  console.log(words);
}
