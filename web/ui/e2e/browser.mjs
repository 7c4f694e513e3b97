// A browser that looks at a farm, and complains of whatever the page does that it should not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Sizes at which every page has to work. */
export const SIZES = { phone: [390, 844], laptop: [1280, 800], wall: [1920, 1080] };
/** What a browser says of answers that the page itself deals with. */
const EXPECTED = /Failed to load resource|net::ERR_/;

export class Browser {
  static async open() {
    const own = new Browser();
    // Chromium's own walls need an account that is not root; the page here is our own.
    own.chromium = await chromium.launch({ executablePath: program, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
    own.faults = [];
    return own;
  }

  /** Somebody's window, with cookies of its own. */
  async window(farm, [width, height] = SIZES.laptop, scheme = 'light') {
    const context = await this.chromium.newContext({
      baseURL: farm.url, viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', ignoreHTTPSErrors: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.faults.push(`${page.url()}: ${error.stack ?? error}`));
    page.on('console', (message) => {
      const bad = message.type() === 'error' && !EXPECTED.test(message.text());
      if (bad) this.faults.push(`${page.url()}: ${message.text()}`);
    });
    // A script that somebody smuggled in says so in this way.
    page.on('dialog', (dialog) => {
      this.faults.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return page;
  }

  /** The owner's window: he comes by his link. */
  async owner(farm, size, scheme) {
    const page = await this.window(farm, size, scheme);
    // The link names this machine; the cookie is to be for the address that the test goes by.
    await page.goto(`/${new URL(await farm.link()).hash}`);
    await page.waitForURL('**/jobs');
    return page;
  }

  /** The window of a user with a password, who is made first. */
  async user(farm, name, role) {
    await farm.owner.request.post('/api/v1/users', {
      data: { name, role, password: 'correct horse' }, headers: { origin: farm.url, 'x-framefarm': '1' },
    });
    const page = await this.window(farm);
    await page.goto('/');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL('**/jobs');
    return page;
  }

  /** Fails where the page did what no page of ours does: an error, or something that its policy forbids. */
  nothingWrong() {
    const faults = this.faults.splice(0);
    assert.deepEqual(faults, []);
  }

  close() {
    return this.chromium.close();
  }
}

/** What axe finds that keeps people from using the page. The policy lets no script in, so it is put in by the browser. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const grave = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = grave.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`));
  assert.deepEqual(told, [], `axe on ${what}`);
}
