/** What a person sees and does in n8n's editor. Whatever can be waited for is waited for; nothing sleeps. */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { BROWSER_ID, type Session } from '../n8n/rest.mts';
import { until } from '../until.mts';

/** Two slow cores, shared with n8n and the browser itself. */
export const PATIENCE_MS = 120_000;
export const ARTIFACTS = path.join('artifacts', 'browser');

export type EditorOptions = {
	/** The folder below `artifacts/browser` for the pictures of what was seen. It is emptied. */
	album: string;
	colorScheme?: 'dark' | 'light';
};

export class Editor {
	/** What the person has done so far: each click, each entry and each key is one. */
	actions = 0;
	/** What the browser complained of: errors in its console and in scripts, answers that are failures. */
	readonly complaints: string[] = [];
	private pictures = 0;

	private constructor(
		readonly page: Page,
		private readonly baseUrl: string,
		private readonly album: string,
	) {
		page.on('pageerror', (error) => this.complaints.push(error.message));
		page.on('console', (message) => {
			// Hosts that cannot be reached from here are none of our business.
			const { url } = message.location();
			if (message.type() === 'error' && (!url || url.startsWith(baseUrl))) this.complaints.push(`${message.text()} ${url}`);
		});
	}

	/** A new window of its own, with the session's owner logged in. */
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
				// n8n takes a session from the browser that opened it, and ends it when another shows it.
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

	/** Pastes a text into a field that is in sight, as people do: the editor looks at what is pasted. */
	async paste(what: Locator, text: string): Promise<void> {
		await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
		await this.click(what);
		await this.press('Control+v');
	}

	/** Drags something onto something else. The editor takes it up when the mouse has moved. */
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

	/** Keeps a picture of the window as it is now. */
	async look(title: string): Promise<void> {
		const number = String(++this.pictures).padStart(2, '0');
		await this.page.screenshot({ path: path.join(this.album, `${number} ${title}.png`) });
	}

	/** An empty workflow, as *Create workflow* gives it. */
	async openNewWorkflow(): Promise<void> {
		await this.open('/workflow/new');
		await this.page.getByTestId('canvas-plus-button').waitFor();
	}

	async openWorkflow(id: string): Promise<void> {
		await this.open(`/workflow/${id}`);
		await this.node().first().waitFor();
	}

	/** The nodes on the canvas, or the one of a name. */
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

	/** Opens the list of nodes on an empty canvas and types into its search. */
	async searchNodes(words: string): Promise<void> {
		const search = this.page.getByTestId('node-creator-search-bar');
		if (!(await search.isVisible())) await this.click(this.page.getByTestId('canvas-plus-button'));
		await this.fill(search, words);
	}

	/** What the list of nodes offers under a name. */
	offer(name: string): Locator {
		return this.page.getByTestId('node-creator-item-name').getByText(name, { exact: true });
	}

	/** A parameter of the open node, or a field of the open credential. */
	field(name: string): Locator {
		return this.page.getByTestId(`parameter-input-${name}`).locator('input, textarea').first();
	}

	/** Chooses in a parameter's list, which stays open where several can be chosen. */
	async choose(parameter: string, option: string): Promise<void> {
		await this.click(this.details.getByTestId(`parameter-input-${parameter}`));
		await this.click(this.page.getByRole('option', { name: option }));
	}

	/** A field of the input, as the editor lists it beside the parameters. */
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

	/** Saves the open credential, upon which n8n tests it. */
	async saveCredential(): Promise<void> {
		await this.click(this.credential.getByTestId('credential-save-button'));
	}

	async execute(): Promise<void> {
		await this.click(this.details.getByTestId('node-execute-button'));
	}

	/** The rows of the open node's output, once there are any. */
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

	/** What an action puts into the clipboard. The editor fills it some time after the click. */
	async copied(action: () => Promise<void>): Promise<string> {
		await this.page.evaluate("navigator.clipboard.writeText('')");
		await action();
		return await until('something is copied', PATIENCE_MS, async () => await this.page.evaluate<string>('navigator.clipboard.readText()'));
	}

	private async open(address: string): Promise<void> {
		await this.page.goto(this.baseUrl + address, { waitUntil: 'commit' });
	}
}

/** Waits until what is seen is as expected: the editor builds its lists and forms piece by piece. */
export async function untilSeen(expected: readonly string[], look: () => Promise<readonly string[]>): Promise<void> {
	await until(`${JSON.stringify(expected)} is shown`, PATIENCE_MS, look, (seen) => JSON.stringify(seen) === JSON.stringify(expected));
}

/** The texts of all that a locator finds, without the space around them. */
export async function texts(found: Locator): Promise<string[]> {
	return (await found.allInnerTexts()).map((text) => text.trim());
}
