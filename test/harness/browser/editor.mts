/** What a user sees and does in n8n's editor. Waits for events and never sleeps. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { BROWSER_ID, type Session } from '../n8n/rest.mts';
import { until } from '../until.mts';

/** Long enough for two slow cores that n8n and the browser share. */
export const PATIENCE_MS = 120_000;
export const ARTIFACTS = path.join('artifacts', 'browser');

export type EditorOptions = {
	/** The folder in `artifacts/browser` for screenshots. Its previous contents are deleted. */
	album: string;
	colorScheme?: 'dark' | 'light';
};

export class Editor {
	/** The number of user actions so far. Each click, each entry, and each key press counts as one. */
	actions = 0;
	/** Errors in the browser's console, uncaught exceptions, and failed requests. */
	readonly browserErrors: string[] = [];
	private screenshots = 0;

	private constructor(
		readonly page: Page,
		private readonly baseUrl: string,
		private readonly album: string,
	) {
		page.on('pageerror', (error) => this.browserErrors.push(error.message));
		page.on('console', (message) => {
			// Requests to other hosts always fail, so their errors are ignored.
			const { url } = message.location();
			if (message.type() === 'error' && (!url || url.startsWith(baseUrl))) this.browserErrors.push(`${message.text()} ${url}`);
		});
	}

	/** Opens a new window, logged in as the session's owner. */
	static async open(browser: Browser, { baseUrl, cookie }: Session, { album, colorScheme = 'light' }: EditorOptions): Promise<Editor> {
		const [name = '', value = ''] = cookie.split('=');
		const context = await browser.newContext({
			colorScheme,
			locale: 'en',
			permissions: ['clipboard-read', 'clipboard-write'],
			reducedMotion: 'reduce',
			viewport: { width: 1280, height: 800 },
			storageState: {
				cookies: [{ name, value, domain: new URL(baseUrl).hostname, path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax' }],
				// n8n binds a session to the browser that opened it, and ends it if another browser uses it.
				origins: [{ origin: baseUrl, localStorage: [{ name: 'n8n-browserId', value: BROWSER_ID }] }],
			},
		});
		context.setDefaultTimeout(PATIENCE_MS);
		const folder = path.join(ARTIFACTS, album);
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		return new Editor(await context.newPage(), baseUrl, folder);
	}

	async close(): Promise<void> {
		await this.page.context().close();
	}

	async click(what: Locator): Promise<void> {
		this.actions++;
		await what.click();
	}

	async fill(what: Locator, text: string): Promise<void> {
		this.actions++;
		await what.fill(text);
	}

	/** Pastes a text into a visible field. This differs from filling: the editor handles paste events. */
	async paste(what: Locator, text: string): Promise<void> {
		await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
		await this.click(what);
		await this.press('Control+v');
	}

	/** Drags one element onto another. The editor starts dragging only after the mouse has moved. */
	async drag(what: Locator, onto: Locator): Promise<void> {
		this.actions++;
		await onto.scrollIntoViewIfNeeded();
		await what.hover();
		await this.page.mouse.down();
		await onto.hover();
		await onto.hover({ position: { x: 8, y: 8 } });
		await this.page.mouse.up();
	}

	async press(key: string): Promise<void> {
		this.actions++;
		await this.page.keyboard.press(key);
	}

	/** Saves a screenshot of the window. */
	async screenshot(title: string): Promise<void> {
		const number = String(++this.screenshots).padStart(2, '0');
		await this.page.screenshot({ path: path.join(this.album, `${number} ${title}.png`) });
	}

	/** Opens an empty workflow, as *Create workflow* does. */
	async openNewWorkflow(): Promise<void> {
		await this.open('/workflow/new');
		await this.page.getByTestId('canvas-plus-button').waitFor();
	}

	async openWorkflow(id: string): Promise<void> {
		await this.open(`/workflow/${id}`);
		await this.node().first().waitFor();
	}

	/** All nodes on the canvas, or the one with this name. */
	node(name?: string): Locator {
		const all = this.page.getByTestId('canvas-node');
		return name === undefined ? all : this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	async openNode(name: string): Promise<void> {
		this.actions++;
		await this.node(name).dblclick();
		await this.details.waitFor();
	}

	async closeNode(): Promise<void> {
		await this.click(this.details.getByTestId('ndv-close-button'));
		await this.details.waitFor({ state: 'hidden' });
	}

	/** The open node: its input, its parameters and its output. */
	get details(): Locator {
		return this.page.getByTestId('ndv');
	}

	get outputPanel(): Locator {
		return this.details.getByTestId('output-panel');
	}

	/** Opens the node panel on an empty canvas, and enters a search. */
	async searchNodes(words: string): Promise<void> {
		const search = this.page.getByTestId('node-creator-search-bar');
		if (!(await search.isVisible())) await this.click(this.page.getByTestId('canvas-plus-button'));
		await this.fill(search, words);
	}

	/** The entry with this name in the node panel. */
	offer(name: string): Locator {
		return this.page.getByTestId('node-creator-item-name').getByText(name, { exact: true });
	}

	/** A parameter of the open node, or a field of the open credential. */
	field(name: string): Locator {
		return this.page.getByTestId(`parameter-input-${name}`).locator('input, textarea').first();
	}

	/** Selects an option of a parameter. If several can be selected, the list stays open. */
	async choose(parameter: string, option: string): Promise<void> {
		await this.click(this.details.getByTestId(`parameter-input-${parameter}`));
		await this.click(this.page.getByRole('option', { name: option }));
	}

	/** A field in the input panel. */
	inputField(name: string): Locator {
		return this.details.getByTestId('ndv-input-panel').locator(`[data-target="mappable"][data-name="${name}"]`);
	}

	/** Opens an empty credential from the open node. */
	async newCredential(): Promise<void> {
		await this.click(this.details.getByTestId('node-credentials-empty-state'));
		await this.credential.waitFor();
	}

	get credential(): Locator {
		return this.page.getByTestId('editCredential-modal');
	}

	/** Saves the open credential. n8n then tests it. */
	async saveCredential(): Promise<void> {
		await this.click(this.credential.getByTestId('credential-save-button'));
	}

	async execute(): Promise<void> {
		await this.click(this.details.getByTestId('node-execute-button'));
	}

	/** Waits for output of the open node. @returns its rows */
	async outputRows(): Promise<Array<Record<string, string>>> {
		const table = this.outputPanel.locator('table');
		await table.locator('tbody td').first().waitFor();
		const names = await texts(table.locator('thead th'));
		const rows = await table.locator('tbody tr').all();
		return await Promise.all(
			rows.map(async (row) => {
				const values = await texts(row.locator('td'));
				return Object.fromEntries(names.map((name, column) => [name, values[column] ?? ''] as const).filter(([name]) => name !== ''));
			}),
		);
	}

	/** The text that an action copies to the clipboard. The editor copies it some time after the click. */
	async copied(action: () => Promise<void>): Promise<string> {
		await this.page.evaluate("navigator.clipboard.writeText('')");
		await action();
		return await until('the clipboard has a text', PATIENCE_MS, async () => await this.page.evaluate<string>('navigator.clipboard.readText()'));
	}

	private async open(address: string): Promise<void> {
		await this.page.goto(this.baseUrl + address, { waitUntil: 'commit' });
	}
}

/** Waits until the visible texts are as expected: the editor builds its lists and forms gradually. */
export async function untilSeen(expected: readonly string[], read: () => Promise<readonly string[]>): Promise<void> {
	await until(`${JSON.stringify(expected)} is visible`, PATIENCE_MS, read, (seen) => JSON.stringify(seen) === JSON.stringify(expected));
}

/** The trimmed texts of all elements that a locator finds. */
export async function texts(found: Locator): Promise<string[]> {
	return (await found.allInnerTexts()).map((text) => text.trim());
}
