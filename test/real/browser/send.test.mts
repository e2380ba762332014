import { untilSeen, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { NODE, workflowWith } from '../../harness/n8n/underTest.mts';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'send' });
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

async function openSend(parameters: object): Promise<void> {
	const credential = await stage.addCredential();
	const file = workflowWith({ parameters: { resource: 'message', operation: 'send', messageType: 'text', ...parameters }, credential });
	const { id } = await stage.rest.importWorkflow(file);
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
}

describe('Send in the editor', () => {
	it('shows the error for an invalid number in the output panel, with the correct format', async () => {
		await openSend({ to: '021 123 4567', text: 'Kia ora' });
		await editor.execute();
		const error = editor.outputPanel.getByTestId('node-error-message');
		await error.waitFor();
		await editor.screenshot('a number that cannot be used');
		expect(await error.innerText()).toBe(
			"To '021 123 4567' is a local number. Replace the leading 0 with the country code. Use the international format, such as +64211234567.",
		);
		expect(await editor.outputPanel.getByTestId('node-error-description').innerText()).toBe('Nothing was sent.');
		expect(stage.simulator.requests).toEqual([]);
	});

	it('shows only the fields of the selected message type', async () => {
		await openSend({ to: '+64211234567', text: 'Kia ora' });
		const names = ['text', 'templateName', 'templateLanguage', 'templateParameters', 'mediaType'];
		const shown = async () => {
			const visible = await Promise.all(names.map((name) => editor.details.getByTestId(`parameter-input-${name}`).isVisible()));
			return names.filter((_, index) => visible[index]);
		};
		await untilSeen(['text'], shown);

		await editor.choose('messageType', 'Template');
		await editor.field('templateName').waitFor();
		await editor.screenshot('a template');
		await untilSeen(['templateName', 'templateLanguage', 'templateParameters'], shown);

		await editor.choose('messageType', 'Media');
		await editor.details.getByTestId('parameter-input-mediaType').waitFor();
		await editor.screenshot('media');
		await untilSeen(['mediaType'], shown);
	});

	it('does a dry run with a default country, and shows a summary above the output', async () => {
		await openSend({ to: '021 123 4567', text: 'Kia ora', options: { defaultCountry: 'NZ', dryRun: true } });
		await editor.execute();
		await editor.outputPanel.getByText('Nothing was sent: 1 is valid.').waitFor();
		await editor.details.getByTestId('parameter-input-dryRun').scrollIntoViewIfNeeded();
		await editor.screenshot('a dry run');
		// The editor loads the list from the node, and shows the name of the stored value.
		await untilSeen(['New Zealand (+64)'], async () => [await editor.details.getByTestId('parameter-input-defaultCountry').locator('input').inputValue()]);
		expect(stage.simulator.messages).toEqual([]);
	});

	it('shows which placeholder each body parameter of a template fills', async () => {
		const values = [{ value: 'Aroha' }, { value: '1234' }];
		await openSend({ to: '+64211234567', messageType: 'template', templateName: 'order_update', templateParameters: 'fields', bodyParams: { values } });
		const hint = editor.details.getByText('The first value replaces {{1}}, the second replaces {{2}}');
		await hint.first().waitFor();
		await hint.last().scrollIntoViewIfNeeded();
		await editor.screenshot('the texts of a template');
		expect(await hint.count()).toBe(values.length);
	});

	it('shows a subtitle on the canvas', async () => {
		await openSend({ to: '+64211234567', messageType: 'template', templateName: 'hello_world' });
		await editor.closeNode();
		await editor.node('WhatsApp').getByText('Send: template').waitFor();
		await editor.screenshot('on the canvas');
	});

	it.each([
		['light', 'modicaWhatsApp.svg'],
		['dark', 'modicaWhatsApp.dark.svg'],
	] as const)('has an icon for the %s theme', async (colorScheme, file) => {
		const themed = await stage.editor({ album: `${colorScheme} theme`, colorScheme });
		const { id } = await stage.rest.importWorkflow({
			name: 'Icon',
			nodes: [{ id: '1', name: 'WhatsApp', type: NODE, typeVersion: 1, position: [0, 0], parameters: {} }],
			connections: {},
		});
		await themed.openWorkflow(id);
		const icon = themed.node('WhatsApp').locator('img');
		await icon.waitFor();
		await themed.screenshot('canvas');
		expect(await icon.getAttribute('src')).toBe(`/icons/n8n-nodes-modica-whatsapp/dist/nodes/ModicaWhatsApp/${file}`);
		// Waits until the icon is loaded, and fails if it can't be drawn.
		await icon.evaluate(async (image) => await (image as unknown as { decode(): Promise<void> }).decode());
		expect(themed.browserErrors).toEqual([]);
		await themed.close();
	});

	it('causes no errors in the browser', () => {
		expect(editor.browserErrors).toEqual([]);
	});
});
