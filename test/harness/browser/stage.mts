/** What each file of tests has to itself: a browser, and a simulator that stands in for Modica. */
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

	/** Whatever stage was there before: n8n knows none of our credentials at first. */
	static async set(rest: N8nRest = n8nUnderTest().rest): Promise<Stage> {
		const stored = await rest.rest<StoredCredential[]>('get', '/credentials');
		for (const { id, type } of stored) if (type === CREDENTIAL) await rest.rest('delete', `/credentials/${id}`);
		return new Stage(await launchChromium(), await startSimulator(), rest);
	}

	async editor(options: EditorOptions): Promise<Editor> {
		return await Editor.open(this.browser, this.rest.session, options);
	}

	async phone(album: string): Promise<Phone> {
		return await Phone.switchOn(this.browser, album);
	}

	/** A credential that the simulator lets in, as if somebody had added it before. */
	async addCredential(more: object = {}): Promise<StoredCredential> {
		const { username, password, baseUrl } = this.simulator;
		return await this.rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...more }, 'Modica WhatsApp account');
	}

	async strike(): Promise<void> {
		await this.browser.close();
		await this.simulator.stop();
	}
}
