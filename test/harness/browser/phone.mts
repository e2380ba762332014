/** The browser of a customer's phone, which opens links in messages. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ARTIFACTS, PATIENCE_MS } from './editor.mts';

export class Phone {
	/** Errors in the browser's console and uncaught exceptions. Resources that the page's policy blocks are included. */
	readonly browserErrors: string[] = [];

	private constructor(
		readonly page: Page,
		private readonly album: string,
	) {
		page.on('pageerror', (error) => this.browserErrors.push(error.message));
		page.on('console', (message) => {
			// The page that asks again for an answer has the status 400, which the browser logs as an error.
			if (message.type() === 'error' && !/status of 400/.test(message.text())) this.browserErrors.push(message.text());
		});
	}

	/** @param album the folder in `artifacts/browser` for screenshots */
	static async start(browser: Browser, album: string): Promise<Phone> {
		const context = await browser.newContext({
			viewport: { width: 360, height: 740 },
			deviceScaleFactor: 2,
			isMobile: true,
			hasTouch: true,
			locale: 'en',
		});
		context.setDefaultTimeout(PATIENCE_MS);
		const folder = path.join(ARTIFACTS, album);
		mkdirSync(folder, { recursive: true });
		return new Phone(await context.newPage(), folder);
	}

	async open(link: string): Promise<void> {
		await this.page.goto(link);
	}

	async screenshot(title: string): Promise<void> {
		await this.page.screenshot({ path: path.join(this.album, `${title}.png`) });
	}

	async close(): Promise<void> {
		await this.page.context().close();
	}
}
