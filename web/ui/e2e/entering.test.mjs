// Who gets in, who does not, and what becomes of whoever was in.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessible } from './browser.mjs';
import { opened } from './opened.mjs';

const { farm, browser, owner } = await opened(1);

test('the link of the owner lands on the page and leaves no secret in the address', async () => {
  assert.equal(new URL(owner.url()).hash, '');
  await owner.getByRole('heading', { name: 'Jobs' }).waitFor();
  browser.nothingWrong();
});

test('a stranger is asked who he is, at the place where he wanted to go', async () => {
  const page = await browser.window(farm);
  await page.goto('/hosts');
  await page.waitForURL('**/login?to=%2Fhosts');
  await accessible(page, 'the login');
  await page.getByLabel('Name').fill('nobody');
  await page.getByLabel('Password').fill('wrong horse');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('no user has that name').waitFor();
  browser.nothingWrong();
});

test('a link that was used lets nobody in again', async () => {
  const page = await browser.window(farm);
  await page.goto(await farm.link());
  await page.waitForURL('**/login**');
  await page.getByText('link', { exact: false }).first().waitFor();
  assert.equal((await page.request.get('/api/v1/whoami')).status(), 401);
  browser.nothingWrong();
});

test('a login comes back to where it was wanted, and its end shows at once', async () => {
  const page = await browser.user(farm, 'ada', 'artist');
  await page.goto('/hosts');
  await page.getByRole('heading', { name: 'Hosts' }).waitFor();
  // As an expired login does, the farm knows it no more.
  await farm.command('user', 'disable', 'ada');
  await page.getByRole('link', { name: 'Jobs' }).first().click();
  await page.waitForURL('**/login**');
  browser.nothingWrong();
});
