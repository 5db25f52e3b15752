// The real programs, started and ended; what waits here waits for conditions, and the bounds only turn a hang into a failure.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const OURS = ['siaga-agent', 'siaga-probe-server', 'lab-room'];

export class Programs {
  #running = new Map();

  constructor(bin, dir) {
    this.bin = bin;
    this.dir = dir;
  }

  /** Runs a program to its end, the project's own by name; its standard output. */
  run(program, words, input) {
    const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
    return execFileSync(this.#found(program), words, { encoding: 'utf8', stdio, input, env: this.#env(), timeout: 60_000 });
  }

  /** Starts a program and waits until its log says `ready`, where that is given. */
  async start(name, program, words, ready) {
    const log = join(this.dir, `${name}.log`);
    const file = openSync(log, 'a');
    const child = spawn(this.#found(program), words, { stdio: ['ignore', file, file], env: this.#env() });
    closeSync(file);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    this.#running.set(name, { child, ended });
    const before = this.said(name).split('\n').length - 1;
    const isReady = () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${this.said(name)}`);
      return !ready || this.said(name).split('\n').slice(before).some((line) => line.includes(ready));
    };
    await until(`${name} is ready`, isReady);
    return child.pid;
  }

  said(name) {
    return readFileSync(join(this.dir, `${name}.log`), 'utf8');
  }

  /** Tells it to end and waits until it has. */
  async stop(name) {
    const { child, ended } = this.#running.get(name);
    this.#running.delete(name);
    child.kill('SIGTERM');
    await ended;
  }

  isRunning(name) {
    return this.#running.get(name).child.exitCode === null;
  }

  signal(name, signal) {
    this.#running.get(name).child.kill(signal);
  }

  async stopAll() {
    for (const name of [...this.#running.keys()].reverse()) await this.stop(name);
  }

  #found(program) {
    return OURS.includes(program) ? join(this.bin, program) : program;
  }

  #env() {
    return { ...process.env, NO_COLOR: '1', RUST_LOG: '' };
  }
}

/** Waits until `holds` does; what it throws is an answer too late to wait for. */
export async function until(what, holds, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await holds();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(50);
  }
}

/** One request; the status and the body, which is parsed where it is JSON. */
export function ask(url, { method = 'GET', body, ...more } = {}) {
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const headers = { ...more.headers, ...(body && { 'content-type': 'application/json' }) };
    const asked = request(url, { method, ...more, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => {
        const isJson = /json/.test(answer.headers['content-type'] ?? '');
        resolve({ status: answer.statusCode, body: isJson ? JSON.parse(text) : text });
      });
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}
