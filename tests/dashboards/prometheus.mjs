// A real Prometheus with the example configurations and rules of dashboards/, in a hurry.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ask, until } from './programs.mjs';

const URL_OF_IT = 'http://127.0.0.1:9090';

/** The examples as they are shipped, with this lab's names and all intervals at a second. */
export function configure(dir, shipped, names) {
  const hurried = (text) => text.replaceAll(/(interval: )(15|30)s/g, '$11s');
  for (const file of ['rules.yml', 'alerts.yml']) {
    writeFileSync(join(dir, file), hurried(readFileSync(join(shipped, file), 'utf8')));
  }
  let through = hurried(readFileSync(join(shipped, 'prometheus.yml'), 'utf8'));
  for (const [from, to] of Object.entries(names)) through = through.replaceAll(from, to);
  through = through.replace(/(      - url: .*)/, '$1\n        refresh_interval: 1s');
  let direct = hurried(readFileSync(join(shipped, 'direct.yml'), 'utf8'));
  for (const [from, to] of Object.entries(names)) direct = direct.replaceAll(from, to);
  const jobs = direct.slice(direct.indexOf('scrape_configs:\n') + 'scrape_configs:\n'.length);
  writeFileSync(join(dir, 'prometheus.yml'), `${through}\n${jobs}`);
}

export class Prometheus {
  async #get(path) {
    const { body } = await ask(`${URL_OF_IT}/api/v1/${path}`);
    if (body.status !== 'success') throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body.data;
  }

  /** The series that a query answers with at a time (s), or now: their labels and values. */
  async query(expr, at) {
    const data = await this.#get(`query?query=${encodeURIComponent(expr)}${at ? `&time=${at}` : ''}`);
    if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }];
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** What a variable of a dashboard offers. */
  async labelValues(query) {
    const [, match, label] = /^label_values\((.*), (\w+)\)$/.exec(query);
    return this.#get(`label/${label}/values?match[]=${encodeURIComponent(match)}`);
  }

  metricNames() {
    return this.#get('label/__name__/values');
  }

  async rules() {
    return (await this.#get('rules')).groups.flatMap((group) => group.rules.map((rule) => ({ ...rule, at: rule.lastEvaluation })));
  }

  isUp(job) {
    return this.query(`up{job="${job}"} == 1`).then((series) => series.length > 0, () => false);
  }

  /** So many targets have been scraped after this call, with success unless `gone`, and every rule evaluated after that. */
  async hasSeen(targets, gone = false) {
    const from = Date.now() / 1000;
    const which = gone ? 'timestamp(up)' : 'timestamp(up) and up == 1';
    const scraped = await until('every target is scraped', async () => {
      const at = (await this.query(which)).map(({ value }) => value);
      return at.length === targets && Math.min(...at) > from && Math.max(...at);
    });
    await until('every rule is evaluated', async () => {
      const evaluated = (await this.rules()).map(({ at }) => Date.parse(at) / 1000);
      return Math.min(...evaluated) > scraped;
    });
  }
}

/** What a program shows of itself in Prometheus' text, by name and labels as they stand there. */
export function samples(text) {
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => /^(.*) (\S+)$/.exec(line)).map(([, name, value]) => [name, Number(value)]));
}
