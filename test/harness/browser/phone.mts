/** A customer's phone: what opens the links in messages. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ARTIFACTS, PATIENCE_MS } from './editor.mts';

export class Phone {
	/** Errors in its console and in scripts; that the page refuses to load something is one, too. */
	readonly complaints: string[] = [];

	private constructor(
		readonly page: Page,
		private readonly album: string,
	) {
		page.on('pageerror', (error) => this.complaints.push(error.message));
		page.on('console', (message) => {
			// An answer that is asked for again comes with 400, which the browser notes as an error.
			if (message.type() === 'error' && !/status of 400/.test(message.text())) this.complaints.push(message.text());
		});
	}

	/** @param album the folder below `artifacts/browser` for the pictures */
	static async switchOn(browser: Browser, album: string): Promise<Phone> {
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

	async look(title: string): Promise<void> {
		await this.page.screenshot({ path: path.join(this.album, `${title}.png`) });
	}

	async close(): Promise<void> {
		await this.page.context().close();
	}
}
