/** How many outputs the editor draws, what it calls the trigger, and where a callback leaves: the same answer thrice. */
import { NodeHelpers, Workflow, type INode, type INodeParameters, type INodeType, type INodeTypes } from 'n8n-workflow';
import { ModicaWhatsAppTrigger } from '../../../nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node.ts';
import { REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { AUTHORIZATION, freshSetup, startEndpoint, type Endpoint } from '../../harness/core/trigger.mts';

type Events = INodeParameters['events'];

/** Each as a list and as a text, typed or from an expression. */
const CHOICES: Array<[string, Events, string[]]> = [
	['both, chosen in the list', ['status', 'reply'], ['status', 'reply']],
	['both, in the other order', ['reply', 'status'], ['reply', 'status']],
	['one, chosen in the list', ['reply'], ['reply']],
	['one, chosen twice', ['reply', 'reply'], ['reply', 'reply']],
	['one as a text', 'reply', ['reply']],
	['the other as a text', 'status', ['status']],
	['one of an expression', '={{ "reply" }}', ['reply']],
	['a list of an expression', '={{ ["status", "reply"] }}', ['status', 'reply']],
	['a list of one of an expression', '={{ ["reply"] }}', ['reply']],
	['both as a text', 'status,reply', ['status', 'reply']],
	['both as a text with spaces', '={{ " reply , status " }}', ['reply', 'status']],
	['both as lines', '={{ "status\\nreply" }}', ['status', 'reply']],
	['both with a semicolon', 'status;reply', ['status', 'reply']],
	['one with a comma behind it', 'reply,', ['reply']],
];

const trigger = new ModicaWhatsAppTrigger() as INodeType;
const nodeTypes = { getByName: () => trigger, getByNameAndVersion: () => trigger, getKnownTypes: () => ({}) } as INodeTypes;

function inEditor(events: Events) {
	const node: INode = { id: '1', name: 'Trigger', type: 'x', typeVersion: 2, position: [0, 0], parameters: { events } };
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const added = workflow.getNode('Trigger') as INode;
	return {
		outputs: NodeHelpers.getNodeOutputs(workflow, added, trigger.description),
		subtitle: workflow.expression.getSimpleParameterValue(added, trigger.description.subtitle, 'internal', {}),
	};
}

const TWO = [
	{ type: 'main', displayName: 'Status' },
	{ type: 'main', displayName: 'Reply' },
];
const isBoth = (events: string[]) => events.includes('status') && events.includes('reply');

describe('in the editor', () => {
	it.each(CHOICES)('the trigger has an output for each event, and their names: %s', (_, events, chosen) => {
		expect(inEditor(events)).toEqual({ outputs: isBoth(chosen) ? TWO : ['main'], subtitle: `On ${chosen.join(' and ')}` });
	});

	it('the trigger keeps an output while no event is chosen', () => {
		expect(inEditor([])).toEqual({ outputs: ['main'], subtitle: 'On ' });
	});
});

describe('a callback', () => {
	let endpoint: Endpoint;
	beforeAll(async () => {
		endpoint = await startEndpoint();
	});
	afterAll(async () => {
		await endpoint.stop();
	});

	it.each(CHOICES)('leaves by the output that the editor draws for it: %s', async (_, events, chosen) => {
		for (const [event, body] of [['status', STATUS], ['reply', REPLY]] as const) {
			endpoint.setup = { ...freshSetup(endpoint), parameters: { events, options: {} } };
			endpoint.executions.length = 0;
			expect(await endpoint.call(JSON.stringify(body), { authorization: AUTHORIZATION })).toMatchObject({ status: 200 });
			const left = endpoint.executions.map((outputs) => outputs.map((items) => items.map(({ json }) => json.event)));
			const expected = isBoth(chosen) ? (event === 'status' ? [['status'], []] : [[], ['reply']]) : [[event]];
			expect(left).toEqual(chosen.includes(event) ? [expected] : []);
		}
	});
});
