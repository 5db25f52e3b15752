// The room's page, as staff in the room see it: a real agent at a real probe server; and, with devices that this machine does not
// have, the page of a room that is made of nothing.

import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  NARROW, WIDE, accessible, directory, eventually, fits, inOrder, open, picture, probeServer, run, start, story, tabTo, tell, visit,
} from './lib.mjs';

// Low rates: this is about the page, not about what this machine can carry. Cameras are asked for where a story is about them.
const MEETING = `
[profiles.rapat]
power = {}
[profiles.rapat.network]
up = "2M"
down = "2M"
[profiles.rapat.software]
any_of = ["zoom"]
required = true
`;

// An agent, enrolled at the server if there is one.
async function agent(server, { profile = 'rapat', interval = '2m', http = '127.0.0.1:0', dir = directory() } = {}) {
  const zoom = join(dir, 'zoom');
  const config = join(dir, 'agent.toml');
  install(zoom);
  const servers = server ? `[[servers]]\naddress = "${server.probes}"\nca = "${server.ca}"\n` : '';
  writeFileSync(config, `room = "diskominfo-r2"
state_dir = "${join(dir, 'state')}"
profile = "${profile}"
${MEETING}
[programs.zoom]
name = "Zoom"
executables = ["${zoom}"]
[host]
interval = "1s"
[network]
accept_internal_server = true
probe_interval = "${interval}"
time_zone = "Asia/Pontianak"
${servers}`);
  if (server) {
    const token = server.run('token', '--room', 'diskominfo-r2').trim().split('\n').at(-1);
    const file = join(dir, 'token');
    writeFileSync(file, token);
    run('siaga-agent', 'enroll', '--config', config, '--server', server.probes, '--ca', server.ca, '--token', token);
  }
  const begin = async (address) => {
    const daemon = await start('siaga-agent', ['run', '--config', config, '--http', address], { until: / ready .*http=(\S+)/ });
    return { daemon, http: daemon.ready[1] };
  };
  const { daemon, http: address } = await begin(http);
  return { daemon, http: address, page: `http://${address}/`, zoom, again: () => begin(address) };
}

function install(program) {
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
}

// The page of a room that is made of nothing.
async function lab() {
  const daemon = await start('lab-page', [], { until: /^ready http=(\S+)/ });
  return { tell: daemon.tell, page: `http://${daemon.ready[1]}/` };
}

const headline = (window) => window.page.locator('#live .verdict h1');
const shows = (window, words) => window.page.getByText(words).first().waitFor();
const verdict = (window, words) => window.page.locator('#live .verdict h1', { hasText: words }).waitFor();

story('a room that is ready says so, in Indonesian, and in English to whoever chooses it', async () => {
  const server = await probeServer({ more: MEETING });
  const room = await agent(server);
  await room.daemon.hears(/ probed .*verdict=pass/);
  const window = await open(room.page);
  await verdict(window, 'Siap, dengan catatan');
  assert.equal(await window.page.locator('html').getAttribute('lang'), 'id');
  await shows(window, 'Internet: unggah');
  assert.match(await window.page.title(), /^Siap, dengan catatan · diskominfo-r2/);
  await accessible(window);
  await picture(window, 'room-ready');
  await window.page.getByRole('link', { name: 'English' }).click();
  await verdict(window, 'Ready, with remarks');
  assert.equal(await window.page.locator('html').getAttribute('lang'), 'en');
  await visit(window, room.page);
  await verdict(window, 'Ready, with remarks');
  await accessible(window);
  inOrder(window);
});

story('the button has the link measured, and its rate is seen while it is', async () => {
  const server = await probeServer({ more: MEETING });
  // The first probe by itself comes some seconds later.
  const room = await agent(server, { interval: '30m' });
  const window = await open(room.page);
  const { page } = window;
  // What was shown for a moment only, is remembered.
  await page.evaluate(() => {
    globalThis.shown = [];
    const look = () => globalThis.shown.push(document.getElementById('progress').textContent);
    new MutationObserver(look).observe(document.getElementById('live'), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  const button = page.getByRole('button', { name: 'Periksa sekarang' });
  await button.focus();
  await page.keyboard.press('Enter');
  await room.daemon.hears(/somebody asks for a probe/);
  await page.waitForFunction(() => globalThis.shown.some((text) => {
    const rates = [...text.matchAll(/([\d,]+) Mbit\/s/g)].map(([, rate]) => Number(rate.replace(',', '.')));
    return rates.some((rate) => rate > 1 && rate < 4);
  }));
  await page.getByRole('button', { name: 'Periksa sekarang' }).waitFor();
  await verdict(window, 'Siap');
  assert.ok(await page.evaluate(() => document.activeElement.id === 'check-now'), 'the focus stayed where it was');
  inOrder(window);
});

story('a failure appears by itself with what to do about it, and goes', async () => {
  const server = await probeServer({ more: MEETING });
  const room = await agent(server);
  await room.daemon.hears(/ probed .*verdict=pass/);
  const window = await open(room.page);
  await verdict(window, 'Siap');
  rmSync(room.zoom);
  await verdict(window, 'Tidak siap untuk konferensi video');
  await window.page.locator('#check-SOFTWARE .remedy', { hasText: 'Zoom' }).waitFor();
  assert.equal(await window.page.locator('.checks li').first().getAttribute('id'), 'check-SOFTWARE', 'what is wrong comes first');
  await accessible(window);
  await picture(window, 'room-failed');
  install(room.zoom);
  await verdict(window, 'Siap');
  inOrder(window);
});

story('staff tick the steps before a booking, by name, and the server has them', async () => {
  const server = await probeServer({ more: MEETING });
  const room = await agent(server);
  await room.daemon.hears(/ probed .*verdict=pass/);
  const token = server.run('api-token', 'add', '--name', 'office', '--scope', 'read,book,override').trim().split('\n').at(-1);
  const ask = async (method, path, body) => {
    const answer = await fetch(`http://${server.http}${path}`, {
      method, body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${token}`, Accept: 'application/json', 'Content-Type': 'application/json' },
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer.json();
  };
  const day = new Date(Date.now() + 7 * 86400_000).toISOString().slice(0, 10);
  const end = `${day}T11:00:00+07:00`;
  await ask('PUT', '/v1/bookings/SBW-2026-004512', {
    room: 'diskominfo-r2', slot: { start: `${day}T09:00:00+07:00`, end }, submitted_at: new Date(Date.now() - 3600_000).toISOString(),
    class: 'leaders', profile: 'rapat', title: 'Rapat koordinasi inflasi daerah', letter_ref: '090/12/OPD/2026', devices_expected: 12,
  });
  await ask('POST', '/v1/bookings/SBW-2026-004512/override', { decision: 'approve', actor: 'Kepala Dinas', reason: 'Diperiksa langsung', expires_at: end });
  const window = await open(room.page);
  const { page } = window;
  await shows(window, 'SBW-2026-004512');
  await shows(window, 'Rapat koordinasi inflasi daerah');
  await shows(window, '09.00–11.00 WIB');
  const steps = page.locator('.booking').first();
  // Nobody's name, nobody's tick: the browser asks for it.
  await steps.getByRole('button', { name: 'HT siap' }).click();
  assert.equal(await steps.locator('li .icon').count(), 0);
  const name = `Dewi <script>alert(1)</script> "'& \u05d3\u05d5\u05d9 🎤`;
  await steps.getByLabel('Nama petugas').fill(name);
  for (const [done, step] of ['Kehadiran dikonfirmasi', 'Meeting ID dan passcode dicoba', 'HT siap'].entries()) {
    if (done === 2) {
      // The last one without a mouse.
      await steps.getByLabel('Nama petugas').focus();
      await tabTo(window, step);
      await page.keyboard.press('Space');
    } else {
      await steps.getByRole('button', { name: step }).click();
    }
    await steps.getByText(`Langkah petugas: ${done + 1} dari 5`).waitFor();
    assert.equal(await steps.getByLabel('Nama petugas').inputValue(), name, 'what was typed stays');
  }
  assert.equal(await steps.locator('bdi', { hasText: name }).count(), 3, 'the name is text');
  await accessible(window);
  await picture(window, 'room-checklist', { docs: true });
  await eventually('the server has the ticks', async () => {
    const { checklist } = await ask('GET', '/v1/bookings/SBW-2026-004512/report');
    return checklist.length === 3 && checklist.every((ticked) => ticked.name === name);
  });
  inOrder(window);
});

story('a page that nobody keeps up to date shows no old green light, and comes back by itself', async () => {
  const server = await probeServer({ more: MEETING });
  const room = await agent(server);
  await room.daemon.hears(/ probed .*verdict=pass/);
  const window = await open(room.page);
  await verdict(window, 'Siap');
  // The session of the service that went is none to the next one.
  window.expects = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|status of 403/;
  await room.daemon.stop();
  await window.page.locator('#lost h1', { hasText: 'Belum diketahui apakah siap' }).waitFor();
  assert.equal(await headline(window).isVisible(), false);
  assert.match(await window.page.title(), /tidak menjawab/);
  assert.equal(await window.page.locator('.light .good.lit').filter({ visible: true }).count(), 0);
  await accessible(window);
  await picture(window, 'room-lost', { docs: true });
  await room.again();
  await headline(window).waitFor();
  // The page that was open before the service was started anew may still ask.
  await window.page.getByRole('button', { name: 'Periksa sekarang' }).click();
  await window.page.locator('#progress').getByText(/Mengukur|segera/).first().waitFor();
  assert.equal(await window.page.locator('#said').isVisible(), false);
});

story('a service that hangs is taken for lost too, and a machine that slept looks at once', async () => {
  const room = await lab();
  const window = await open(room.page);
  await verdict(window, 'Siap untuk konferensi video');
  await window.page.clock.install();
  await visit(window, room.page);
  await verdict(window, 'Siap untuk konferensi video');
  window.expects = /ERR_INTERNET_DISCONNECTED/;
  await window.context.setOffline(true);
  await window.page.clock.fastForward('00:20');
  await window.page.locator('#lost').waitFor();
  assert.equal(await headline(window).isVisible(), false);
});

story('without a script the page can be read, and the button works', async () => {
  const room = await agent(null, { profile: 'minimum' });
  await room.daemon.hears(/ ready /);
  const window = await open(room.page, { script: false });
  await eventually('the room is looked at', async () => {
    await visit(window, room.page);
    return (await headline(window).textContent()).startsWith('Tidak siap');
  });
  const posted = window.page.waitForResponse((answer) => answer.request().method() === 'POST');
  await window.page.getByRole('button', { name: 'Periksa sekarang' }).click();
  assert.equal((await posted).status(), 303);
  await headline(window).waitFor();
  assert.equal(await window.page.locator('meta[http-equiv=refresh]').getAttribute('content'), '30');
  inOrder(window);
});

story('a page of another site, and one without a session, can have nothing done', async () => {
  const room = await agent(null, { profile: 'minimum' });
  const post = async (headers) => (await fetch(`${room.page}page/check`, { method: 'POST', headers })).status;
  const opened = await fetch(room.page);
  const session = opened.headers.getSetCookie().find((it) => it.startsWith('siaga_room=')).split(';')[0];
  const own = { Origin: room.page.slice(0, -1), Accept: 'application/json' };
  assert.equal(await post({ ...own, Cookie: session }), 204);
  assert.equal(await post(own), 403);
  assert.equal(await post({ Cookie: session }), 403);
  assert.equal(await post({ ...own, Cookie: session, Origin: 'http://evil.example' }), 403);
});

story('a room of which nothing is known yet does not look ready, small or large, light or dark', async () => {
  const room = await agent(null, { profile: 'minimum' });
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
      const window = await open(room.page, { scheme, viewport });
      await headline(window).filter({ hasText: /Tidak siap|Belum diketahui/ }).waitFor();
      await accessible(window);
      await picture(window, `room-no-devices-${size}-${scheme}`);
      await fits(window);
    }
  }
});

story('with devices that work the light is green, small or large, light or dark', async () => {
  const room = await lab();
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of [['wide', WIDE], ['narrow', NARROW], ['4k', { width: 3840, height: 2160 }]]) {
      const window = await open(room.page, { scheme, viewport });
      await verdict(window, 'Siap untuk konferensi video');
      await accessible(window);
      await picture(window, `room-green-${size}-${scheme}`, { docs: size !== '4k' });
      await fits(window);
      inOrder(window);
    }
  }
});

story('a microphone that is listened to moves a bar', async () => {
  const room = await lab();
  const window = await open(room.page);
  await window.page.getByRole('button', { name: 'Periksa sekarang' }).click();
  await shows(window, 'Kamera dan mikrofon segera dicoba');
  room.tell('try camera');
  await shows(window, 'Mencoba kamera');
  room.tell('try microphone');
  const bar = window.page.getByRole('meter', { name: 'Kekerasan suara' });
  await bar.waitFor();
  const level = (value) => window.page.waitForFunction((value) => document.getElementById('level')?.value === value, value);
  for (const [amplitude, shown] of [[67108864, 50], [2147483648, 100], [2147, 0], [214748365, 67]]) {
    room.tell(`level ${amplitude}`);
    await level(shown);
  }
  await accessible(window);
  await picture(window, 'room-listening', { docs: true });
  room.tell('end');
  await window.page.getByRole('button', { name: 'Periksa sekarang' }).waitFor();
  assert.equal(await bar.count(), 0);
  inOrder(window);
});

story('what fails is named in words, by a shape and by its place, and hostile names are text', async () => {
  const room = await lab();
  const window = await open(room.page);
  const name = `<img src=x onerror=alert(1)> "C920" '& \u202e\u05de\u05e6\u05dc\u05de\u05d4 🎥`;
  room.tell(`name ${name}`);
  room.tell('fault link');
  await verdict(window, 'Tidak siap untuk konferensi video');
  await window.page.locator('#check-CAMERA bdi', { hasText: '<img src=x' }).first().waitFor();
  assert.equal(await window.page.locator('#live img').count(), 0);
  await accessible(window);
  await picture(window, 'room-slow-link', { docs: true });
  room.tell('name Logitech C920');
  room.tell('fault camera');
  await window.page.locator('#check-CAMERA .badge', { hasText: 'gagal' }).waitFor();
  await picture(window, 'room-no-camera');
  await window.page.setViewportSize(NARROW);
  await fits(window);
  await picture(window, 'room-no-camera-narrow');
  room.tell('fault none');
  // That the link was too slow within the last hour is still told.
  await verdict(window, 'Siap, dengan catatan');
  await window.page.locator('#check-NET_UP .badge', { hasText: 'peringatan' }).waitFor();
  inOrder(window);
});

story('the page can be used by keyboard alone', async () => {
  const room = await lab();
  room.tell('fault camera');
  const window = await open(room.page);
  const { page } = window;
  await verdict(window, 'Tidak siap');
  await tabTo(window, 'Langsung ke isi');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await tabTo(window, 'Kamera');
  await page.keyboard.press('Enter');
  assert.equal(new URL(page.url()).hash, '#check-CAMERA');
  await page.evaluate(() => document.activeElement.blur());
  await tabTo(window, 'Lihat angkanya');
  await page.keyboard.press('Enter');
  await page.locator('#history details[open] table').first().waitFor();
  await visit(window, room.page);
  await tabTo(window, 'Periksa sekarang');
  await page.keyboard.press('Enter');
  await shows(window, 'Kamera dan mikrofon segera dicoba');
});

await tell();
