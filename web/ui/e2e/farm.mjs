// A farm of the real binary in a folder of its own, with its owner's link; gone when it is stopped.
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
export const binary = process.env.FRAMEFARM_BIN ?? join(root, 'target/debug/framefarm');
/** Only a hang takes this long. */
export const LONG = 60_000;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** What `look` finds, as soon as it finds something. */
export async function until(what, look) {
  const begun = Date.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() - begun > LONG) throw new Error(`waited ${LONG / 1000} s in vain: ${what}`);
    await sleep(50);
  }
}

let farms = 0;

export class Farm {
  constructor() {
    if (!existsSync(binary)) throw new Error(`there is no ${binary}; cargo build makes it`);
    this.folder = mkdtempSync(join(tmpdir(), 'framefarm-page-'));
    // Frames run as another account where this one is root.
    chmodSync(this.folder, 0o777);
    farms += 1;
    this.env = {
      ...process.env,
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_DATA_HOME: join(this.folder, 'share'),
      FRAMEFARM_FARM: `page-${process.pid}-${farms}`,
    };
    for (const name of ['FRAMEFARM_SERVER', 'FRAMEFARM_SMTP', 'FRAMEFARM_TOKEN']) delete this.env[name];
    this.servers = new Map();
  }

  /** A farm in one process, with `slots` slots. */
  static async up(slots = 2, more = []) {
    const farm = new Farm();
    await farm.start('up', ['up', '--port', '0', '--name', 'solo', '--slots', String(slots), ...more]);
    farm.port = new URL(farm.url).port;
    return farm;
  }

  /** Starts a server and waits until it says that it is ready, or that it waits for somebody. */
  async start(name, words, ready = /^framefarm ready/m) {
    const out = join(this.folder, `${name}.out`);
    const log = join(this.folder, `${name}.log`);
    const scratch = join(this.folder, `scratch-${name}`);
    mkdirSync(scratch, { recursive: true });
    chmodSync(scratch, 0o777);
    writeFileSync(out, '');
    const files = [openSync(out, 'w'), openSync(log, 'a')];
    const data = ['--data', join(this.folder, `data-${name}`), '--scratch', scratch];
    const child = spawn(binary, [...words, ...data], { env: this.env, stdio: ['ignore', ...files] });
    files.forEach(closeSync);
    this.servers.set(name, { child, words });
    const said = await until(`${name} is ready`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${readFileSync(log, 'utf8').slice(-2000)}`);
      const text = readFileSync(out, 'utf8');
      return ready.test(text) && text;
    });
    this.url ??= /at (https?:\S+)/.exec(said)?.[1];
    return said;
  }

  /** The link that lets the owner in, once. */
  link() {
    return until("the owner's link", () => /\S+\/#owner=\S+/.exec(readFileSync(join(this.folder, 'up.out'), 'utf8'))?.[0]);
  }

  /** Ends a server as a crash does. */
  async kill(name) {
    const { child } = this.servers.get(name);
    child.kill('SIGKILL');
    await until(`${name} has ended`, () => child.exitCode !== null || child.signalCode !== null);
  }

  /** Starts one again where it was, on the same port. */
  async again(name) {
    const words = [...this.servers.get(name).words];
    words[words.indexOf('--port') + 1] = this.port;
    return this.start(name, words);
  }

  /** A command of the owner. What it says. */
  async command(...words) {
    const { stdout } = await run(binary, words, { env: this.env });
    return stdout.trim();
  }

  /** A job of plain commands; its id. */
  async script(name, frames, script, ...more) {
    return this.command('submit', '--quiet', '--name', name, '--frames', frames, ...more, '--command', '--', 'sh', '-c', script);
  }

  path(name) {
    return join(this.folder, name);
  }

  async stop() {
    const ended = [];
    for (const { child } of [...this.servers.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      ended.push(until('a server has stopped', () => child.exitCode !== null || child.signalCode !== null));
    }
    await Promise.all(ended);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
