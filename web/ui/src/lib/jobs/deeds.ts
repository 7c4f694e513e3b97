// What can be done with jobs and frames: asked where it destroys, then said what became of it.
import { post } from '../api/client.ts';
import type { Job, JobFilter, JobVerb, OrderReply } from '../api/types.ts';
import { count, counted } from '../format.ts';
import { confirmed } from '../ui/confirm.svelte.ts';
import { complain, said, toasts } from '../ui/toasts.svelte.ts';

export type Select = JobFilter | { ids: number[] };

export interface Order {
  verb: JobVerb;
  priority?: number;
  select: Select;
  dry_run?: boolean;
  expect?: number;
}

export const orderJobs = (order: Order): Promise<OrderReply> => post<OrderReply>('/jobs/orders', order);

const DONE: Record<JobVerb, string> = {
  kill: 'killed', hold: 'put on hold', release: 'released', retry: 'will try again', priority: 'moved',
};
const ASKED: Partial<Record<JobVerb, string>> = {
  kill: 'What runs is ended at once. Finished frames are kept. A killed job does not come back; it can be submitted again.',
};
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Whether a job is in a state that `verb` changes. */
export function fits(verb: JobVerb, job: Job): boolean {
  const ended = ['done', 'failed', 'killed'].includes(job.state);
  switch (verb) {
    case 'hold':
      return !ended && job.state !== 'held';
    case 'release':
      return job.state === 'held';
    case 'retry':
      return job.state !== 'killed' && job.frames_failed > 0;
    case 'kill':
    case 'priority':
      return !ended;
  }
}

/** Does it, asked first where it kills or concerns everything that matches. True where something was done. */
export async function doOrder(order: Order, names: string[], matched = names.length): Promise<boolean> {
  const what = counted(matched, 'job');
  if (order.verb === 'kill' || !('ids' in order.select)) {
    const one = names.length === 1 && matched === 1;
    const sure = await confirmed({
      title: one ? `${capital(order.verb)} ${names[0]}?` : `${capital(order.verb)} ${what}?`,
      text: ASKED[order.verb] ?? '',
      lines: one ? [] : names.length > 0 ? names : [`all ${count(matched)} that match the filter`],
      verb: `${capital(order.verb)} ${what}`,
      danger: order.verb === 'kill',
    });
    if (!sure) return false;
  }
  try {
    const reply = await orderJobs(order);
    const first = reply.refused[0];
    if (reply.done.length > 0) {
      const name = names.length === 1 && reply.done.length === 1 ? names[0] : undefined;
      said(`${name ?? counted(reply.done.length, 'job')} ${DONE[order.verb]}`);
    }
    if (first) {
      const many = `${counted(reply.refused.length, 'job')} refused: ${first.problem.title}`;
      toasts.add('bad', many, { hint: first.problem.hint });
    }
    return reply.done.length > 0;
  } catch (error) {
    complain(error);
    return false;
  }
}

export type FrameVerb = 'retry' | 'requeue' | 'kill';

export interface FrameOrder {
  verb: FrameVerb;
  numbers?: string;
  states?: string[];
  step?: string;
}

const FRAMES_DONE: Record<FrameVerb, [one: string, many: string]> = {
  retry: ['will be tried again', 'will be tried again'], requeue: ['waits again', 'wait again'], kill: ['killed', 'killed'],
};

export async function doFrameOrder(job: string, order: FrameOrder, frames: number): Promise<boolean> {
  if (order.verb === 'kill') {
    const what = counted(frames, 'frame');
    const text = 'What runs of them is ended at once and they count as failed. Retry brings them back.';
    if (!(await confirmed({ title: `Kill ${what}?`, text, verb: `Kill ${what}`, danger: true }))) return false;
  }
  try {
    const reply = await post<{ matched: number; frames: number }>(`/jobs/${job}/frames/orders`, order);
    const none = reply.frames === 0;
    if (none) toasts.add('plain', 'None of these frames is in a state that this changes.');
    else {
      const [one, many] = FRAMES_DONE[order.verb];
      said(`${counted(reply.frames, 'frame')} ${reply.frames === 1 ? one : many}`);
    }
    return !none;
  } catch (error) {
    complain(error);
    return false;
  }
}
