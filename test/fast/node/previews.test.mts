import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { loadContract, type JsonObject } from '../../contract/contract.mts';
import { previews } from '../../contract/previews.mts';
import { item } from '../../harness/core/node.mts';
import { setStage, TEXT } from '../../harness/core/stage.mts';
import { latestLink, send as postForm } from '../../harness/n8n/approvals.mts';
import { loadRegistered, manifest } from '../../harness/project.mts';

const stage = setStage();
const { check } = loadContract();

/** The output of each operation, in as many ways as needed to cover every field. */
const RUNS: Record<string, () => Promise<INodeExecutionData[]>> = {
	'media.download': async () => await run('media', 'download', { mediaId: await upload(), binaryPropertyName: 'data' }),
	'media.upload': async () => {
		const id = await upload();
		return [item({ id })];
	},
	'message.broadcast': async () => {
		stage.simulator.configure({ numbers: { '+64217654321': { broadcastFailure: 'not a WhatsApp number' } } });
		const recipients = '+64211234567, +64217654321';
		return await run('message', 'broadcast', { ...TEMPLATE, recipientSource: 'list', recipients, additionalFields: REFERENCE });
	},
	'message.get': async () => {
		stage.simulator.configure({ responseShape: 'alternative' });
		const alternative = await run('message', 'get', { messageId: await send() });
		stage.simulator.configure({ responseShape: 'reference' });
		const raw = await run('message', 'get', { messageId: await send() });
		const messageId = await send();
		const simplified = await run('message', 'get', { messageId, simplify: true });
		stage.simulator.addFault({ kind: 'status', status: 200, body: { attributes: { media: { id: 'abcd1234xyz', type: 'image' } } } });
		const media = await run('message', 'get', { messageId, simplify: true });
		return [...alternative, ...raw, ...simplified, ...media];
	},
	'message.markAsRead': async () => await run('message', 'markAsRead', { messageId: await send() }),
	'message.sendAndWait': async () => {
		const outputs: INodeExecutionData[] = [];
		for (const [responseType, fields] of [['approval', { answer: 'approve' }], ['choice', { answer: '0' }], ['freeText', { text: 'Yes' }]] as const) {
			const { username, password, baseUrl } = stage.simulator;
			const parameters = { ...TEMPLATE, operation: 'sendAndWait', message: 'Yes?', responseType, choices: CHOICES, additionalFields: REFERENCE };
			const { answers, input, origin, stop } = await stage.n8n.ask({ parameters, credential: { username, password, baseUrl } });
			await postForm(latestLink(stage.simulator).replace('https://n8n.example.com', origin), fields);
			stop();
			outputs.push(...input, ...answers.flat(2));
		}
		return outputs;
	},
	'message.send': async () => [
		...(await run('message', 'send', { ...TEMPLATE, additionalFields: REFERENCE })),
		...(await run('message', 'send', { ...TEXT, options: { splitLongText: true } })),
	],
	'service.checkHealth': async () => await run('service', 'checkHealth', {}),
};
const TEMPLATE = {
	...TEXT,
	messageType: 'template',
	templateName: 'please_answer',
	templateText: 'Please answer at {{1}}',
	templateValues: { mappingMode: 'defineBelow', value: { 'body:1': '{link}' } },
};
const CHOICES = { values: [{ choice: 'Morning' }, { choice: 'Evening' }] };
const REFERENCE = { reference: 'order-1234' };

async function run(resource: string, operation: string, parameters: INodeParameters, items?: INodeExecutionData[]) {
	return await stage.run({ ...parameters, resource, operation }, { ...(items && { items }) });
}

async function send(): Promise<string> {
	const [sent] = await run('message', 'send', { ...TEXT, additionalFields: REFERENCE });
	return String(sent?.json.id);
}

async function upload(): Promise<string> {
	const binary = { data: await stage.n8n.storeFile(Buffer.from('file'), 'file.png', 'image/png') };
	const [uploaded] = await run('media', 'upload', { binaryPropertyName: 'data' }, [item({}, binary)]);
	return String(uploaded?.json.id);
}

/** The same schema, without additional properties. */
function closed(schema: JsonObject): JsonObject {
	const { properties, items } = schema as { properties?: Record<string, JsonObject>; items?: JsonObject };
	return {
		...schema,
		...(properties && {
			properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, closed(property)])),
			additionalProperties: false,
		}),
		...(items && { items: closed(items) }),
	};
}

describe('the preview of an operation', () => {
	it('exists for each operation of the node, and for nothing else', () => {
		const node = loadRegistered<{ description: { properties: Array<Record<string, unknown>> } }>(String(manifest.n8n.nodes[0]));
		const operations = node.description.properties
			.filter(({ name }) => name === 'operation')
			.flatMap(({ options, displayOptions }) => {
				const [resource] = (displayOptions as { show: { resource: string[] } }).show.resource;
				return (options as Array<{ value: string }>).map(({ value }) => `${resource}.${value}`);
			});
		expect(previews().map(({ resource, operation }) => `${resource}.${operation}`).sort()).toEqual(operations.sort());
	});

	it.each(previews())('describes the fields and types of $resource: $operation', async ({ resource, operation, schema }) => {
		const outputs = (await RUNS[`${resource}.${operation}`]!()).map(({ json }) => json);
		expect(outputs.flatMap(check(closed(schema)))).toEqual([]);
		const seen = new Set(outputs.flatMap((json) => Object.keys(json)));
		expect([...seen].sort()).toEqual(Object.keys(schema.properties as object).sort());
	});
});
