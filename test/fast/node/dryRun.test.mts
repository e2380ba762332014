/** A dry run checks everything like a real run, and sends nothing. */
import type { INodeParameters } from 'n8n-workflow';
import { item } from '../../harness/core/node.mts';
import { itemsOf, setStage, TEXT } from '../../harness/core/stage.mts';

const DRY: INodeParameters = { ...TEXT, to: '={{ $json.to }}', options: { dryRun: true } };
const ONE = '+64211000001';
const TWO = '+64211000002';

const stage = setStage('filesystem');
const nothingLeft = () => expect([stage.received(), stage.simulator.mediaFetches]).toEqual([[], []]);

describe('a dry run', () => {
	it('returns the request for each item, and sends nothing', async () => {
		const parameters = { ...DRY, additionalFields: { reference: 'sale' } };
		const output = await stage.run(parameters, { items: itemsOf('to', ['64 21 100 0001', TWO]) });
		const valid = (to: string, index: number) => ({
			json: { status: 'valid', to, preview: 'Hello', request: { to, type: 'text', text: { body: 'Hello' }, reference: 'sale' } },
			pairedItem: { item: index },
		});
		expect(output).toEqual([valid(ONE, 0), valid(TWO, 1)]);
		expect(stage.n8n.hints()).toEqual([{ message: 'Nothing was sent: 2 are valid.', type: 'info', location: 'outputPane' }]);
		nothingLeft();
	});

	it('returns an error for each invalid item, and counts them', async () => {
		const output = await stage.run(DRY, { items: itemsOf('to', [ONE, '021', TWO, 'x']), continueOnFail: true });
		expect(output.map(({ json }) => json.status ?? json.error)).toEqual(['valid', expect.stringContaining('is a local number'), 'valid', expect.stringContaining('is not a phone number')]);
		expect(stage.n8n.hints()).toEqual([{ message: "Nothing was sent: 2 are valid, 2 are invalid (2 with an invalid 'To').", type: 'warning', location: 'outputPane' }]);
		nothingLeft();
	});

	it.each([
		['send', (to: string) => ({ to })],
		['broadcast', (to: string) => ({ destination: [to] })],
	])('of %s shows the text as the customer reads it, in the format of each item', async (operation, target) => {
		const parameters = { ...DRY, operation, recipientSource: 'items', text: '# Hi\n**{{ name }}**', options: { dryRun: true, textFormat: '={{ $json.format }}' } };
		const items = [item({ to: ONE, format: 'markdown' }), item({ to: TWO, format: 'plain' }), item({ to: ONE, format: 'rtf' })];
		const output = await stage.run(parameters, { items, continueOnFail: true });
		const valid = (to: string, body: string) => ({ status: 'valid', to, preview: body, request: { ...target(to), type: 'text', text: { body } } });
		expect(output.map(({ json }) => json)).toEqual([
			valid(ONE, '*Hi*\n*{{ name }}*'),
			valid(TWO, '# Hi\n**{{ name }}**'),
			expect.objectContaining({ error: "Text Format 'rtf' is not valid. Use 'plain' or 'markdown'." }),
		]);
		nothingLeft();
	});

	it('reports repeated numbers in a broadcast', async () => {
		const output = await stage.run({ ...DRY, operation: 'broadcast', recipientSource: 'items' }, { items: itemsOf('to', [ONE, TWO, ONE]) });
		expect(output.map(({ json }) => json)).toEqual([
			{ status: 'valid', to: ONE, preview: 'Hello', request: { destination: [ONE], type: 'text', text: { body: 'Hello' } } },
			{ status: 'valid', to: TWO, preview: 'Hello', request: { destination: [TWO], type: 'text', text: { body: 'Hello' } } },
			{ status: 'duplicate', to: ONE, message: expect.stringContaining('(item 0)') },
		]);
		expect(stage.n8n.hints()).toMatchObject([{ message: 'Nothing was sent: 2 are valid, 1 is a duplicate.', type: 'info' }]);
		nothingLeft();
	});

	it.each(['send', 'broadcast'])('of %s claims no references, so that the real run sends all messages', async (operation) => {
		const run = { items: itemsOf('to', [ONE, TWO]) };
		const parameters = (dryRun: boolean) => ({ ...DRY, operation, additionalFields: { reference: `={{ 'dry ${operation} ' + $json.to }}` }, options: { dryRun, oncePerReference: true } });
		await stage.run(parameters(true), run);
		nothingLeft();
		const output = await stage.run(parameters(false), run);
		expect(output.map(({ json }) => json.status)).toEqual(['accepted', 'accepted']);
		expect(stage.n8n.hints()).toEqual([]);
	});

	it('creates the link to a file but shows it to nobody', async () => {
		const data = await stage.n8n.storeFile(Buffer.from('x'), 'invoice.pdf', 'application/pdf');
		const media = { ...DRY, to: ONE, messageType: 'media', mediaType: 'document', mediaSource: 'binary', binaryPropertyName: 'data' };
		const [output] = await stage.run(media, { items: [item({}, { data })], publicUrl: 'https://n8n.example.com/' });
		expect(output?.json).toMatchObject({ status: 'valid', request: { media: { type: 'document', url: 'https://n8n.example.com/rest/binary-data/signed?token=***' } } });
		// As in a real run, a link that Modica couldn't open is rejected.
		const credential = { username: 'x', password: 'x', baseUrl: 'https://api.example.com/v1' };
		const failure = await stage.fail(media, { items: [item({}, { data })], credential });
		expect(failure.message).toContain('is not public');
		nothingLeft();
	});

	it('clears no references', async () => {
		const parameters = (options: INodeParameters) => ({ ...TEXT, additionalFields: { reference: 'dry clear' }, options: { oncePerReference: true, ...options } });
		await stage.run(parameters({}));
		const [checked] = await stage.run(parameters({ clearReferences: true, dryRun: true }));
		expect(checked?.json.status).toBe('valid');
		const [again] = await stage.run(parameters({}));
		expect(again?.json.status).toBe('duplicate');
	});

	it.each([[[true, false]], [[false, true]], [['', false]], [[false, '']]])('neither clears references nor sends if the items disagree: %j', async (each) => {
		const options = { dryRun: '={{ $json.dry }}', clearReferences: true };
		for (const operation of ['send', 'broadcast']) {
			const items = each.map((dry) => item({ to: ONE, dry }));
			const failure = await stage.fail({ ...DRY, operation, recipientSource: 'items', options }, { items, continueOnFail: true });
			expect(failure.message).toMatch(/^(Clear Sent References 'true' cannot be combined with 'Dry Run' for only some items|'Dry Run' is empty)/);
		}
		nothingLeft();
	});

	it.each([
		['true', 'valid'],
		[' TRUE ', 'valid'],
		[true, 'valid'],
		['false', 'accepted'],
		['False', 'accepted'],
		[false, 'accepted'],
	])('is set by the value of an expression: %j', async (dry, status) => {
		const [output] = await stage.run({ ...TEXT, options: { dryRun: '={{ $json.dry }}' } }, { items: [item({ dry })] });
		expect(output?.json.status).toBe(status);
	});

	it.each([[undefined], [null], [''], ['yes'], [1], [0], [['true']], [{}]])('with an unclear value sends nothing: %j', async (dry) => {
		const failure = await stage.fail({ ...TEXT, options: { dryRun: '={{ $json.dry }}' } }, { items: [item({ dry })] });
		expect(failure.message).toMatch(/^('Dry Run' is empty|Dry Run '.*' is neither true nor false)\. Use true to check without sending, or false to send\.$/);
		nothingLeft();
	});

	it('may apply to some items only, if each item says so', async () => {
		const items = [item({ to: ONE, dry: true }), item({ to: TWO, dry: false })];
		for (const operation of ['send', 'broadcast']) {
			const output = await stage.run({ ...DRY, operation, recipientSource: 'items', options: { dryRun: '={{ $json.dry }}' } }, { items });
			expect(output.map(({ json }) => json.status)).toEqual(['valid', 'accepted']);
			expect(stage.n8n.hints()).toMatchObject([{ message: '1 was only checked.' }]);
		}
	});
});
