// What each may see and do: people, tokens, limits; and every page for those who cannot see it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessible, SIZES } from './browser.mjs';
import { opened } from './opened.mjs';

const { farm, browser, owner } = await opened(1);

test('a user is added, comes in, gets another role, and is removed', async () => {
  await owner.goto('/people');
  await owner.getByRole('button', { name: 'Add a user' }).click();
  const form = owner.getByRole('dialog');
  await form.getByLabel('Name').fill('ada');
  await form.getByLabel('Password').fill('short');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await form.getByRole('alert').waitFor();
  await accessible(owner, 'a form with a fault');
  await form.getByLabel('Password').fill('correct horse');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await owner.getByRole('rowheader', { name: 'ada' }).waitFor();
  await owner.getByLabel('Role of ada').selectOption('operator');
  await owner.getByText('ada is operator now').waitFor();
  await accessible(owner, 'the users');
  await owner.getByRole('button', { name: 'Orders for ada' }).click();
  await owner.getByRole('menuitem', { name: 'Remove' }).click();
  await owner.getByRole('dialog').getByRole('button', { name: 'Remove ada' }).click();
  await owner.getByText('There is nobody yet').waitFor();
  browser.nothingWrong();
});

test('the secret of a token is shown once, and the token lets a program in until it ends', async () => {
  await owner.goto('/people?show=tokens');
  await owner.getByRole('button', { name: 'Make a token' }).click();
  await owner.getByRole('dialog').getByLabel('What for').fill('nightly');
  await owner.getByRole('dialog').getByRole('button', { name: 'Make it' }).click();
  const secret = await owner.getByRole('textbox', { name: 'Token nightly' }).inputValue();
  const asks = async () => (await fetch(`${farm.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${secret}` } })).status;
  assert.equal(await asks(), 200);
  await owner.getByRole('button', { name: 'Done' }).click();
  assert.ok(!(await owner.content()).includes(secret));
  await owner.getByRole('button', { name: 'End nightly of owner' }).click();
  await owner.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
  await owner.getByText('nightly has ended').waitFor();
  assert.equal(await asks(), 401);
  browser.nothingWrong();
});

test('limits, shares and path rules are set in the page', async () => {
  await owner.goto('/farm');
  await owner.getByRole('button', { name: 'Set a limit' }).click();
  let form = owner.getByRole('dialog');
  await form.getByLabel('Name').fill('houdini');
  await form.getByLabel('For the whole farm').fill('3');
  await form.getByRole('button', { name: 'Set it' }).click();
  await owner.getByRole('rowheader', { name: 'houdini' }).waitFor();
  await owner.getByRole('button', { name: 'Add a rule' }).click();
  form = owner.getByRole('dialog');
  await form.getByLabel('Name').fill('proj');
  await form.getByLabel('Linux').fill('relative');
  await form.getByRole('button', { name: 'Set it' }).click();
  await form.getByRole('alert').waitFor();
  await form.getByLabel('Linux').fill('/mnt/proj');
  await form.getByLabel('Windows').fill('P:\\');
  await form.getByRole('button', { name: 'Set it' }).click();
  await owner.getByRole('rowheader', { name: 'proj' }).waitFor();
  await accessible(owner, 'the farm');
  await owner.goto('/people?show=audit');
  await owner.getByRole('grid', { name: 'What was done' }).getByText('houdini').first().waitFor();
  await accessible(owner, 'what was done');
  browser.nothingWrong();
});

test('one says of what one is told, and how', async () => {
  const page = await browser.user(farm, 'nora', 'artist');
  await page.goto('/people');
  await page.getByRole('checkbox', { name: 'its first frame has begun' }).check();
  await page.getByLabel('Mail to').fill('nobody at all');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Mail to').fill('nora@example.com');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('What you are told of is set').waitFor();
  const told = await (await page.request.get('/api/v1/users/nora/notices')).json();
  assert.equal(told.mail, 'nora@example.com');
  assert.ok(told.on.includes('started'));
  await accessible(page, 'one’s own page');
  browser.nothingWrong();
});

test('a viewer sees no verbs, and is told why a page is not for him', async () => {
  const job = await farm.script('slow', '1', 'true', '--hold');
  const page = await browser.user(farm, 'vera', 'viewer');
  await page.goto('/jobs?queue=new');
  await page.getByRole('grid', { name: 'Jobs' }).getByText('slow').first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'Submit' }).count(), 0);
  await page.goto(`/jobs/${job}`);
  await page.getByRole('heading', { name: 'slow' }).waitFor();
  for (const name of ['Release', 'Hold', 'Kill', 'Retry']) assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  await page.goto('/hosts/solo');
  await page.getByRole('heading', { name: 'Hardware' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Drain' }).count(), 0);
  await page.goto('/submit');
  await page.getByText('You may look, and not submit').waitFor();
  await page.goto('/people?show=users');
  await page.getByText('Your role is viewer').waitFor();
  await page.goto('/farm');
  await page.getByRole('heading', { name: 'Limits' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Set a limit' }).count(), 0);
  await page.goto('/jobs/4711');
  await page.getByText('There is no such thing').waitFor();
  browser.nothingWrong();
});

test('every page fits on a phone and can be read in the dark', async () => {
  const page = await browser.window(farm, SIZES.phone, 'dark');
  await page.context().addCookies(await owner.context().cookies());
  for (const path of ['/jobs', '/jobs/1', '/hosts', '/hosts?view=map', '/hosts/solo', '/hosts/solo/slots/0', '/submit', '/farm', '/people', '/people?show=audit', '/people?show=members']) {
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px wider than a phone`);
    await accessible(page, `${path} on a phone, dark`);
  }
  browser.nothingWrong();
});
