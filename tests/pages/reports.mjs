// Reports, as an office opens and prints them: the pages that `cargo test -p siaga-tests --test reports` has left in target/reports.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { NARROW, WIDE, accessible, picture, story, tell } from './lib.mjs';

const reports = join(dirname(fileURLToPath(import.meta.url)), '../../target/reports');
const A4 = { width: 794, height: 1123 };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

// A copy on a disk: nothing but the page itself is there to say what it may load.
async function open(name, { viewport = WIDE, media = 'screen' } = {}) {
  const file = join(reports, `${name}.html`);
  assert.ok(existsSync(file), `${file} is not there; cargo test -p siaga-tests --test reports writes it`);
  const context = await browser.newContext({ viewport, colorScheme: 'dark' });
  const page = await context.newPage();
  const seen = { errors: [], asked: [] };
  page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('request', (request) => { if (request.url() !== `file://${file}`) seen.asked.push(request.url()); });
  await page.emulateMedia({ media });
  await page.goto(`file://${file}`);
  assert.ok(readFileSync(file).length <= 150_000, `${name} is small`);
  return { page, context, seen };
}

for (const name of ['siaga-SBW-2.id', 'siaga-SBW-3.en', 'siaga-SBW-6.id', 'siaga-SBW-7.en', 'siaga-2026-11-26.id', 'siaga-2026-11-26.en']) {
  story(`${name} stands alone, is black on white, and can be read by everyone`, async () => {
    for (const viewport of [WIDE, NARROW]) {
      const window = await open(name, { viewport });
      await accessible(window);
      assert.equal(await window.page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
      const { scrolled, shown } = await window.page.evaluate(() => (
        { scrolled: document.documentElement.scrollWidth, shown: document.documentElement.clientWidth }));
      assert.ok(viewport !== WIDE || scrolled <= shown, `nothing is cut off: ${scrolled} of ${shown}`);
      if (name.includes('SBW-6')) {
        const said = window.page.locator('bdi', { hasText: '=HYPERLINK("x") <script>alert(1)</script>' }).filter({ hasText: '🙂' });
        assert.ok(await said.count() > 0, 'what comes from outside is text');
      }
      assert.deepEqual(window.seen, { errors: [], asked: [] });
      await window.context.close();
    }
  });
}

for (const [name, shown] of [['siaga-SBW-2.id', 'report-booking'], ['siaga-2026-11-26.id', 'report-day']]) {
  story(`${name} fills sheets of A4`, async () => {
    const window = await open(name, { viewport: A4, media: 'print' });
    const sheets = (await window.page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const boxes = [...sheets.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, ...size]) => size.map(Number));
    assert.ok(boxes.length >= 2 && boxes.length <= 5, `${boxes.length} pages`);
    for (const [width, height] of boxes) assert.ok(Math.abs(width - 595.3) < 1.5 && Math.abs(height - 841.9) < 1.5, `${width} x ${height}`);
    // On a screen it has the margins that a printer gives it on paper.
    await window.page.emulateMedia({ media: 'screen' });
    await picture(window, shown, { docs: true, whole: false });
    await window.context.close();
  });
}

await tell();
await browser.close();
