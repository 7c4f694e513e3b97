// Hosts as list and map, one of them, its slots with what runs there, and one that asks to join.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { accessible, Browser } from './browser.mjs';
import { Farm, until } from './farm.mjs';

let farm;
let browser;
let owner;
before(async () => {
  // Another machine is an account here that knows nothing of the farm.
  [farm, browser] = await Promise.all([Farm.up(2, ['--lan', '--tags', 'fast']), Browser.open()]);
  farm.url = `https://127.0.0.1:${farm.port}`;
  farm.env.FRAMEFARM_SERVER = farm.url;
  owner = await browser.owner(farm);
  farm.owner = owner;
});
after(async () => {
  await browser?.close();
  await farm?.stop();
});

const row = (name) => owner.getByRole('grid', { name: 'Hosts' }).getByRole('row', { name });

test('a list of hosts can be searched, and says why a host does not match', async () => {
  await owner.goto('/hosts');
  await row('solo').waitFor();
  await accessible(owner, 'the list of hosts');
  await owner.getByLabel('Search hosts').fill('slow');
  await owner.getByText('No host is like that').waitFor();
  await owner.getByLabel('Search hosts').fill('fast');
  await row('solo').waitFor();
  await owner.getByLabel('Hosts that match a profile').fill('memory >= 900000 GiB');
  await owner.getByRole('button', { name: 'Match' }).click();
  await owner.getByText('0 hosts of 1 match').waitFor();
  await owner.getByText('memory below').first().waitFor();
  await owner.getByLabel('Hosts that match a profile').fill('what is this');
  await owner.getByRole('button', { name: 'Match' }).click();
  await owner.getByRole('alert').waitFor();
  await owner.goto('/hosts?view=map');
  const map = owner.getByRole('application', { name: 'Map of 1 host' });
  await map.focus();
  await owner.getByText('solo: idle, 0 of 2 slots busy').waitFor();
  await accessible(owner, 'the map of hosts');
  await owner.keyboard.press('Enter');
  await owner.waitForURL('**/hosts/solo');
  browser.nothingWrong();
});

test('a host is drained and opened, and the change shows by itself', async () => {
  await owner.goto('/hosts/solo');
  await owner.getByRole('heading', { name: 'Hardware' }).waitFor();
  await accessible(owner, 'a host');
  await owner.getByRole('button', { name: 'Drain' }).click();
  await owner.getByText('It takes no frames').waitFor();
  await owner.getByRole('button', { name: 'Open' }).click();
  await owner.getByRole('button', { name: 'Drain' }).waitFor();
  await owner.getByText('order host').or(owner.getByText('order')).first().waitFor();
  browser.nothingWrong();
});

test('a slot shows the processes that run there, live', async () => {
  const gate = farm.path('gate');
  const job = await farm.script('tree', '1', `until [ -e ${gate} ]; do sleep 0.2; done`);
  await owner.goto('/hosts/solo');
  await owner.getByRole('link', { name: `job ${job}` }).first().click();
  await owner.waitForURL(/\/hosts\/solo\/slots\/\d$/);
  await owner.getByRole('rowheader', { name: 'sh' }).first().waitFor();
  await owner.getByRole('link', { name: 'Frame 1' }).waitFor();
  await accessible(owner, 'a slot');
  await farm.command('hosts');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(gate, '');
  await owner.getByText('Nothing runs on this slot').waitFor();
  browser.nothingWrong();
});

test('a server of another machine is approved where its code is the same', async () => {
  await owner.goto('/hosts');
  const config = farm.env.XDG_CONFIG_HOME;
  farm.env.XDG_CONFIG_HOME = farm.path('elsewhere');
  const said = await farm.start('far', ['serve', 'render', '--name', 'far', '--slots', '1'], /member approve/);
  farm.env.XDG_CONFIG_HOME = config;
  const code = /\(code (\S+)\)/.exec(said)[1];
  await owner.getByText(code, { exact: true }).waitFor();
  await accessible(owner, 'a server that asks');
  await owner.getByRole('button', { name: 'Approve far' }).click();
  await row('far').waitFor();
  await until('nobody asks any more', async () => (await owner.getByRole('button', { name: 'Approve far' }).count()) === 0);
  await owner.goto('/people?show=members');
  await owner.getByRole('rowheader', { name: 'far' }).waitFor();
  await accessible(owner, 'the members');
  browser.nothingWrong();
});
