/** A workflow file in a message: n8n serves it under a link that only Modica receives. */
import type { INodeParameters } from 'n8n-workflow';
import { item } from '../../harness/core/node.mts';
import { itemsOf, setStage, TEXT } from '../../harness/core/stage.mts';

const MEDIA: INodeParameters = { ...TEXT, messageType: 'media', mediaType: 'document', mediaSource: 'binary', binaryPropertyName: 'data' };
const TEMPLATE: INodeParameters = { ...TEXT, messageType: 'template', templateName: 'invoice', templateParameters: 'fields' };
const HEADER: INodeParameters = {
	...TEMPLATE,
	templateMedia: { media: { type: 'document', mediaSource: 'binary', binaryPropertyName: 'data' } },
};
const PUBLIC_URL = 'https://n8n.example.com/';
const LINK = /^https:\/\/n8n\.example\.com\/rest\/binary-data\/signed\?token=([\w-]+\.[\w-]+\.[\w-]+)$/;
const DAY_S = 24 * 60 * 60;

/** The content of a link: its file, and its remaining validity in seconds. */
function readLink(link: string) {
	const [, payload = ''] = (LINK.exec(link)?.[1] ?? '').split('.');
	const { id, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { id: string; exp: number };
	return { id, livesS: exp - Date.now() / 1_000 };
}

describe('a file that n8n stores on disk', () => {
	const stage = setStage('filesystem');
	const pdf = async (content = 'x') => await stage.n8n.storeFile(Buffer.from(content), 'invoice.pdf', 'application/pdf');
	const mediaOf = (index = 0) => {
		const { media, template } = stage.simulator.messages[index]?.payload as Record<string, { url: string; media: { url: string } }>;
		return (media ?? template?.media) as { type: string; url: string };
	};

	it.each([
		['a media message', MEDIA],
		['the header of a template', HEADER],
		['the header of a template from JSON', { ...TEMPLATE, templateParameters: 'json', templateJson: { media: { type: 'document', mediaSource: 'binary' } } }],
	])('becomes a link in %s', async (_, parameters) => {
		const data = await pdf();
		const output = await stage.run(parameters, { items: [item({}, { data })], publicUrl: PUBLIC_URL });
		const { type, url } = mediaOf();
		expect(type).toBe('document');
		expect(url).toMatch(LINK);
		const { id, livesS } = readLink(url);
		expect(id).toBe(data.id);
		expect(livesS).toBeGreaterThan(DAY_S - 60);
		expect(livesS).toBeLessThanOrEqual(DAY_S);
		expect(output).toEqual([
			{ json: { id: stage.simulator.messages[0]?.id, status: 'accepted', to: '+64211234567' }, pairedItem: { item: 0 } },
		]);
		expect(stage.simulator.requests.flatMap(({ violations }) => violations)).toEqual([]);
	});

	it("has a link that is valid for a day after the message's schedule", async () => {
		const scheduled = new Date(Date.now() + 30 * DAY_S * 1_000).toISOString();
		await stage.run({ ...MEDIA, additionalFields: { scheduled } }, { items: [item({}, { data: await pdf() })], publicUrl: PUBLIC_URL });
		const { livesS } = readLink(mediaOf().url);
		expect(livesS).toBeGreaterThan(31 * DAY_S - 60);
		expect(livesS).toBeLessThanOrEqual(31 * DAY_S + 1);
	});

	it('is sent in one broadcast, and different files in one broadcast each', async () => {
		const [one, other] = [await pdf('one'), await pdf('other')];
		const items = [one, one, other].map((data, index) => item({ to: `+6421123456${index}` }, { data }));
		await stage.run({ ...MEDIA, operation: 'broadcast', to: '={{ $json.to }}' }, { items, publicUrl: PUBLIC_URL });
		const sent = stage.received().map((body) => {
			const { destination, media } = body as { destination: string[]; media: { url: string } };
			return { destination, id: readLink(media.url).id };
		});
		expect(sent).toEqual([
			{ destination: ['+64211234560', '+64211234561'], id: one.id },
			{ destination: ['+64211234562'], id: other.id },
		]);
	});

	it.each([202, 422])('has a link that is never shown, even if a response with status %i quotes it', async (status) => {
		stage.simulator.addFault({ kind: 'echo', status });
		const output = await stage.run(MEDIA, { items: [item({}, { data: await pdf() })], publicUrl: PUBLIC_URL, continueOnFail: true });
		const { media } = stage.received()[0] as { media: { url: string } };
		const shown = JSON.stringify(output);
		expect(shown).toContain('binary-data/signed?token=***');
		expect(shown).not.toContain(media.url.split('token=')[1]);
	});

	it.each([
		'http://localhost:5678',
		'http://127.0.0.1:5678',
		'http://0.0.0.0:5678',
		'http://10.1.2.3',
		'http://100.64.0.1',
		'http://169.254.1.1',
		'http://172.31.0.1:5678',
		'http://192.168.1.20:5678',
		'http://[::1]:5678',
		'http://[fd00::1]:5678',
		'http://[fe80::1]:5678',
		'http://n8n:5678',
		'http://n8n.local:5678',
		'https://n8n.internal',
	])('is not sent if the URL of n8n is %s: the error names the setting', async (address) => {
		const { username, password } = stage.simulator;
		const failure = await stage.fail(MEDIA, {
			items: [item({}, { data: await pdf() })],
			publicUrl: `${address}/`,
			credential: { username, password, baseUrl: 'https://api.example.com/rest/wab/v1' },
		});
		expect(failure.message).toBe(
			`Input Binary Field 'data' cannot be downloaded by Modica: n8n’s address, ${address}, is not public. Set n8n’s environment variable WEBHOOK_URL to its public address, such as https://n8n.example.com/, and restart n8n, or use the URL of the file.`,
		);
	});

	it.each(['https://n8n.example.com', 'http://100.63.0.1', 'http://172.32.0.1', 'http://[2001:db8::1]'])(
		'is sent if the URL of n8n is %s',
		async (address) => {
			await stage.run(MEDIA, { items: [item({}, { data: await pdf() })], publicUrl: `${address}/` });
			expect(mediaOf().url.startsWith(`${address}/rest/binary-data/signed?token=`)).toBe(true);
		},
	);

	it('is reported before anything is sent if the item does not have it', async () => {
		expect((await stage.fail(MEDIA)).message).toMatch(/^Input Binary Field 'data' is not a binary field of this item/);
		expect((await stage.fail(HEADER)).message).toMatch(/^Header Media Input Binary Field 'data' is not a binary field/);
		expect(stage.simulator.requests).toEqual([]);
	});

	it('fails only the item in which it is missing', async () => {
		const items = [item({}, { data: await pdf() }), item({})];
		const output = await stage.run(MEDIA, { items, continueOnFail: true });
		expect(output.map(({ json }) => json.status ?? 'failed')).toEqual(['accepted', 'failed']);
	});

	it('is not required if a URL is set', async () => {
		await stage.run({ ...MEDIA, mediaSource: 'url', mediaUrl: 'https://example.com/a.pdf' }, { items: itemsOf('to', ['x']) });
		expect(mediaOf().url).toBe('https://example.com/a.pdf');
	});
});

describe('a file that n8n keeps in memory', () => {
	const stage = setStage('memory');

	it('has no link, and the error names the setting', async () => {
		const data = await stage.n8n.storeFile(Buffer.from('x'), 'invoice.pdf', 'application/pdf');
		expect((await stage.fail(MEDIA, { items: [item({}, { data })], publicUrl: PUBLIC_URL })).message).toBe(
			"Input Binary Field 'data' is in n8n’s memory, so Modica cannot download it. Set n8n’s environment variable N8N_DEFAULT_BINARY_DATA_MODE to filesystem (database or s3 if n8n runs in several processes) and restart n8n, or use the URL of the file.",
		);
		expect(stage.simulator.requests).toEqual([]);
	});
});
