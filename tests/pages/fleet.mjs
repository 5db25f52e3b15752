// The fleet's page, as the verifying officer and the IT division see it: a real probe server, and rooms that are made of nothing but
// report to it as rooms do.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  NARROW, WIDE, accessible, directory, fits, forAll, inOrder, open, picture, run, start, story, tabTo, tell, visit,
} from './lib.mjs';

const bin = process.env.BIN_DIR;
const DAY = 86_400_000;
const LARGE = { width: 3840, height: 2160 };
const FACTS = {
  applicant_equipment: true, applicant_accounts: true, applicant_staff: true,
  division_accounts: true, division_staff: true, division_capacity: true,
};

// A server of an office that works every day of the year, so that a story is the same on any day; `before` does what has to be done
// while it does not run.
async function office(before = () => {}, http = '127.0.0.1:0') {
  const dir = join(directory(), 'server');
  run('siaga-probe-server', 'init', '--dir', dir, '--name', '127.0.0.1');
  const config = join(dir, 'probe-server.toml');
  const always = '[office]\nzone = "Asia/Pontianak"\nhours = "Mon-Sun 07:00-16:00"';
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^\[office\]$/m, always));
  const holidays = join(dir, 'holidays');
  for (const file of readdirSync(holidays)) rmSync(join(holidays, file));
  const year = new Date().getFullYear();
  for (const it of [year, year + 1]) writeFileSync(join(holidays, `${it}.toml`), `year = ${it}\ncomplete = true\n[days]\n`);
  before(dir);
  const begin = async (address) => {
    const args = ['run', '--dir', dir, '--listen', '127.0.0.1:0', '--http', address];
    const daemon = await start('siaga-probe-server', args, { until: / ready .*probes=(\S+).*http=\S+:(\d+)/ });
    return { daemon, probes: daemon.ready[1], port: daemon.ready[2] };
  };
  const { daemon, probes, port } = await begin(http);
  const scheme = http.startsWith('127.') ? 'http' : 'https';
  const token = (scope) => run('siaga-probe-server', 'api-token', 'add', '--dir', dir, '--name', scope.replaceAll(',', '-'), '--scope', scope)
    .trim().split('\n').at(-1);
  return { dir, daemon, probes, page: `${scheme}://127.0.0.1:${port}`, token, again: () => begin(`127.0.0.1:${port}`) };
}

// Rooms with links to it; `says` has one report, and waits until the server has kept that.
async function rooms(server) {
  const daemon = await start('lab-fleet', ['present', '--dir', server.dir, '--server', server.probes], { until: /^ready/ });
  let said = 0;
  return {
    says: async (room) => {
      daemon.tell(JSON.stringify(room));
      said += 1;
      await daemon.hears(new RegExp(`^${said}: ${room.room} has reported`));
    },
  };
}

// The day after `days` days, at an hour, by the office's clock.
function at(days, hour) {
  const local = new Date(Date.now() + 7 * 3_600_000 + days * DAY).toISOString().slice(0, 10);
  return `${local}T${String(hour).padStart(2, '0')}:00:00+07:00`;
}

function request(room, days, hour, more = {}) {
  return {
    room, slot: { start: at(days, hour), end: at(days, hour + 2) }, submitted_at: new Date(Date.now() - 6 * DAY).toISOString(),
    profile: 'minimum', letter_ref: '090/12/OPD/2026', devices_expected: 12, facts: FACTS, ...more,
  };
}

async function ask(server, token, method, path, body) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${server.page}${path}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
  return answer.json();
}

// A booking that a server that does not run has decided `days` days ago.
function booked(dir, reference, days, body) {
  const args = ['booked', '--dir', dir, '--reference', reference, '--days-ago', String(days)];
  const done = spawnSync(join(bin, 'lab-fleet'), args, { input: JSON.stringify(body), encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.trim();
}

const HOSTILE = `<script>alert('x')</script> "R&D"`;

// An ordinary morning: some rooms are well, some are not, one booking has waited for too long.
async function morning() {
  const server = await office((dir) => {
    for (const room of ['diskominfo-r1', 'setda-rapat']) {
      run('lab-room', 'past', '--dir', dir, '--room', room, '--hours', '7-10', ...(room.startsWith('setda') ? ['--days', '7', '--fails', '8-9'] : ['--days', '28']));
    }
    const letter = `"><img src=x onerror=alert(1)> 🎥 \u202eأهلا`;
    assert.equal(booked(dir, 'SBW-2026-004401', 2, request('setda-rapat', 6, 13, { submitted_at: new Date(Date.now() - 3 * DAY).toISOString(), facts: {}, letter_ref: letter, title: letter })), 'review');
  });
  const fleet = await rooms(server);
  for (const room of [
    { room: 'diskominfo-r1', site: 'diskominfo' },
    { room: 'setda-rapat', site: 'sekretariat-daerah' },
    { room: 'diskominfo-r2', site: 'diskominfo', fault: 'camera' },
    { room: 'bappeda-aula', site: 'bappeda', fault: 'link' },
    { room: 'dinkes-r1', site: HOSTILE, fault: 'zoom', device: `Cam "4K" <b>\u05de\u05e6\u05dc\u05de\u05d4</b> 🎥` },
    { room: 'dishub-r1', site: 'dishub', stale: true },
    { room: 'bkd-r1', site: 'bkd' },
    { room: 'bkd-r1', gone: true },
  ]) await fleet.says(room);
  return { ...server, fleet };
}

// The same with what was asked for on that morning.
const withBookings = forAll(async () => {
  const server = await morning();
  const token = server.token('book');
  const put = (reference, body) => ask(server, token, 'PUT', `/v1/bookings/${reference}`, body);
  await put('SBW-2026-004512', request('diskominfo-r1', 1, 9, { title: 'Rapat koordinasi inflasi daerah' }));
  await put('SBW-2026-004513', request('diskominfo-r1', 2, 9, { class: 'leaders', title: 'Pengarahan Sekretaris Daerah' }));
  await put('SBW-2026-004520', request('diskominfo-r2', 3, 9));
  await put('SBW-2026-004521', request('setda-rapat', 4, 13, { facts: {} }));
  return server;
});

// Two rooms that are well, and one that is not.
async function few(http) {
  const server = await office(() => {}, http);
  const fleet = await rooms(server);
  for (const room of ['bkd-r1', 'diskominfo-r1']) await fleet.says({ room, site: 'diskominfo' });
  await fleet.says({ room: 'diskominfo-r2', site: 'diskominfo', fault: 'camera' });
  return { ...server, fleet };
}

const row = (window, room) => window.page.locator('tr', { has: window.page.locator(`a[href="/rooms/${room}"]`) }).first();
const names = (window) => window.page.locator('#rooms tbody th a').allTextContents();

// The clock of the page goes on, and it asks again.
async function refreshed({ page }) {
  const asked = page.waitForResponse((answer) => answer.request().resourceType() === 'fetch');
  await page.clock.fastForward('00:16');
  await asked;
}

story('all rooms are seen, the worst first, with what waits and what comes; small or large, light or dark', async () => {
  const server = await withBookings();
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of [['wide', WIDE], ['narrow', NARROW], ...(scheme === 'light' ? [['4k', LARGE]] : [])]) {
      const window = await open(`${server.page}/`, { scheme, viewport });
      assert.deepEqual(await names(window), ['bappeda-aula', 'diskominfo-r2', 'dishub-r1', 'bkd-r1', 'dinkes-r1', 'diskominfo-r1', 'setda-rapat']);
      await accessible(window);
      await fits(window);
      await picture(window, `fleet-${size}-${scheme}`);
      if (size === 'wide' && scheme === 'light') await picture(window, 'fleet', { docs: true });
    }
  }
  const window = await open(`${server.page}/`);
  const { page } = window;
  assert.equal(await page.locator('html').getAttribute('lang'), 'id');
  assert.match(await row(window, 'bappeda-aula').textContent(), /Tidak siap/);
  const late = page.locator('#waiting li', { hasText: 'SBW-2026-004401' });
  assert.match(await late.textContent(), /Terlambat/);
  assert.equal(await page.locator('#waiting .badge', { hasText: 'Terlambat' }).count(), 1, 'the other one is of today');
  assert.match(await page.locator('#waiting li', { hasText: 'SBW-2026-004512' }).textContent(), /diskominfo-r1.*08\.45/s);
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'To be reviewed' }).waitFor();
  assert.match(await row(window, 'bappeda-aula').textContent(), /Not ready/);
  await accessible(window);
  await picture(window, 'fleet-english');
  inOrder(window);
});

story('rooms are filtered by site, by state and by name, without a script too', async () => {
  const server = await withBookings();
  for (const script of [true, false]) {
    const window = await open(`${server.page}/`, { script });
    const { page } = window;
    await page.getByLabel('Lokasi').selectOption('diskominfo');
    await page.getByRole('button', { name: 'Saring' }).click();
    await page.waitForURL(/site=diskominfo/);
    assert.deepEqual(await names(window), ['diskominfo-r2', 'diskominfo-r1']);
    await page.locator('.count.good').click();
    await page.waitForURL(/state=ready/);
    assert.deepEqual(await names(window), ['diskominfo-r1']);
    await page.getByRole('link', { name: 'Hapus saringan' }).click();
    await page.getByLabel('Nama memuat').fill('bkd');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=bkd/);
    assert.deepEqual(await names(window), ['bkd-r1']);
    await page.getByLabel('Lokasi').selectOption(HOSTILE);
    await page.getByLabel('Nama memuat').fill('');
    await page.getByRole('button', { name: 'Saring' }).click();
    await page.waitForURL(/site=%3Cscript/);
    assert.deepEqual(await names(window), ['dinkes-r1']);
    inOrder(window);
  }
});

story('a room and a booking are found and read by keyboard, and where one is can be seen', async () => {
  const server = await withBookings();
  const window = await open(`${server.page}/`);
  const { page } = window;
  await tabTo(window, 'Langsung ke isi');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await tabTo(window, 'Lokasi');
  await page.keyboard.type('diskominfo');
  await tabTo(window, 'Saring');
  await page.keyboard.press('Enter');
  await page.waitForURL(/site=diskominfo/);
  await tabTo(window, 'diskominfo-r2');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/rooms\/diskominfo-r2/);
  await page.clock.install();
  await visit(window, page.url());
  await tabTo(window, 'Lihat angkanya');
  await page.keyboard.press('Enter');
  await page.locator('#past details[open] table').first().waitFor();
  // The page is made anew around whoever reads it.
  await page.evaluate(() => { document.activeElement.dataset.old = 'yes'; });
  await refreshed(window);
  await page.waitForFunction(() => !document.querySelector('[data-old]'));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Lihat angkanya');
  assert.equal(await page.locator('#past details[open]').count(), 1);
  await tabTo(window, 'SBW-2026-004520');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/bookings\/SBW-2026-004520/);
  await tabTo(window, 'Laporan');
});

story('a room that fails is seen on a page that is open, and so is that it recovers', async () => {
  const server = await few();
  const window = await open(`${server.page}/`);
  await window.page.clock.install();
  await visit(window, `${server.page}/`);
  await row(window, 'diskominfo-r1').getByText('Siap', { exact: true }).waitFor();
  await server.fleet.says({ room: 'diskominfo-r1', site: 'diskominfo', fault: 'camera' });
  await refreshed(window);
  await row(window, 'diskominfo-r1').getByText('Tidak siap').waitFor();
  assert.ok((await names(window)).indexOf('diskominfo-r1') < 2, 'it is among the worst');
  await picture(window, 'fleet-failure');
  await server.fleet.says({ room: 'diskominfo-r1', site: 'diskominfo' });
  await refreshed(window);
  await row(window, 'diskominfo-r1').getByText('Siap', { exact: true }).waitFor();
  inOrder(window);
});

story('a room is seen with its checks, its last days, what to expect, its bookings and its networks', async () => {
  const server = await withBookings();
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
      const window = await open(`${server.page}/rooms/diskominfo-r1`, { scheme, viewport });
      await accessible(window);
      await fits(window);
      await picture(window, `fleet-room-${size}-${scheme}`);
    }
  }
  const window = await open(`${server.page}/rooms/diskominfo-r1?day=${at(1, 9).slice(0, 10)}`);
  const { page } = window;
  await page.getByRole('heading', { name: 'diskominfo-r1' }).waitFor();
  assert.equal(await page.locator('.light .good.lit').count(), 1);
  assert.match(await page.locator('#past').textContent(), /unggah 10,5 Mbit\/s, unduh 21 Mbit\/s/);
  assert.match(await page.locator('#expected').textContent(), /hari baik/);
  await page.locator('#bookings').getByText('SBW-2026-004512').waitFor();
  assert.match(await page.locator('#places').textContent(), /probe\.example:4433/);
  await picture(window, 'fleet-room', { docs: true, high: 2300 });
  await page.getByLabel('Hari', { exact: true }).fill(at(2, 9).slice(0, 10));
  await page.getByRole('button', { name: 'Tampilkan' }).click();
  await page.waitForURL(new RegExp(`day=${at(2, 9).slice(0, 10)}`));
  const morning = page.locator('#expected details');
  await morning.getByText('Lihat angkanya').click();
  assert.match(await morning.textContent(), /08\.00.*100 %/s);
  inOrder(window);
});

story('a room that fails says what and what to do, and names that are hostile are text', async () => {
  const server = await withBookings();
  const window = await open(`${server.page}/rooms/diskominfo-r2`);
  assert.match(await window.page.locator('#checks tbody tr').first().textContent(), /Kamera.*gagal/s, 'what failed comes first');
  assert.ok((await window.page.locator('#checks .remedy').first().textContent()).length > 10);
  await accessible(window);
  await picture(window, 'fleet-room-failed');
  await visit(window, `${server.page}/rooms/dinkes-r1`);
  assert.equal(await window.page.locator('bdi', { hasText: HOSTILE }).count(), 1);
  assert.equal(await window.page.locator('main script, main b, main img').count(), 0);
  await accessible(window);
  await picture(window, 'fleet-room-hostile');
  await visit(window, `${server.page}/rooms/bkd-r1`);
  assert.match(await window.page.locator('.verdict').textContent(), /Tidak terhubung/);
  await picture(window, 'fleet-room-offline');
  inOrder(window);
});

story('a booking is seen with its decision in both languages, its criteria, and what it rests on', async () => {
  const server = await withBookings();
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
      const window = await open(`${server.page}/bookings/SBW-2026-004512`, { scheme, viewport });
      await accessible(window);
      await fits(window);
      await picture(window, `fleet-booking-${size}-${scheme}`);
      if (size === 'wide' && scheme === 'light') await picture(window, 'fleet-booking', { docs: true, high: 1700 });
    }
  }
  const window = await open(`${server.page}/bookings/SBW-2026-004512`);
  const { page } = window;
  await page.locator('blockquote[lang=id]', { hasText: 'bisa difasilitasi' }).waitFor();
  await page.locator('blockquote[lang=en]').waitFor();
  for (const link of await page.locator('.links a').evaluateAll((links) => links.map((link) => link.href))) {
    assert.equal((await window.context.request.get(link)).status(), 200, link);
  }
  await visit(window, `${server.page}/bookings/SBW-2026-004401`);
  await page.getByText('Terlambat ditinjau').waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0, 'its letter is text');
  await accessible(window);
  await picture(window, 'fleet-booking-overdue');
  inOrder(window);
});

story('bookings are listed, reviews that are overdue before all others, and filtered', async () => {
  const server = await withBookings();
  const window = await open(`${server.page}/bookings`);
  const { page } = window;
  const listed = (part) => page.locator(`${part} tbody th a`).allTextContents();
  assert.deepEqual(await listed('#reviews'), ['SBW-2026-004401', 'SBW-2026-004521']);
  assert.match(await page.locator('#reviews tr', { hasText: 'SBW-2026-004401' }).textContent(), /Terlambat/);
  await accessible(window);
  await picture(window, 'fleet-bookings', { docs: true });
  await page.getByLabel('Keputusan').selectOption('tidak bisa difasilitasi');
  await page.getByRole('button', { name: 'Saring' }).click();
  await page.waitForURL(/decision=deny/);
  assert.deepEqual(await listed('#list'), ['SBW-2026-004520']);
  await visit(window, `${server.page}/bookings?day=${at(1, 9).slice(0, 10)}`);
  assert.deepEqual(await listed('#list'), ['SBW-2026-004512']);
  await page.setViewportSize(NARROW);
  await fits(window);
  await picture(window, 'fleet-bookings-narrow');
  inOrder(window);
});

story('over HTTPS a token is shown once, and the page is read until somebody logs out', async () => {
  const server = await few('0.0.0.0:0');
  const [reader, scraper] = [server.token('read'), server.token('scrape')];
  const window = await open(`${server.page}/rooms/diskominfo-r1`);
  const { page, context } = window;
  assert.match(page.url(), /\/login\?to=/);
  await accessible(window);
  await picture(window, 'fleet-login', { docs: true, whole: false });
  const show = async (token) => {
    await page.getByLabel('Token API').fill(token);
    await page.getByRole('button', { name: 'Masuk' }).click();
  };
  for (const [token, words] of [['siaga_0', 'tidak berlaku'], [scraper, 'tidak boleh membaca']]) {
    await show(token);
    await page.getByRole('alert').getByText(words).waitFor();
  }
  await accessible(window);
  await picture(window, 'fleet-login-refused', { whole: false });
  // What Chromium itself says of an answer of 401 and of 403.
  assert.equal(window.seen.errors.splice(0).length, 2);
  await show(reader);
  await page.waitForURL(`${server.page}/rooms/diskominfo-r1`);
  await page.getByRole('heading', { name: 'diskominfo-r1' }).waitFor();
  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-siaga');
  assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === 'Strict' && !cookie.value.includes(reader));
  const booked = await context.request.put(`${server.page}/v1/bookings/b`, { data: request('diskominfo-r1', 5, 9) });
  assert.equal(booked.status(), 401, 'a session only reads');
  assert.equal((await context.request.get(`${server.page}/v1/rooms`)).status(), 200);
  await page.getByRole('button', { name: 'Keluar' }).click();
  await page.waitForURL(`${server.page}/login`);
  assert.equal((await context.request.get(`${server.page}/v1/rooms`)).status(), 401);
  inOrder(window);
});

story('a page that can not be refreshed shows nothing old as if it were so, and comes back by itself', async () => {
  const server = await few();
  const window = await open(`${server.page}/`);
  const { page } = window;
  await page.clock.install();
  await visit(window, `${server.page}/`);
  await row(window, 'diskominfo-r1').getByText('Siap', { exact: true }).waitFor();
  await server.daemon.stop();
  await page.clock.fastForward('00:16');
  await page.getByRole('alert').getByText('Server tidak terjangkau').waitFor();
  assert.equal(await page.locator('.badge.good, .badge.bad, .badge.warning').count(), 0);
  assert.deepEqual(new Set(await page.locator('.much').allTextContents()), new Set(['–']));
  await accessible(window);
  await picture(window, 'fleet-lost', { docs: true, whole: false });
  const told = window.seen.errors.splice(0);
  assert.ok(told.every((text) => text.includes('ERR_CONNECTION_REFUSED')), told.join('\n'));
  await server.again();
  await refreshed(window);
  await row(window, 'diskominfo-r1').getByText('Tidak terhubung', { exact: true }).waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  inOrder(window);
});

story('a province with many rooms is seen in pages', async () => {
  const server = await office((dir) => run('lab-fleet', 'many', '--dir', dir, '--rooms', '300'));
  const window = await open(`${server.page}/`);
  assert.equal((await names(window)).length, 100);
  assert.match(await window.page.locator('.pager').textContent(), /1–100 dari 300/);
  await window.page.getByRole('link', { name: 'Berikutnya' }).click();
  await window.page.getByText('101–200 dari 300').waitFor();
  await accessible(window);
  await picture(window, 'fleet-many', { whole: false });
  inOrder(window);
});

await tell();
