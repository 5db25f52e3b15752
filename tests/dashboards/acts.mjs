// What happens in the office. Each act ends when a Prometheus has seen all of it, and answers with facts: what the programs themselves
// say in their own answers, by names that the expectations use.

import { X509Certificate } from 'node:crypto';

import { LAB_ROOMS } from './office.mjs';
import { until } from './programs.mjs';
import { samples } from './prometheus.mjs';

const HOURS = 3600;

/** All is well; one room has been off for days, which is nothing to worry about. */
export async function healthy(office) {
  for (const room of Object.keys(LAB_ROOMS)) await office.switchOn(room);
  const bookings = (office.bookings = {
    tomorrow: await office.book('r1', 20 * HOURS),
    soon: await office.book('r2', 2 * HOURS),
    soonToo: await office.book('r3', 2 * HOURS),
    old: await office.book('r4', 4 * HOURS, { facts: {} }),
    denied: await office.book('r4', 30 * HOURS, { letter_ref: '' }),
    // The server looks at its approvals every 5 s: once before these begin, and once after.
    begun: await office.book('r1', 7),
    begunToo: await office.book('r6', 7),
  });
  bookings.denied = await office.override(bookings.denied);
  await office.isSeen();
  for (const room of ['asli', 'lambat']) {
    if ((await office.probe(room)) !== 'pass') throw new Error(`the link of ${room} is not good enough for 2 Mbit/s`);
    await until(`${room} is ready`, async () => (await verdicts(office))[room] === 'ready');
  }
  await until('the meetings have begun', () => Date.now() > Date.parse(bookings.begunToo.request.slot.start));
  await office.outcome(bookings.begun, 'ok');
  // That a person decided, and that two meetings began unchecked: a server that was just started checks no room.
  await until('three letters have arrived', () => office.letters.taken === 3);
  return seen(office);
}

/** A link is slow, other rooms have other troubles, one is off; somebody spoils the configuration, and nobody takes letters. */
export async function failed(office) {
  await office.restart('lambat');
  office.shape(1);
  if ((await office.probe('lambat')) !== 'fail') throw new Error('a link of 1 Mbit/s is good enough for 2');
  const faults = { r2: 'link', r4: 'camera', r5: 'bucket', r6: 'server' };
  for (const room of ['r3', ...Object.keys(faults)]) await office.switchOff(room);
  for (const [room, fault] of Object.entries(faults)) await office.switchOn(room, fault);
  office.probeAsStranger();
  office.enrollInVain();
  office.refuseLetters();
  office.refusedSince = Date.now();
  office.bookings.new = await office.override(await office.book('r1', 50 * HOURS, { facts: {} }));
  office.makeOld(office.bookings.old);
  await office.outcome(office.bookings.begunToo, 'failed');
  await office.spoilConfiguration();
  await until('lambat is not ready', async () => (await verdicts(office)).lambat === 'not_ready');
  await until('r3 is off', async () => (await verdicts(office)).r3 === 'unknown');
  await until('the letter came back', () => office.letters.refused > 0);
  return seen(office);
}

/** An endurance test runs. */
export async function busy(office) {
  await office.tire();
  await office.isSeen();
  return facts(office);
}

/** Nobody answers for rooms any more. What is said is [where, query, wanted]. */
export async function serverGone(office) {
  const { rooms } = await office.ask('/v1/rooms');
  await office.programs.stop('server');
  await office.prometheus.hasSeen(2 + rooms.length, true);
  return [
    ['no room that is scraped through a server that is gone is granted', 'siaga:room_ready{room!="asli"}', 'none'],
    ['of a server that is gone it is said that it does not answer', 'max(up{job="siaga-server"})', 0],
  ];
}

/** What is so once the last probe is a second ago. */
async function seen(office) {
  await until('no probe runs', async () => samples(await office.ask('/metrics')).siaga_server_pacer_lateness_seconds === 0);
  // Of an increase Prometheus guesses half a scrape at each end.
  const enough = 'count_over_time(up{job="siaga-agents"}[1m]) >= 15';
  await until('there have been enough scrapes', async () => (await office.prometheus.query(enough)).length > 0);
  await office.isSeen();
  return facts(office);
}

/** How the server says that rooms stand. */
async function verdicts(office) {
  const { rooms } = await office.ask('/v1/rooms?profile=lab');
  return Object.fromEntries(rooms.map(({ room, verdict }) => [room, verdict]));
}

/** By name: “ROOM CHECK age”, “BOOKING begins in”, “asli METRIC{LABELS}” as an agent shows it itself, and so on. */
async function facts(office) {
  const now = Date.now();
  // Ages grow while it is asked for others.
  const age = (seconds) => seconds - (Date.now() - now) / 1000;
  const { rooms } = await office.ask('/v1/rooms?profile=lab');
  const told = {
    now: now / 1000,
    'rooms known': rooms.length,
    'rooms online': rooms.filter(({ online }) => online).length,
    'certificate lasts': (Date.parse(new X509Certificate(office.certificate).validTo) - now) / 1000,
    'letters refused': office.letters.refused,
    'letter waits': office.refusedSince ? (now - office.refusedSince) / 1000 : 0,
  };
  for (const { room, last_seen_age_s } of rooms) told[`${room} last seen`] = age(last_seen_age_s);
  for (const { room } of rooms) {
    for (const { code, age_s, value } of (await office.ask(`/v1/rooms/${room}/readiness`)).checks) {
      Object.assign(told, { [`${room} ${code} age`]: age(age_s), [`${room} ${code} value`]: value });
    }
  }
  told['store bytes'] = office.storeBytes();
  told['log entries'] = (await office.ask(`/v1/bookings/${office.bookings.tomorrow.reference}`)).log.seq;
  for (const [name, { request }] of Object.entries(office.bookings)) {
    told[`${name} begins`] = Date.parse(request.slot.start);
    told[`${name} begins in`] = (Date.parse(request.slot.start) - now) / 1000;
  }
  for (const agent of ['asli', 'lambat']) {
    const itself = samples(await office.agent(agent, '/metrics'));
    for (const [name, value] of Object.entries(itself)) {
      told[`${agent} ${name}`] = value;
      // Counted over all its lives.
      told[`${agent} ever ${name}`] = office.counted[agent].reduce((sum, before) => sum + (before[name] ?? 0), value);
    }
  }
  for (const direction of ['up', 'down']) {
    const bytes = (agent) => told[`${agent} ever siaga_probe_bytes_total{direction="${direction}"}`];
    told[`bytes ${direction}`] = bytes('asli') + bytes('lambat');
  }
  const server = samples(await office.ask('/metrics'));
  for (const [name, value] of Object.entries(server)) {
    told[`server ${name}`] = value;
    if (value > 0) told[`some ${name}`] = value;
  }
  const wakes = (late) => server[`siaga_server_pacer_wakes_total{late="${late}"}`];
  const late = wakes(true) / (wakes(true) + wakes(false));
  return { ...told, 'late wakes': late, ...(late > 0.01 && { 'too many late wakes': late }) };
}
