/** The outputs in the editor, the subtitle of the trigger, and the output of a callback must agree. */
import { NodeHelpers, Workflow, type INode, type INodeParameters, type INodeType, type INodeTypes } from 'n8n-workflow';
import { ModicaWhatsAppTrigger } from '../../../nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node.ts';
import { REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { AUTHORIZATION, freshSetup, startEndpoint, type Endpoint } from '../../harness/core/trigger.mts';

type Events = INodeParameters['events'];

/** Each as a list and as text, typed or from an expression. */
const CHOICES: Array<[string, Events, string[]]> = [
	['both, selected in the list', ['status', 'reply'], ['status', 'reply']],
	['both, in the other order', ['reply', 'status'], ['reply', 'status']],
	['one, selected in the list', ['reply'], ['reply']],
	['one, selected twice', ['reply', 'reply'], ['reply', 'reply']],
	['one as text', 'reply', ['reply']],
	['the other as text', 'status', ['status']],
	['one from an expression', '={{ "reply" }}', ['reply']],
	['a list from an expression', '={{ ["status", "reply"] }}', ['status', 'reply']],
	['a list with one event from an expression', '={{ ["reply"] }}', ['reply']],
	['both as text', 'status,reply', ['status', 'reply']],
	['both as text with spaces', '={{ " reply , status " }}', ['reply', 'status']],
	['both on separate lines', '={{ "status\\nreply" }}', ['status', 'reply']],
	['both with a semicolon', 'status;reply', ['status', 'reply']],
	['one followed by a comma', 'reply,', ['reply']],
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
	it.each(CHOICES)('the trigger has one output per event, with its name: %s', (_, events, chosen) => {
		expect(inEditor(events)).toEqual({ outputs: isBoth(chosen) ? TWO : ['main'], subtitle: `On ${chosen.join(' and ')}` });
	});

	it('the trigger has one output if no event is selected', () => {
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

	it.each(CHOICES)('uses the output that the editor shows for it: %s', async (_, events, chosen) => {
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
