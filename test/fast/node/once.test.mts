import type { INodeParameters } from 'n8n-workflow';
import { item } from '../../harness/core/node.mts';
import { setStage, TEXT, UUID } from '../../harness/core/stage.mts';

const stage = setStage();

const ONCE: INodeParameters = {
	...TEXT,
	to: '={{ $json.to }}',
	additionalFields: { reference: '={{ $json.reference }}' },
	options: { oncePerReference: true },
};
const BROADCAST: INodeParameters = { ...ONCE, operation: 'broadcast', recipientSource: 'items' };

let series = 0;
/** Rows of a campaign that no other test has sent. */
function campaign(size: number) {
	series++;
	return Array.from({ length: size }, (_, index) =>
		item({ to: `+6421100${1_000 + index}`, reference: `campaign-${series}-${index}` }),
	);
}

const sentBefore = { status: 'duplicate', message: 'Not sent again: this node already sent this reference' };

describe('messages with Once per Reference', () => {
	it('are sent the first time, and not when the workflow runs again', async () => {
		const items = campaign(5);
		const first = await stage.run(ONCE, { items });
		const second = await stage.run(ONCE, { items });
		expect(first.map(({ json }) => json.id)).toEqual(items.map(() => expect.stringMatching(UUID) as unknown));
		expect(second).toEqual(
			items.map(({ json }, index) => ({ json: { ...json, ...sentBefore }, pairedItem: { item: index } })),
		);
		expect(stage.simulator.messages).toHaveLength(5);
	});

	it('of a run that failed halfway are completed by the next run, each sent once', async () => {
		const items = campaign(60);
		stage.simulator.addFault({ kind: 'status', status: 400, match: { messageIndex: 30 } });
		await stage.fail(ONCE, { items });
		const halfWay = stage.simulator.messages.length;
		expect(halfWay).toBeLessThan(60);
		await stage.run(ONCE, { items });
		expect(stage.simulator.messages.map(({ to }) => to).sort()).toEqual(items.map(({ json }) => json.to));
	});

	it('that may have been sent are not sent again', async () => {
		const items = campaign(3);
		stage.simulator.addFault({ kind: 'drop', when: 'after', match: { to: '+64211001001' } });
		const first = await stage.run(ONCE, { items, continueOnFail: true });
		expect(first.map(({ json }) => json.mayHaveBeenSent)).toEqual([undefined, true, undefined]);
		const second = await stage.run(ONCE, { items });
		expect(second.map(({ json }) => json.status)).toEqual(['duplicate', 'duplicate', 'duplicate']);
	});

	it('are sent once if they have the same reference in one run', async () => {
		const [one] = campaign(1);
		const output = await stage.run(ONCE, { items: [one, item({ ...one?.json, to: '+64211999999' })] as never });
		expect(output.map(({ json }) => json.status)).toEqual(['accepted', 'duplicate']);
		expect(stage.simulator.messages).toHaveLength(1);
	});

	it('are sent by the second item with the same reference if the first was rejected', async () => {
		const [one] = campaign(1);
		stage.simulator.addFault({ kind: 'status', status: 422, match: { to: String(one?.json.to) } });
		const items = [one, item({ ...one?.json, to: '+64211999999' })] as never;
		const output = await stage.run(ONCE, { items, continueOnFail: true });
		expect(output.map(({ json }) => json.statusCode ?? json.status)).toEqual([422, 'accepted']);
	});

	it('are sent once by two concurrent executions', async () => {
		const items = campaign(40);
		await Promise.all([stage.run(ONCE, { items }), stage.run(ONCE, { items })]);
		expect(stage.simulator.messages.map(({ to }) => to).sort()).toEqual(items.map(({ json }) => json.to));
	});

	it('continue where a long text failed', async () => {
		const items = campaign(2);
		const parts = ['a', 'b', 'c'].map((letter) => letter.repeat(4_000));
		const parameters = { ...ONCE, text: parts.join(' '), options: { oncePerReference: true, splitLongText: true } };
		stage.simulator.addFault({ kind: 'status', status: 400, match: { messageIndex: 3 } });
		const outputs = await stage.run(parameters, { items, continueOnFail: true });
		const failed = outputs.findIndex(({ json }) => 'error' in json);
		const { id, parts: taken, mayHaveBeenSent, description } = outputs[failed]!.json;
		const sent = (taken as object[]).length;
		expect({ id, mayHaveBeenSent, description }).toEqual({ id: undefined, mayHaveBeenSent: true, description: expect.stringMatching(/ Run the node again with the same reference to send the rest\.$/) as unknown });
		const again = await stage.run(parameters, { items });
		expect(again.map(({ json }) => (json.parts as Array<{ status: string }> | undefined)?.map(({ status }) => status) ?? json.status)).toEqual(
			items.map((_, index) => (index === failed ? parts.map((__, part) => (part < sent ? 'duplicate' : 'accepted')) : 'duplicate')),
		);
		for (const { json } of items) {
			const messages = stage.simulator.messages.filter(({ to }) => to === json.to).map(({ payload }) => (payload as unknown as { text: { body: string } }).text.body);
			expect(messages).toEqual(parts);
		}
	});

	it('require a reference', async () => {
		expect((await stage.fail(ONCE, { items: [item({ to: '+64211234567' })] })).message).toBe(
			"'Reference' is empty. Enter a reference in the additional fields, or turn off 'Once per Reference'.",
		);
		expect(stage.simulator.requests).toEqual([]);
	});
});

describe('a broadcast with Once per Reference', () => {
	it('is sent in the next run to the recipients that Modica rejected', async () => {
		const items = campaign(6).map(({ json }) => item({ ...json, reference: `offer-${series}` }));
		const unreachable = ['+64211001001', '+64211001004'];
		stage.simulator.configure({ numbers: Object.fromEntries(unreachable.map((to) => [to, { broadcastFailure: 'no such customer' }])) });
		const statuses = async () => (await stage.run(BROADCAST, { items })).map(({ json }) => json.status);
		expect(await statuses()).toEqual(['accepted', 'failed', 'accepted', 'accepted', 'failed', 'accepted']);
		stage.simulator.configure({ numbers: {} });
		expect(await statuses()).toEqual(['duplicate', 'accepted', 'duplicate', 'duplicate', 'accepted', 'duplicate']);
		expect(await statuses()).toEqual(items.map(() => 'duplicate'));
	});

	it('is completed for the recipients who have not received it', async () => {
		const items = campaign(6).map(({ json }) => item({ ...json, reference: `sale-${series}` }));
		const parameters = { ...BROADCAST, options: { oncePerReference: true, batchSize: 2 } };
		stage.simulator.addFault({ kind: 'status', status: 400, match: { to: '+64211001002' } });
		await stage.run(parameters, { items, continueOnFail: true });
		expect(stage.simulator.messages).toHaveLength(4);
		const output = await stage.run({ ...parameters, options: { oncePerReference: true, batchSize: 3 } }, { items });
		expect(output.map(({ json }) => [json.to, json.status])).toEqual([
			['+64211001000', 'duplicate'],
			['+64211001001', 'duplicate'],
			['+64211001002', 'accepted'],
			['+64211001003', 'accepted'],
			['+64211001004', 'duplicate'],
			['+64211001005', 'duplicate'],
		]);
		expect(stage.simulator.messages.map(({ to }) => to).sort()).toEqual(items.map(({ json }) => json.to));
		// A batch whose recipients have all received it needs no request.
		await stage.run(parameters, { items });
		expect(stage.simulator.messages).toHaveLength(6);
		expect(stage.simulator.requests).toHaveLength(5);
	});
});

describe('clearing the sent references', () => {
	const clearing = (parameters: INodeParameters): INodeParameters => ({ ...parameters, options: { ...(parameters.options as INodeParameters), clearReferences: true } });
	const cleared = {
		status: 'cleared',
		message: "Nothing was sent. The sent references of this node are cleared. To send, turn off 'Clear Sent References'.",
	};

	it.each([
		['Send', ONCE],
		['Broadcast', BROADCAST],
	])('with %s clears them and sends nothing, and the next run sends again', async (_, parameters) => {
		const items = campaign(3);
		const statuses = async () => (await stage.run(parameters, { items })).map(({ json }) => json.status);
		await statuses();
		expect(await statuses()).toEqual(['duplicate', 'duplicate', 'duplicate']);
		const before = stage.simulator.requests.length;
		expect(await stage.run(clearing(parameters), { items })).toEqual(items.map((_, index) => ({ json: cleared, pairedItem: { item: index } })));
		expect(stage.simulator.requests).toHaveLength(before);
		expect(await statuses()).toEqual(['accepted', 'accepted', 'accepted']);
	});

	it('needs no message parameters', async () => {
		const parameters = { resource: 'message', operation: 'send', options: { clearReferences: true } };
		expect(await stage.run(parameters, { items: [item({})] })).toEqual([{ json: cleared, pairedItem: { item: 0 } }]);
	});

	it('is set by the first item for all items', async () => {
		const items = campaign(2);
		const parameters = { ...ONCE, options: { oncePerReference: true, clearReferences: '={{ $itemIndex === 1 }}' } };
		expect((await stage.run(parameters, { items })).map(({ json }) => json.status)).toEqual(['accepted', 'accepted']);
	});
});
