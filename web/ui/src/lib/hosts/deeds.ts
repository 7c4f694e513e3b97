// What can be ordered of render hosts, and how it is asked and told.
import { part, post, remove } from '../api/client.ts';
import type { Host } from '../api/types.ts';
import { counted } from '../format.ts';
import { confirmed, type Question } from '../ui/confirm.svelte.ts';
import { complain, said } from '../ui/toasts.svelte.ts';

export type HostDeed = 'open' | 'drain' | 'stop' | 'restart' | 'quit' | 'wake';
type Known = Pick<Host, 'name' | 'state' | 'door' | 'slots_busy'>;

const ORDERS: Record<Exclude<HostDeed, 'wake'>, { verb: string; now: boolean }> = {
  open: { verb: 'start', now: false },
  drain: { verb: 'stop', now: false },
  stop: { verb: 'stop', now: true },
  restart: { verb: 'restart', now: false },
  quit: { verb: 'quit', now: false },
};

export const WORDS: Record<HostDeed, { label: string; done: string; what: string }> = {
  open: { label: 'Open', done: 'told to take frames', what: 'It takes frames again.' },
  drain: { label: 'Drain', done: 'told to finish what it has', what: 'It finishes what it has and takes nothing more.' },
  stop: { label: 'Close now', done: 'told to give back what it has', what: 'What it renders is given back and begins anew elsewhere.' },
  restart: { label: 'Restart', done: 'told to restart', what: 'Its render server ends and begins anew; frames go on.' },
  quit: { label: 'End', done: 'told to end', what: 'Its render server ends; only something on that machine begins it again.' },
  wake: { label: 'Wake', done: 'called', what: 'A packet is sent by which machines that sleep wake up.' },
};

/** Whether a deed makes sense for a host as it is. */
export function fits(deed: HostDeed, host: Known): boolean {
  const closed = host.door.is === 'closed';
  if (deed === 'wake') return host.state === 'silent';
  if (host.state === 'silent') return false;
  if (deed === 'open') return closed;
  if (deed === 'drain') return !closed;
  if (deed === 'stop') return !closed || host.slots_busy > 0;
  return true;
}

/** What is asked before; nothing where it can be taken back and loses nothing. */
export function question(deed: HostDeed, hosts: readonly Known[]): Question | null {
  const busy = hosts.reduce((sum, host) => sum + host.slots_busy, 0);
  const which = hosts.length === 1 ? (hosts[0]?.name ?? '') : counted(hosts.length, 'host');
  const lines = hosts.length > 1 ? hosts.map((host) => host.name) : [];
  if (deed === 'stop' && busy > 0) {
    const text = `${counted(busy, 'slot')} at work: what is rendered there is given back and begins anew elsewhere.`;
    return { title: `Close ${which} now?`, text, lines, verb: `Close ${which}`, danger: true };
  }
  if (deed === 'quit' || deed === 'restart') {
    const verb = `${WORDS[deed].label} ${which}`;
    return { title: `${verb}?`, text: WORDS[deed].what, lines, verb, danger: deed === 'quit' };
  }
  return null;
}

/** Orders it of all of them; true where somebody meant it and each heard it. */
export async function order(deed: HostDeed, hosts: readonly Known[]): Promise<boolean> {
  const meant = hosts.filter((host) => fits(deed, host));
  if (meant.length === 0) return false;
  const asked = question(deed, meant);
  if (asked && !(await confirmed(asked))) return false;
  const tell = (host: Known) =>
    deed === 'wake' ? post(`/hosts/${part(host.name)}/wake`) : post(`/hosts/${part(host.name)}/order`, ORDERS[deed]);
  const told = await Promise.allSettled(meant.map(tell));
  const failed = told.filter((one) => one.status === 'rejected');
  const heard = meant.length - failed.length;
  if (heard > 0) said(`${heard === 1 ? meant[told.findIndex((one) => one.status === 'fulfilled')]?.name : counted(heard, 'host')} ${WORDS[deed].done}`);
  if (failed[0]) complain(failed[0].reason, failed.length > 1 ? counted(failed.length, 'host') : '');
  return failed.length === 0;
}

export async function forgive(host: string): Promise<boolean> {
  try {
    await remove(`/set-aside/${part(host)}`);
    said(`${host} is forgiven`);
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
