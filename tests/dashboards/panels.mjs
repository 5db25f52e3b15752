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

  /** What is wrong with them on the face of it. */
  *faults() {
    const known = Object.fromEntries(this.all.map((it) => [it.uid, it.templating.list.map(({ name }) => name)]));
    for (const { uid, panels, templating, description } of this.all) {
      const fault = (title, what) => `${uid} / ${title}: ${what}`;
      if (!description) yield fault('', 'no description');
      const titles = panels.map(({ title }) => title);
      for (const title of Object.keys(this.expected[uid].panels)) {
        if (!titles.includes(title)) yield fault(title, 'there is no such panel, but something is expected of it');
      }
      if (new Set(titles).size !== titles.length) yield fault('', 'two panels have one title');
      for (const variable of templating.list) {
        if (!variable.label || !variable.description) yield fault(variable.name, 'a variable without label or description');
      }
      for (const { title, description: about, fieldConfig, targets, datasource } of panels) {
        const { unit, thresholds, links = [] } = fieldConfig.defaults;
        if (!title || !about || !unit) yield fault(title, 'a panel needs a title, a description and a unit');
        if (!targets?.length) yield fault(title, 'a panel without a query');
        for (const { uid: source } of [datasource, ...targets.map((target) => target.datasource)]) {
          if (source !== '${datasource}') yield fault(title, 'it asks a data source that nobody chose');
        }
        for (const { expr } of targets) {
          const isRate = /_bytes_per_second|probe_bytes_total.*rate_interval/.test(expr);
          if (isRate && !(unit === 'Mbits' && expr.includes('* 8 / 1e6'))) yield fault(title, 'a rate is not shown in Mbit/s');
          for (const [, name] of expr.matchAll(/\$(\w+)/g)) {
            if (!name.startsWith('__') && !known[uid].includes(name)) yield fault(title, `there is no variable ${name}`);
          }
        }
        const lines = thresholds.steps.map(({ value }) => value).filter((value) => value !== null).join(' ');
        const wanted = { Upload: '10 20', Download: '20' }[title.split(' ')[0]];
        if (wanted && lines !== wanted) yield fault(title, `its thresholds are ${lines}, not ${wanted}`);
        const properties = fieldConfig.overrides.flatMap((override) => override.properties);
        const inColumns = properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value);
        for (const { url } of [...links, ...inColumns]) {
          const [, target, query] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
          if (!known[target]) yield fault(title, `a link leads to ${url}`);
          for (const [, name] of (query ?? '').matchAll(/var-(\w+)=/g)) {
            if (!known[target]?.includes(name)) yield fault(title, `${target} has no variable ${name}`);
          }
          for (const [, name] of (query ?? '').matchAll(/\${(\w+):queryparam}/g)) {
            if (!known[uid].includes(name)) yield fault(title, `the link needs ${name}, which is not here`);
          }
        }
      }
    }
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
