// An office to look at: a probe server, two rooms with real agents, one of them behind a link that can be made slow, six rooms that
// lab-room plays, one that has been off for days, a booking system that takes letters, and a Prometheus.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { Programs, ask, until } from './programs.mjs';
import { Prometheus, configure, samples } from './prometheus.mjs';

/** The server's only address outside of this machine; rooms see it over their cable. */
const HOST = '198.51.100.1';
const API = `https://${HOST}:9871`;

export const LAB_ROOMS = { r1: 'kantor-a', r2: 'kantor-b', r3: 'kantor-b', r4: 'kantor-b', r5: 'kantor-b', r6: 'kantor-b' };
const REAL_ROOMS = ['asli', 'lambat'];
// The office is open every day, and it is always about ten o'clock there: nothing must depend on when this runs.
const OFFSET = (34 - new Date().getUTCHours()) % 24;
const ZONE = `Etc/GMT${OFFSET <= 12 ? `-${OFFSET}` : `+${24 - OFFSET}`}`;
const FACTS = [
  'applicant_equipment', 'applicant_accounts', 'applicant_staff', 'division_accounts', 'division_staff', 'division_capacity',
];
/** What the two real rooms are held against, which have neither camera nor microphone. */
const PROFILES = '[profiles.lab.network]\nup = "2M"\ndown = "2M"\n';

export class Office {
  prometheus = new Prometheus();
  /** How many letters the booking system took, and how many it had no time for. */
  letters = { taken: 0, refused: 0 };
  /** What agents had counted when they were ended, by room. */
  counted = { asli: [], lambat: [] };
  #takesLetters = true;
  #references = 0;
  /** The token of the room that was enrolled last. */
  #used;

  constructor(bin, dir, shipped) {
    Object.assign(this, { dir, shipped, programs: new Programs(bin, dir), server: join(dir, 'server') });
  }

  async open() {
    const { programs, server } = this;
    const cable = await programs.start('cable', 'unshare', ['--net', 'sleep', 'infinity']);
    this.inRoom = ['--target', String(cable), '--net'];
    await until('the room has a network of its own', () => {
      const namespace = (pid) => programs.run('readlink', [`/proc/${pid}/ns/net`]);
      return namespace(cable) !== namespace('self');
    });
    this.#here('ip', 'link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(cable));
    this.#here('ip', 'address', 'add', `${HOST}/24`, 'dev', 'wan');
    this.#here('ip', 'link', 'set', 'wan', 'up');
    this.#room('ip', 'link', 'set', 'lo', 'up');
    this.#room('ip', 'address', 'add', '198.51.100.2/24', 'dev', 'eth0');
    this.#room('ip', 'link', 'set', 'eth0', 'up');

    this.#here('siaga-probe-server', 'init', '--dir', server, '--name', HOST);
    this.#configureServer();
    this.#here('lab-room', 'past', '--dir', server, '--room', 'lama', '--days', '4', '--hours', '7-8', '--zone', ZONE);
    this.ca = readFileSync(join(server, 'ca.pem'));
    this.certificate = readFileSync(join(server, 'server.pem'));
    this.#receiver = createServer((request, answer) => {
      request.resume().on('end', () => {
        this.letters[this.#takesLetters ? 'taken' : 'refused'] += 1;
        answer.writeHead(this.#takesLetters ? 204 : 503).end();
      });
    }).listen(8080, '127.0.0.1');
    await programs.start('server', 'siaga-probe-server', ['run', '--dir', server, '--http', '0.0.0.0:9871'], ' ready ');
    const scopes = 'read,scrape,book,override';
    this.token = lastLine(this.#here('siaga-probe-server', 'api-token', 'add', '--dir', server, '--name', 'office', '--scope', scopes));
    await this.#startPrometheus();
    for (const room of REAL_ROOMS) {
      this.#configureAgent(room);
      this.#enroll(room);
      await this.startAgent(room);
    }
    // Counters are seen from the beginning.
    await until('an agent is scraped', () => this.prometheus.isUp('siaga-agents'));
  }

  #receiver;

  #here(program, ...words) {
    return this.programs.run(program, words);
  }

  /** In the network of the room “lambat”. */
  #room(...words) {
    return this.programs.run('nsenter', [...this.inRoom, ...words]);
  }

  #configureServer() {
    const { server } = this;
    const rules = this.#here('siaga-probe-server', 'policy', 'show', 'kalbar-98-2021').replace(/^name = .*/m, 'name = "lab"');
    const off = ['lead_time', 'working_hours', 'network_at_hour'];
    const policy = off.reduce((text, rule) => text.replace(`[${rule}]\non = true`, `[${rule}]\non = false`), rules);
    writeFileSync(join(server, 'lab.toml'), policy);
    writeFileSync(join(server, 'webhook.secret'), `whsec_${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    const webhook = '[webhook]\nurl = "http://127.0.0.1:8080/"\nsecret_file = "webhook.secret"\n';
    const office = `[office]\npolicy = "lab.toml"\nzone = "${ZONE}"\nhours = "Mon-Sun 06:00-20:00"\nholidays = "none"\n`;
    mkdirSync(join(server, 'none'));
    for (const year of [0, 1].map((more) => new Date().getUTCFullYear() + more)) {
      writeFileSync(join(server, 'none', `${year}.toml`), `year = ${year}\ncomplete = true\n[days]\n`);
    }
    this.#settings = `${webhook}${office}${PROFILES}`;
    this.#write(this.#settings);
  }

  #settings;

  #write(settings) {
    writeFileSync(join(this.server, 'probe-server.toml'), settings);
  }

  #configureAgent(room) {
    const state = join(this.dir, `state-${room}`);
    mkdirSync(state);
    // On a link that is paid for by volume nothing is probed unless somebody asks.
    const network = '[network]\nmetered = "yes"\naccept_internal_server = true\n';
    const server = `[[servers]]\naddress = "${HOST}:4433"\nca = "${join(this.server, 'ca.pem')}"\n`;
    const http = `[http]\nlisten = "127.0.0.1:9870"\nsocket = "${join(state, 'agent.sock')}"\n`;
    const itself = `room = "${room}"\nsite = "kantor-a"\nstate_dir = "${state}"\nprofile = "lab"\n`;
    writeFileSync(this.configOf(room), itself + http + network + server + PROFILES);
  }

  configOf(room) {
    return join(this.dir, `${room}.toml`);
  }

  async startAgent(room) {
    await this.programs.start(room, ...this.#inNetworkOf(room, 'siaga-agent', ['run', '--config', this.configOf(room)]), ' ready ');
  }

  async #startPrometheus() {
    const tokenFile = join(this.dir, 'token');
    writeFileSync(tokenFile, this.token);
    configure(this.dir, this.shipped, {
      'probe.example': HOST,
      '/etc/prometheus/siaga.token': tokenFile,
      '/etc/prometheus/siaga-ca.pem': join(this.server, 'ca.pem'),
      'room: diskominfo-r2, site: diskominfo': 'room: asli, site: kantor-a',
    });
    const files = [`--config.file=${join(this.dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(this.dir, 'tsdb')}`];
    await this.programs.start('prometheus', 'prometheus', [...files, '--web.listen-address=127.0.0.1:9090'], 'Server is ready');
    await until('the server is scraped', () => this.prometheus.isUp('siaga-server'));
  }

  #enroll(room) {
    this.#used = lastLine(this.#here('siaga-probe-server', 'token', '--dir', this.server, '--room', room, '--ttl', '10m'));
    const words = ['enroll', '--config', this.configOf(room), ...this.#toServer, '--token', '-'];
    this.programs.run(...this.#inNetworkOf(room, 'siaga-agent', words), `${this.#used}\n`);
  }

  /** A program of the project and its words, in the network of a room. */
  #inNetworkOf(room, program, words) {
    return room === 'lambat' ? ['nsenter', [...this.inRoom, join(this.programs.bin, program), ...words]] : [program, words];
  }

  /** Has an agent probe until there is a verdict, and says which: a server on a machine that is busy may put it off. */
  async probe(room) {
    for (;;) {
      const before = this.#probesOf(room).length;
      const { status } = await ask('http://localhost/v1/probe', { method: 'POST', socketPath: this.#socketOf(room) });
      if (status !== 202) throw new Error(`${room} does not probe: ${status}`);
      await until(`${room} has probed`, () => this.#probesOf(room).length > before);
      const [, verdict] = / verdict=(\w+)/.exec(this.#probesOf(room).pop());
      if (verdict !== 'inconclusive') return verdict;
      await this.restart(room);
    }
  }

  #probesOf(room) {
    return this.programs.said(room).split('\n').filter((line) => line.includes(': probed mode=gate'));
  }

  /** Starts an agent anew: who asks within a minute of the last probe has the answer already, but not so after a restart. */
  async restart(room) {
    await this.isSeen();
    this.counted[room].push(samples(await this.agent(room, '/metrics')));
    await this.programs.stop(room);
    await this.startAgent(room);
  }

  /** Prometheus has seen all that is so now: the server, an agent directly, and every room through the server. */
  async isSeen() {
    const { rooms } = await this.ask('/v1/rooms');
    await this.prometheus.hasSeen(2 + rooms.length);
  }

  async switchOn(room, ...fault) {
    const words = ['present', '--dir', this.server, '--server', `${HOST}:4433`, '--room', room, '--site', LAB_ROOMS[room]];
    const faults = fault.flatMap((it) => ['--fault', it]);
    await this.programs.start(room, 'lab-room', [...words, ...faults], 'has reported');
  }

  switchOff(room) {
    return this.programs.stop(room);
  }

  /** Somebody who is not enrolled asks for a probe. */
  probeAsStranger() {
    this.#inVain('probe', '--up', '2M', '--down', '2M');
  }

  /** Somebody shows a token that was used already. */
  enrollInVain() {
    this.#configureAgent('palsu');
    this.#inVain('enroll', '--config', this.configOf('palsu'), '--token', '-');
  }

  #inVain(command, ...words) {
    const told = [command, ...this.#toServer, ...words];
    try {
      this.programs.run('siaga-agent', told, `${this.#used}\n`);
    } catch ({ status }) {
      if (status === 3) return;
    }
    throw new Error(`a stranger may ${command}`);
  }

  /** An endurance test goes on at 2 Mbit/s both ways, for as long as it is looked at. */
  async tire() {
    const words = ['probe', '--config', this.configOf('asli'), ...this.#toServer, '--mode', 'sustain', '--up', '2M', '--down', '2M'];
    const goesOn = () => this.programs.said('server').includes('mode=sustain');
    while (!goesOn()) {
      await this.programs.start('tire', 'siaga-agent', words);
      await until('the endurance test goes on', () => goesOn() || !this.programs.isRunning('tire'));
    }
  }

  /** From now on the link of “lambat” carries no more than this from the room. */
  shape(mbits) {
    const words = ['root', 'tbf', 'rate', `${mbits}mbit`, 'burst', '16kb', 'latency', '50ms'];
    this.#room('tc', 'qdisc', 'add', 'dev', 'eth0', ...words);
  }

  /** What the server says. */
  async ask(path, method = 'GET', body = undefined) {
    const answer = await ask(API + path, { method, body, ca: this.ca, headers: { authorization: `Bearer ${this.token}` } });
    if (answer.status >= 400 && answer.status !== 503) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer.body;
  }

  /** What an agent says, over its socket. */
  async agent(room, path) {
    return (await ask(`http://localhost${path}`, { socketPath: this.#socketOf(room) })).body;
  }

  #socketOf(room) {
    return join(this.dir, `state-${room}`, 'agent.sock');
  }

  get #toServer() {
    return ['--server', `${HOST}:4433`, '--ca', join(this.server, 'ca.pem')];
  }

  /** Bytes in use of the file with what is known of rooms. */
  storeBytes() {
    const sql = 'SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size';
    return Number(this.#here('sqlite3', join(this.server, 'rooms.sqlite'), '.timeout 5000', sql));
  }

  /** An application; begins in so many seconds. */
  async book(room, begins, more = {}) {
    const moment = (seconds) => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toISOString().replace('.000', '');
    const facts = Object.fromEntries(FACTS.map((fact) => [fact, true]));
    this.#references += 1;
    const slot = { start: moment(begins), end: moment(begins + 3600) };
    const letter = { submitted_at: moment(-60), profile: 'minimum', letter_ref: '090/12/OPD/2026' };
    const request = { room, slot, ...letter, facts, ...more };
    return this.ask(`/v1/bookings/B-${this.#references}`, 'PUT', request);
  }

  override(booking) {
    const { reference, request } = booking;
    const said = { decision: 'approve', actor: 'Kepala Dinas', reason: 'Diperiksa langsung', expires_at: request.slot.end };
    return this.ask(`/v1/bookings/${reference}/override`, 'POST', said);
  }

  outcome(booking, outcome) {
    return this.ask(`/v1/bookings/${booking.reference}/outcome`, 'POST', { outcome });
  }

  /** From now on the booking system has no time for letters. */
  refuseLetters() {
    this.#takesLetters = false;
  }

  /** A review that has waited for two days, as if it had been made then. */
  makeOld(booking) {
    const sql = `DROP TRIGGER audit_is_not_changed; UPDATE audit SET at = at - 172800000 WHERE reference = '${booking.reference}'`;
    this.#here('sqlite3', join(this.server, 'bookings.sqlite'), '.timeout 5000', sql);
  }

  async spoilConfiguration() {
    this.#write(`${this.#settings}\n[office\n`);
    this.programs.signal('server', 'SIGHUP');
  }

  async close() {
    await this.programs.stopAll();
    this.#receiver?.close();
  }
}

const lastLine = (text) => text.trim().split('\n').pop();
