// A scene that is dropped in a browser, what is wrong with it beside its fields, and its pictures in the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessible } from './browser.mjs';
import { until } from './farm.mjs';
import { opened } from './opened.mjs';

const SCENE = `camera { location <0, 1, -4> look_at 0 } light_source { <5, 9, -7>, 1 }
#include "shapes.inc"
sphere { 0, 1 pigment { rgb <1, 0.5, clock> } }`;
const file = (name, text) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });

const { farm, browser, owner } = await opened(2);

const jobs = async () => (await (await owner.request.get('/api/v1/jobs')).json()).total;

test('faults stand beside their fields and nothing is sent before there is none', async () => {
  await owner.goto('/submit');
  await owner.getByText('Drop a scene').waitFor();
  await accessible(owner, 'the empty submit page');
  await owner.getByLabel('Files', { exact: true }).setInputFiles([file('ball.pov', SCENE)]);
  await owner.getByLabel('Frames', { exact: true }).fill('1-');
  const frames = owner.locator('.field', { has: owner.getByLabel('Frames', { exact: true }) });
  await frames.getByText('is not a frame or a range').waitFor();
  assert.equal(await owner.getByLabel('Frames', { exact: true }).getAttribute('aria-invalid'), 'true');
  // The form has what the package declares, and its faults.
  await owner.getByLabel('antialias depth').fill('99');
  await owner.locator('.field', { has: owner.getByLabel('antialias depth') }).getByText('must lie between 1 and 9').waitFor();
  assert.ok(await owner.getByRole('button', { name: 'Submit', exact: true }).isDisabled());
  await accessible(owner, 'the submit page with faults');
  assert.equal(await jobs(), 0);
  browser.nothingWrong();
});

test('a job without faults is sent, rendered and shown', async () => {
  await owner.getByLabel('Frames', { exact: true }).fill('1-2');
  await owner.getByLabel('antialias depth').fill('2');
  await owner.getByLabel('Size').fill('64x48');
  await owner.getByLabel('Job name').fill('<img src=x onerror=alert(1)>');
  await owner.getByText('1 host of 1 can render it').waitFor();
  assert.equal(await jobs(), 0, 'what is tried out is not taken');
  await owner.getByRole('button', { name: 'Submit', exact: true }).click();
  await owner.waitForURL(/\/jobs\/\d+$/);
  const id = /\d+$/.exec(owner.url())[0];
  // What somebody wrote is text wherever it is shown.
  await owner.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).waitFor();
  assert.equal(await owner.locator('img[src="x"]').count(), 0);
  const job = () => owner.request.get(`/api/v1/jobs/${id}`).then((answer) => answer.json());
  const ended = await until('the job has ended', async () => {
    const now = await job();
    return ['done', 'failed'].includes(now.state) && now;
  });
  assert.equal(ended.state, 'done', JSON.stringify(ended));
  await owner.goto('/jobs?queue=done');
  await owner.getByRole('grid', { name: 'Jobs' }).getByText('<img src=x').first().waitFor();
  browser.nothingWrong();
});

test('the same job once more needs no file', async () => {
  await owner.goto('/submit?job=1');
  await owner.getByLabel('Frames').fill('2');
  await owner.getByRole('button', { name: 'Submit', exact: true }).click();
  await owner.waitForURL('**/jobs/2');
  browser.nothingWrong();
});

test('a description is taken as it is written, and mended in the page', async () => {
  await owner.goto('/submit');
  const description = 'name = "described"\nscene = "ball.pov"\nframes = "1-4"\nsize = "64x48"\npriorty = 3\n';
  await owner.getByLabel('Files', { exact: true }).setInputFiles([file('ball.pov', SCENE), file('job.toml', description)]);
  await owner.getByText('priorty').first().waitFor();
  await owner.getByText(/priority/).first().waitFor();
  const text = owner.getByRole('textbox', { name: 'job.toml' });
  await text.fill(description.replace('priorty', 'priority'));
  await owner.getByText('Nothing is wrong with it').waitFor();
  await owner.getByRole('button', { name: 'Submit', exact: true }).click();
  await owner.waitForURL('**/jobs/3');
  const described = await (await owner.request.get('/api/v1/jobs/3')).json();
  assert.deepEqual([described.name, described.priority], ['described', 3]);
  browser.nothingWrong();
});
