// What stories about pages have in common: the real programs, a real Chromium, and what must be so whenever a page was opened.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const bin = process.env.BIN_DIR ?? join(root, 'target/debug');
const pictures = join(root, 'target/pages');
const documented = process.env.WRITE_DOCS ? join(root, 'docs/pages') : null;

// Bytes that a page may take with all that it brings.
const MOST_BYTES = 150_000;

// Nothing that a story waits for takes so long, even on a machine that is busy with something else.
const PATIENCE = 60_000;

// ---- Programs ----

const ends = [];
const lastEnds = [];

// Puts what the story leaves behind away, the last thing first.
export async function clearUp() {
  while (ends.length) await ends.pop()();
}

// What is made is there for all stories that look and change nothing, until the last is told.
export function forAll(make) {
  let made;
  const once = async () => {
    const own = ends.splice(0);
    try { return await make(); } finally { lastEnds.push(...ends.splice(0)); ends.push(...own); }
  };
  return () => (made ??= once());
}

export function directory() {
  const dir = mkdtempSync(join(tmpdir(), 'siaga-pages.'));
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Runs a program to its end and answers with what it printed.
export function run(program, ...args) {
  const done = spawnSync(join(bin, program), args, { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  assert.equal(done.status, 0, `${program} ${args.join(' ')}: ${done.stderr ?? done.error}`);
  return done.stdout;
}

// Starts a program and waits until it says what it has to say; answers with that.
export async function start(program, args, { until }) {
  const said = [];
  const child = spawn(join(bin, program), args, { env: { ...process.env, NO_COLOR: '1' }, stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', (error) => { said.push(String(error)); resolve(); });
  });
  const waiting = new Set();
  const hear = (line) => {
    said.push(line);
    for (const one of waiting) one(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', hear);
  child.stdin.on('error', () => {});
  const daemon = {
    said,
    // The first line that matches, said or to be said.
    hears: (pattern) => within(`${program} says ${pattern}`, said, new Promise((resolve, reject) => {
      const match = (line) => pattern.exec(line);
      const one = (line) => { const found = match(line); if (found) { waiting.delete(one); resolve(found); } };
      waiting.add(one);
      [...said].forEach(one);
      gone.then(() => reject(new Error(`${program} ended\n${said.slice(-20).join('\n')}`)));
    })),
    tell: (line) => child.stdin.write(`${line}\n`),
    stop: async () => { child.kill('SIGTERM'); await gone; },
  };
  ends.push(daemon.stop);
  daemon.ready = await daemon.hears(until);
  return daemon;
}

// A probe server and a way to enrol rooms with it. `more` goes into its configuration.
export async function probeServer({ more = '', open = false } = {}) {
  const dir = join(directory(), 'server');
  run('siaga-probe-server', 'init', '--dir', dir, '--name', '127.0.0.1');
  const file = join(dir, 'probe-server.toml');
  appendFileSync(file, more);
  const args = ['run', '--dir', dir, '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', ...(open ? ['--open'] : [])];
  const daemon = await start('siaga-probe-server', args, { until: / ready .*probes=(\S+).*http=(\S+)| ready .*http=(\S+).*probes=(\S+)/ });
  const line = daemon.ready[0];
  const probes = /probes=(\S+)/.exec(line)[1];
  const http = /http=(\S+)/.exec(line)[1];
  return { dir, probes, http, ca: join(dir, 'ca.pem'), daemon, run: (...args) => run('siaga-probe-server', ...args, '--dir', dir) };
}

// Looks again and again until it is so.
export async function eventually(what, look) {
  const began = performance.now();
  while (!await look()) {
    if (performance.now() - began > PATIENCE) throw new Error(`not within ${PATIENCE} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
}

async function within(what, said, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${PATIENCE} ms: ${what}\n${said.slice(-20).join('\n')}`)), PATIENCE);
  });
  try { return await Promise.race([promise, late]); } finally { clearTimeout(timer); }
}

// ---- Chromium ----

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const axe = readFileSync(join(here, 'node_modules/axe-core/axe.min.js'), 'utf8');

export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 360, height: 740 };

const windows = [];

// A window of its own, with cookies of its own, that remembers all that goes wrong in it. Of what Chromium itself says of a server
// that is not there, a story names in `expects` what it makes happen.
export async function open(address, { viewport = WIDE, scheme = 'light', script = true, cookies } = {}) {
  const context = await browser.newContext({
    viewport, colorScheme: scheme, javaScriptEnabled: script, ignoreHTTPSErrors: true, reducedMotion: 'reduce', locale: 'en-US', serviceWorkers: 'block', bypassCSP: false,
  });
  context.setDefaultTimeout(PATIENCE);
  ends.push(() => context.close());
  if (cookies) await context.addCookies(cookies);
  const page = await context.newPage();
  const { host } = new URL(address);
  const seen = { errors: [], foreign: [], bytes: 0 };
  page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.host !== host) seen.foreign.push(request.url());
  });
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.dataReceived', ({ dataLength }) => { seen.bytes += dataLength; });
  const window = { page, context, seen, expects: null };
  windows.push(window);
  await visit(window, address);
  return window;
}

let largest = 0;

// Opens an address, which must be light, alone and in order.
export async function visit(window, address) {
  const { page, seen } = window;
  seen.bytes = 0;
  const answer = await page.goto(address, { waitUntil: 'load' });
  assert.ok(answer.ok(), `${address}: ${answer.status()}`);
  assert.match(answer.headers()['content-security-policy'], /^default-src 'none'; style-src 'self'; script-src 'self';/);
  largest = Math.max(largest, seen.bytes);
  assert.ok(seen.bytes <= MOST_BYTES, `${address} takes ${seen.bytes} bytes`);
  inOrder(window);
}

// Nothing went wrong, and nobody else was asked.
export function inOrder({ seen, expects }) {
  assert.deepEqual(seen.errors.filter((text) => !expects?.test(text)), []);
  assert.deepEqual(seen.foreign, []);
}

// For people who can't see it, or not well: axe-core finds nothing serious.
export async function accessible({ context, page }) {
  // From outside of the page: its own policy lets no other script in.
  const session = await context.newCDPSession(page);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  };
  await evaluate(`${axe}; true`);
  const found = await evaluate("axe.run(document, { resultTypes: ['violations'] }).then((it) => it.violations)");
  await session.detach();
  const grave = found.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  const told = grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' | ')}`);
  assert.deepEqual(told, []);
}

// Keeps a picture of the state that the page is in, of the whole page or of its upper part as far as `high` pixels; with --write-docs
// those with `docs` are shown in the documentation.
export async function picture({ page }, name, { docs = false, whole = true, high } = {}) {
  mkdirSync(pictures, { recursive: true });
  const file = join(pictures, `${name}.png`);
  const clip = high && { x: 0, y: 0, width: page.viewportSize().width, height: high };
  await page.screenshot({ path: file, fullPage: whole, clip, animations: 'disabled', caret: 'hide' });
  if (docs && documented) {
    mkdirSync(documented, { recursive: true });
    copyFileSync(file, join(documented, `${name}.png`));
  }
}

// ---- What stories look at ----

// Nothing has to be scrolled sideways.
export async function fits({ page }) {
  const [wide, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= shown, `${wide} > ${shown}`);
}

// Goes by keyboard until it is at what these words stand on, and it can be seen where one is.
export async function tabTo({ page }, words) {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press('Tab');
    const [name, isSeen] = await page.evaluate(() => {
      const at = document.activeElement;
      const name = [...(at.labels ?? [])].map((it) => it.textContent).join(' ') || at.textContent;
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      return [name.trim(), outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
    });
    assert.ok(isSeen, `the focus can be seen at “${name}”`);
    if (name.includes(words)) return;
  }
  assert.fail(`“${words}” can't be reached by keyboard`);
}

// ---- Stories ----

const stories = [];

export function story(words, tell) {
  stories.push([words, tell]);
}

// Tells all stories, and ends the program.
export async function tell() {
  let failed = 0;
  for (const [words, tell] of stories.filter(([words]) => words.includes(process.env.STORY ?? ''))) {
    const began = performance.now();
    try {
      await tell();
      for (const window of windows) inOrder(window);
      console.log(`ok      ${words} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.error(`FAILED  ${words}\n${error.stack}`);
    }
    windows.length = 0;
    await clearUp();
  }
  ends.push(...lastEnds);
  await clearUp();
  if (largest > 0) console.log(`        the largest page took ${largest} of ${MOST_BYTES} bytes`);
  await browser.close();
  process.exitCode = failed ? 1 : 0;
}
