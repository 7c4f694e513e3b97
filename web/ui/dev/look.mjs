// Takes pictures of pages, to look at: `node dev/look.mjs [URL] [PATH...]`, at three sizes, light and dark,
// into shots/. Where the farm wants to know who looks, $STATE names a file with the state of a browser that is in.
import { mkdirSync } from 'node:fs';

import { chromium } from 'playwright-core';

const [url = 'http://127.0.0.1:7199', ...paths] = process.argv.slice(2);
const sizes = { phone: [390, 844], laptop: [1280, 800], wide: [1920, 1080] };
const only = process.env.SIZES?.split(',') ?? Object.keys(sizes);
const themes = process.env.THEMES?.split(',') ?? ['light', 'dark'];
mkdirSync('shots', { recursive: true });

// Each fault once is enough.
const told = new Set();
const tell = (words) => told.has(words) || (told.add(words), console.log(words));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const theme of themes) {
  for (const size of only) {
    const [width, height] = sizes[size];
    const context = await browser.newContext({
      viewport: { width, height }, colorScheme: theme, hasTouch: size === 'phone', isMobile: size === 'phone', ignoreHTTPSErrors: true,
      ...(process.env.STATE && { storageState: process.env.STATE }),
    });
    const page = await context.newPage();
    page.on('console', (said) => ['error', 'warning'].includes(said.type()) && tell(`${said.text()}`.slice(0, 400)));
    page.on('pageerror', (error) => tell(`${error.stack}`.slice(0, 600)));
    for (const path of paths.length ? paths : ['/jobs', '/jobs/1', '/hosts']) {
      await page.goto(url + path);
      await page.waitForTimeout(Number(process.env.WAIT ?? 1200));
      const name = path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'root';
      await page.screenshot({ path: `shots/${name}.${size}.${theme}.png` });
    }
    await context.close();
  }
}
await browser.close();
