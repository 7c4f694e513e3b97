// A job that is watched: its frames as they go, one that is killed and retried, two browsers at once, and a
// connection that is lost and comes back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { accessible } from './browser.mjs';
import { until } from './farm.mjs';
import { opened } from './opened.mjs';

const { farm, browser, owner } = await opened(2);

const json = async (path) => (await owner.request.get(`/api/v1${path}`)).json();
const state = (job) => json(`/jobs/${job}`).then((one) => one.state);
/** A job whose frames wait, each for its gate. */
const gated = (name, frames, ...more) => farm.script(name, frames, `echo "<b>begun</b>"; until [ -e ${farm.path(name)}.{frame} ]; do sleep 0.1; done`, ...more);
const open = (name, frame) => writeFileSync(farm.path(`${name}.${frame}`), '');
const row = (page, name) => page.getByRole('grid', { name: 'Jobs' }).getByRole('row', { name });

test('a job is watched from the queue to its end, and what it prints is text', async () => {
  const job = await gated('film', '1-3');
  await owner.goto('/jobs');
  await row(owner, 'film').waitFor();
  await accessible(owner, 'the queue');
  await row(owner, 'film').getByRole('link').first().click();
  await owner.waitForURL(`**/jobs/${job}**`);
  await owner.getByRole('heading', { name: 'film' }).waitFor();
  await accessible(owner, 'a job');
  await owner.goto(`/jobs/${job}/frames/1`);
  await owner.getByText('<b>begun</b>').first().waitFor();
  await accessible(owner, 'a frame');
  for (const frame of [1, 2, 3]) open('film', frame);
  await until('the job is done', async () => (await state(job)) === 'done');
  await owner.goto('/jobs?queue=done');
  await row(owner, 'film').waitFor();
  browser.nothingWrong();
});

test('a frame is killed in the page, and retried', async () => {
  const job = await gated('shot', '1-2');
  await until('frame 1 runs', async () => (await json(`/jobs/${job}/frames/1`)).state === 'running');
  await owner.goto(`/jobs/${job}/frames/1`);
  await owner.getByRole('button', { name: 'Kill', exact: true }).click();
  await owner.getByRole('dialog').getByRole('button', { name: /^Kill/ }).click();
  await until('frame 1 has failed', async () => (await json(`/jobs/${job}/frames/1`)).state === 'failed');
  await owner.getByText('killed by owner').first().waitFor();
  await owner.getByRole('button', { name: 'Retry', exact: true }).click();
  open('shot', 1);
  open('shot', 2);
  await until('the job is done', async () => (await state(job)) === 'done');
  browser.nothingWrong();
});

test('many jobs are ordered at once, after a question that says how many', async () => {
  const jobs = [];
  for (const name of ['one', 'two', 'three']) jobs.push(await farm.script(name, '1', 'true', '--hold'));
  await owner.goto('/jobs?queue=new');
  await row(owner, 'three').waitFor();
  await owner.getByRole('grid', { name: 'Jobs' }).focus();
  await owner.keyboard.press('Control+a');
  await owner.getByRole('button', { name: 'Kill', exact: true }).first().click();
  await owner.getByRole('dialog').getByRole('button', { name: 'Kill 3 jobs' }).click();
  for (const job of jobs) await until(`job ${job} is killed`, async () => (await state(job)) === 'killed');
  browser.nothingWrong();
});

test('two browsers see the same, each what the other does', async () => {
  const ada = await browser.user(farm, 'ada', 'operator');
  const job = await farm.script('shared', '1', 'true', '--hold');
  await Promise.all([ada.goto(`/jobs/${job}`), owner.goto(`/jobs/${job}`)]);
  await ada.getByRole('button', { name: 'Release' }).click();
  await owner.getByText('done', { exact: true }).first().waitFor();
  await ada.getByText('done', { exact: true }).first().waitFor();
  browser.nothingWrong();
});

test('a connection that is lost shows, and what happened meanwhile is there once it is back', async () => {
  const job = await gated('lost', '1-2');
  await owner.goto('/jobs');
  await row(owner, 'lost').waitFor();
  await farm.kill('up');
  await owner.getByText(/lost|connect|away/i).first().waitFor();
  assert.ok(await row(owner, 'lost').isVisible(), 'what was known stays');
  open('lost', 1);
  open('lost', 2);
  await farm.again('up');
  await until('the job is done', async () => (await state(job)) === 'done');
  await row(owner, 'lost').waitFor({ state: 'detached' });
  await owner.goto('/jobs?queue=done');
  await row(owner, 'lost').waitFor();
  browser.nothingWrong();
});
