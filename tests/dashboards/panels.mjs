// Dashboards and rules as they are shipped: their queries, what is expected of each, and what can be said of them without asking anybody.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export class Dashboards {
  constructor(shipped, expected) {
    const built = join(shipped, 'grafana/provisioning/dashboards/siaga');
    this.all = readdirSync(built).map((file) => json(join(built, file)));
    this.expected = Object.fromEntries(this.all.map(({ uid }) => [uid, json(join(expected, `${uid}.json`))]));
  }

  /** Every query of every panel: where it is, what it asks and what is expected of it. */
  *queries() {
    for (const { uid, panels } of this.all) {
      const { variables, panels: expected } = this.expected[uid];
      for (const { title, targets } of panels) {
        const { variables: own, by, queries = {} } = expected[title] ?? {};
        for (const { expr, legendFormat } of targets) {
          const labels = by ?? [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label]) => label);
          const where = `${uid} / ${title} / ${legendFormat}`;
          yield { where, expr, labels, variables: { ...variables, ...own }, wanted: queries[legendFormat] };
        }
      }
    }
  }

  /** What is wrong with them on the face of it; of others in their place where they are given. */
  *faults(all = this.all) {
    const known = Object.fromEntries(all.map((it) => [it.uid, it.templating.list.map(({ name }) => name)]));
    for (const { uid, panels, templating, description, links } of all) {
      const fault = (title, what) => `${uid} / ${title}: ${what}`;
      if (!description) yield fault('', 'no description');
      if (!links.some((link) => link.type === 'dashboards' && link.includeVars && link.keepTime)) yield fault('', 'no way to the others');
      const titles = panels.map(({ title }) => title);
      for (const title of Object.keys(this.expected[uid].panels)) {
        if (!titles.includes(title)) yield fault(title, 'there is no such panel, but something is expected of it');
      }
      if (new Set(titles).size !== titles.length) yield fault('', 'two panels have one title');
      for (const variable of templating.list) {
        if (!variable.label || !variable.description) yield fault(variable.name, 'a variable without label or description');
      }
      for (const panel of panels) {
        for (const what of [...panelFaults(panel, known[uid]), ...rateFaults(panel), ...linkFaults(panel, uid, known)]) {
          yield fault(panel.title, what);
        }
      }
    }
  }
}

function* panelFaults({ title, description, fieldConfig, targets, datasource }, variables) {
  if (!title || !description || !fieldConfig.defaults.unit) yield 'a panel needs a title, a description and a unit';
  if (!targets?.length) yield 'a panel without a query';
  for (const { uid: source } of [datasource, ...targets.map((target) => target.datasource)]) {
    if (source !== '${datasource}') yield 'it asks a data source that nobody chose';
  }
  for (const { expr } of targets) {
    for (const [, name] of expr.matchAll(/\$(\w+)/g)) {
      if (!name.startsWith('__') && !variables.includes(name)) yield `there is no variable ${name}`;
    }
  }
}

/** Rates are shown in Mbit/s; those that rooms are held against with what is required drawn: 10 and 20 up, 20 down. */
function* rateFaults({ fieldConfig, targets }) {
  const { unit, thresholds, custom } = fieldConfig.defaults;
  const asked = targets.map(({ expr }) => expr).join('\n');
  for (const { expr } of targets) {
    const isRate = /_bytes_per_second|probe_bytes_total.*rate_interval/.test(expr);
    if (isRate && !(unit === 'Mbits' && expr.includes('* 8 / 1e6'))) yield 'a rate is not shown in Mbit/s';
  }
  if (!/siaga_probe_delivered_bytes_per_second|siaga_shaper_rate_bytes_per_second/.test(asked)) return;
  const lines = thresholds.steps.map(({ value }) => value).filter((value) => value !== null).join(' ');
  const wanted = asked.includes('direction="down"') ? '20' : '10 20';
  if (lines !== wanted) yield `its thresholds are ${lines}, not ${wanted}`;
  if (!['dashed', 'line', 'line+area', 'dashed+area'].includes(custom?.thresholdsStyle?.mode)) yield 'its thresholds are not drawn';
}

/** What is shown of rooms leads to each of them, and every link to a dashboard that there is, with what that wants to know. */
function* linkFaults({ fieldConfig, targets, transformations = [] }, uid, known) {
  const properties = fieldConfig.overrides.flatMap((override) => override.properties);
  const inColumns = properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value);
  const links = [...(fieldConfig.defaults.links ?? []), ...inColumns];
  const columns = transformations.flatMap(({ options }) => options.include?.names ?? []);
  const ofRooms = columns.includes('room') || targets.some(({ legendFormat }) => legendFormat.includes('{{room}}'));
  const toRoom = links.some(({ url }) => /^\/d\/siaga-room\?var-room=\${__(field\.labels\.room|data\.fields\["Room"\])}&/.test(url));
  if (ofRooms && !toRoom) yield 'it shows rooms and leads to none';
  for (const { url } of links) {
    const [, target, query] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
    if (!known[target]) {
      yield `a link leads to ${url}`;
      continue;
    }
    const taken = [...query.matchAll(/\${(\w+):queryparam}/g)].map(([, name]) => name);
    const set = [...query.matchAll(/var-(\w+)=/g)].map(([, name]) => name);
    for (const name of set) if (!known[target].includes(name)) yield `${target} has no variable ${name}`;
    for (const name of taken) if (!known[uid].includes(name)) yield `the link needs ${name}, which is not here`;
    for (const name of known[target]) if (![...taken, ...set].includes(name)) yield `the link forgets ${name}`;
    if (!query.includes('${__url_time_range}')) yield 'the link forgets the time';
  }
}

/** A query as Grafana would send it. */
export function expanded(expr, variables) {
  return expr.replaceAll(/\$(\w+)/g, (_, name) => {
    if (variables[name] === undefined) throw new Error(`nothing is said of $${name} in ${expr}`);
    return variables[name];
  });
}

/** Every name of a metric in a text. */
export function metricsNamed(text) {
  return new Set([...text.matchAll(/(?<!urn:)\b(siaga[_:]\w+(?::\w+)?)\b(?!::)/g)].map(([name]) => name));
}

export const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
