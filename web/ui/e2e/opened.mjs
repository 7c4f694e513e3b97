// What most of these tests begin with, and how it ends: a farm, a browser, and the owner in it.
import { after } from 'node:test';

import { Browser } from './browser.mjs';
import { Farm } from './farm.mjs';

/** A farm of so many slots and a browser in which its owner is in; both are gone after the tests of the file. */
export async function opened(slots) {
  const [farm, browser] = await Promise.all([Farm.up(slots), Browser.open()]);
  after(async () => {
    await browser.close();
    await farm.stop();
  });
  farm.owner = await browser.owner(farm);
  return { farm, browser, owner: farm.owner };
}
