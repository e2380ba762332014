/** The browser and the simulator of one test file. */
import type { Browser } from 'playwright-core';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';
import { N8nRest, type StoredCredential } from '../n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../n8n/underTest.mts';
import { launchChromium } from './chromium.mts';
import { Editor, type EditorOptions } from './editor.mts';
import { Phone } from './phone.mts';

export class Stage {
	private constructor(
		private readonly browser: Browser,
		readonly simulator: Simulator,
		readonly rest: N8nRest,
	) {}

	/** Deletes the credentials that earlier test files have created. */
	static async open(rest: N8nRest = n8nUnderTest().rest): Promise<Stage> {
		const stored = await rest.rest<StoredCredential[]>('get', '/credentials');
		for (const { id, type } of stored) if (type === CREDENTIAL) await rest.rest('delete', `/credentials/${id}`);
		return new Stage(await launchChromium(), await startSimulator(), rest);
	}

	async editor(options: EditorOptions): Promise<Editor> {
		return await Editor.open(this.browser, this.rest.session, options);
	}

	async phone(album: string): Promise<Phone> {
		return await Phone.start(this.browser, album);
	}

	/** Adds a credential that the simulator accepts. */
	async addCredential(more: object = {}): Promise<StoredCredential> {
		const { username, password, baseUrl } = this.simulator;
		return await this.rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...more }, 'Modica WhatsApp account');
	}

	async close(): Promise<void> {
		await this.browser.close();
		await this.simulator.stop();
	}
}
